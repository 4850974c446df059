//! Threads that open and read small files before the walk comes to them, a few neighbouring names at a time.
//!
//! The walk alone decides what becomes of an entry, and writes all of them in its own order. So the archive is the same with
//! any number of threads. A scout only keeps what it found if nothing was unusual: a small file that was in memory, held
//! still, and has one name; a folder that could be listed. Of everything else it keeps nothing, and the walk looks for itself.
//!
//! While the walk waits for a scout, it is one itself.
//!
//! Why it never hangs: a scout at work always ends its chunk, even by a panic, and the walk takes back a chunk that nobody has
//! begun. Why memory and open folders are bounded: what was found holds a part of a budget until the walk has used it.

use std::collections::VecDeque;
use std::ffi::CString;
use std::mem::{replace, take};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::vec;

use super::budget::{Budget, Hold};
use crate::catalog::ContentDigest;
use crate::posix::names::{Named, Names};
use crate::posix::stat::{Device, Identity, Meta};
use crate::posix::xattrs::Attribute;

/// What a scout found under a name.
#[derive(Debug)]
pub(super) enum Found {
    File(FoundFile),
    /// A file that wasn't in memory. Now the system may be loading it.
    Cold(Identity),
    Folder(FoundDir),
}

/// A small file, as it was at one instant.
#[derive(Debug)]
pub(super) struct FoundFile {
    pub(super) meta: Meta,
    pub(super) attributes: Vec<Attribute>,
    pub(super) contents: Vec<u8>,
    /// The digest of the contents, if it is wanted.
    pub(super) digest: Option<ContentDigest>,
    pub(super) _held: Hold,
}

/// A folder that is open and was listed.
#[derive(Debug)]
pub(super) struct FoundDir {
    pub(super) folder: OwnedFd,
    pub(super) meta: Meta,
    pub(super) attributes: Vec<Attribute>,
    pub(super) names: Names,
    /// What is under the first names.
    pub(super) inside: Vec<Option<Found>>,
    pub(super) _held: Hold,
}

/// The scouts' work.
#[derive(Debug)]
pub(super) struct Scouts {
    queue: Mutex<Queue>,
    changed: Condvar,
    pub(super) bytes: Budget,
    pub(super) folders: Budget,
    /// Whether contents are digested.
    pub(super) digests: bool,
    /// Whether a scout may look at the files in a folder that it finds, and which names it leaves alone there.
    pub(super) inside: Option<Vec<CString>>,
}

#[derive(Debug, Default)]
struct Queue {
    chunks: VecDeque<Arc<Chunk>>,
    is_over: bool,
}

/// A few neighbouring names in a folder. A scout skips those whose kind is unknown.
#[derive(Debug)]
pub(super) struct Chunk {
    folder: Arc<OwnedFd>,
    device: Device,
    names: Names,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    Waiting,
    AtWork,
    /// One for each name, or none at all.
    Done(Vec<Option<Found>>),
}

/// The most names in a chunk: enough to be worth a change of threads.
pub(super) const CHUNK_NAMES: usize = 32;

/// The most bytes that were read and not yet used.
const MAX_HELD_BYTES: usize = 8 * 1024 * 1024;

/// The most folders that were opened and not yet entered.
const MAX_HELD_FOLDERS: usize = 64;

impl Scouts {
    /// `inside` has the names that are left alone in a folder that a scout finds. If it is `None`, no scout looks into such a
    /// folder.
    pub(super) fn new(digests: bool, inside: Option<Vec<CString>>) -> Self {
        let (bytes, folders) = (Budget::of(MAX_HELD_BYTES), Budget::of(MAX_HELD_FOLDERS));
        Self { queue: Mutex::default(), changed: Condvar::new(), bytes, folders, digests, inside }
    }

    /// Asks for what is under these names.
    pub(super) fn ask(&self, folder: &Arc<OwnedFd>, device: Device, names: Names) -> Arc<Chunk> {
        let (state, changed) = (Mutex::new(State::Waiting), Condvar::new());
        let chunk = Arc::new(Chunk { folder: Arc::clone(folder), device, names, state, changed });
        self.queue().chunks.push_back(Arc::clone(&chunk));
        self.changed.notify_one();
        chunk
    }

    /// Lets the scouts go home.
    pub(super) fn end(&self) {
        let mut queue = self.queue();
        queue.is_over = true;
        queue.chunks.clear();
        drop(queue);
        self.changed.notify_all();
    }

    /// Returns a chunk that somebody asked for, if there is one.
    pub(super) fn next_at_once(&self) -> Option<Arc<Chunk>> {
        self.queue().chunks.pop_front()
    }

    /// Returns a chunk that somebody asked for. Waits for one. `None`: the scout may go home.
    pub(super) fn next(&self) -> Option<Arc<Chunk>> {
        let mut queue = self.queue();
        loop {
            if let Some(chunk) = queue.chunks.pop_front() {
                return Some(chunk);
            }
            if queue.is_over {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chunk {
    /// Returns how many names it has.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns what was found under the names, in their order. Waits for a scout that is at work, and does something else `meanwhile`
    /// as long as there is anything. If no scout is at work on it, nothing was found.
    pub(super) fn take(&self, meanwhile: &mut dyn FnMut() -> bool) -> vec::IntoIter<Option<Found>> {
        let mut state = self.state();
        while matches!(*state, State::AtWork) {
            drop(state);
            let has_done = meanwhile();
            state = self.state();
            while !has_done && matches!(*state, State::AtWork) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        let State::Done(mut found) = replace(&mut *state, State::Done(Vec::new())) else {
            return self.nothing().into_iter();
        };
        found.resize_with(self.len(), || None);
        found.into_iter()
    }

    fn nothing(&self) -> Vec<Option<Found>> {
        (0..self.len()).map(|_| None).collect()
    }

    /// Calls `find` for its names until that says no, unless the chunk was taken back or another scout has begun it. Returns
    /// whether it was begun.
    pub(super) fn look(
        &self,
        mut find: impl FnMut(BorrowedFd<'_>, Device, Named<'_>) -> Option<Option<Found>>,
    ) -> bool {
        let is_begun = self.begin();
        if is_begun {
            // Ends the chunk in any case.
            let mut ending = Ending(self, Vec::with_capacity(self.len()));
            for named in self.names.added() {
                let Some(found) = find(self.folder.as_fd(), self.device, named) else { break };
                ending.1.push(found);
            }
        }
        is_begun
    }

    /// Begins the work on it, unless it was taken back.
    fn begin(&self) -> bool {
        let mut state = self.state();
        let is_waiting = matches!(*state, State::Waiting);
        if is_waiting {
            *state = State::AtWork;
        }
        is_waiting
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the work on a chunk, even after a panic.
struct Ending<'c>(&'c Chunk, Vec<Option<Found>>);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        *self.0.state() = State::Done(take(&mut self.1));
        self.0.changed.notify_one();
    }
}
