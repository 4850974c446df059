//! Threads that open and read small files before the walk comes to them, a few neighbouring names at a time.
//!
//! The walk alone decides what becomes of an entry, and writes all of them in its own order. So the archive is the same with
//! any number of threads. A scout only keeps what it found if nothing was unusual: a small file that was in memory, held
//! still, and has one name; a folder that could be listed. Of everything else it keeps nothing, and the walk looks for itself.
//!
//! Why it never hangs: a scout at work always ends its chunk, even by a panic, and the walk takes back a chunk that nobody has
//! begun. Why memory and open folders are bounded: what was found holds a part of a budget until the walk has used it.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::io::ErrorKind;
use std::mem::{replace, take};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::vec;

use backup_core::ports::Progress;
use rustix::fs::FileType;

use super::budget::{Budget, Hold};
use super::sparse::may_have_holes;
use crate::catalog::{ContentDigest, digest_of};
use crate::posix::disk::Disk;
use crate::posix::names::Names;
use crate::posix::stat::{Device, Identity, Meta};
use crate::posix::xattrs::{Attribute, AttributeReader, XattrSource};

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
    _held: Hold,
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
    _held: Hold,
}

/// The scouts' work.
#[derive(Debug)]
pub(super) struct Scouts {
    queue: Mutex<Queue>,
    changed: Condvar,
    bytes: Budget,
    folders: Budget,
    /// Whether contents are digested.
    digests: bool,
    /// Whether a scout may look at the files in a folder that it finds, and which names it leaves alone there.
    inside: Option<Vec<CString>>,
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
    names: Vec<(CString, FileType)>,
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

/// The largest file that a scout reads.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The most names in a folder of which a scout looks at the files at once. In a larger one, the walk asks for them.
const FEW_NAMES: usize = 8;

impl Scouts {
    /// `inside` has the names that are left alone in a folder that a scout finds. If it is `None`, no scout looks into such a
    /// folder.
    pub(super) fn new(digests: bool, inside: Option<Vec<CString>>) -> Self {
        let (bytes, folders) = (Budget::of(MAX_HELD_BYTES), Budget::of(MAX_HELD_FOLDERS));
        Self { queue: Mutex::default(), changed: Condvar::new(), bytes, folders, digests, inside }
    }

    /// Asks for what is under these names.
    pub(super) fn ask(
        &self,
        folder: &Arc<OwnedFd>,
        device: Device,
        names: Vec<(CString, FileType)>,
    ) -> Arc<Chunk> {
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

    /// The work of one scout.
    pub(super) fn work(&self, disk: &dyn Disk, progress: &dyn Progress) {
        let mut scout = Scout { scouts: self, disk, reader: AttributeReader::new() };
        while let Some(chunk) = self.next() {
            if chunk.begin() {
                // Ends the chunk in any case.
                let mut ending = Ending(&chunk, Vec::new());
                for (name, kind) in chunk.names.iter().take_while(|_| !progress.is_cancelled()) {
                    ending.1.push(scout.find(chunk.folder.as_fd(), chunk.device, name, *kind));
                }
            }
        }
    }

    fn next(&self) -> Option<Arc<Chunk>> {
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

    /// Returns what was found under the names, in their order. Waits for a scout that is at work. If none is, nothing was found.
    pub(super) fn take(&self) -> vec::IntoIter<Option<Found>> {
        let mut state = self.state();
        while matches!(*state, State::AtWork) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let State::Done(mut found) = replace(&mut *state, State::Done(Vec::new())) else {
            return self.nothing().into_iter();
        };
        found.resize_with(self.len(), || None);
        found.into_iter()
    }

    fn nothing(&self) -> Vec<Option<Found>> {
        self.names.iter().map(|_| None).collect()
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

/// One scout.
struct Scout<'a> {
    scouts: &'a Scouts,
    disk: &'a dyn Disk,
    reader: AttributeReader,
}

impl Scout<'_> {
    fn find(&mut self, folder: BorrowedFd<'_>, device: Device, name: &CStr, kind: FileType) -> Option<Found> {
        if kind == FileType::Unknown {
            return None;
        }
        let opened = self.disk.open(folder, name, kind).ok()?;
        let meta = self.disk.stat_open(opened.as_fd()).ok()?;
        if meta.kind != kind || meta.identity.device() != device {
            return None;
        }
        match kind {
            FileType::Directory => self.folder(opened, meta).map(Found::Folder),
            _ => self.file(&opened, meta),
        }
    }

    fn file(&mut self, file: &OwnedFd, mut meta: Meta) -> Option<Found> {
        let size = usize::try_from(meta.size_bytes).ok()?;
        if meta.size_bytes > MAX_FILE_BYTES || meta.link_count > 1 || may_have_holes(&meta) {
            return None;
        }
        let held = self.scouts.bytes.hold(size)?;
        let attributes = self.reader.read(XattrSource::Open(file.as_fd())).ok()?;
        let mut contents = Vec::new();
        if size > 0 {
            contents.resize(size + 1, 0);
            let read = match self.disk.read_in_memory(file.as_fd(), &mut contents, 0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Some(Found::Cold(meta.identity));
                }
                read => read.ok()?,
            };
            let now = self.disk.stat_open(file.as_fd()).ok()?;
            if read != size || !now.is_unchanged(&meta) {
                return None;
            }
            contents.truncate(size);
            meta = now;
        }
        let digest = self.scouts.digests.then(|| digest_of(&contents));
        Some(Found::File(FoundFile { meta, attributes, contents, digest, _held: held }))
    }

    fn folder(&mut self, folder: OwnedFd, meta: Meta) -> Option<FoundDir> {
        let held = self.scouts.folders.hold(1)?;
        let attributes = self.reader.read(XattrSource::Open(folder.as_fd())).ok()?;
        let mut names = Names::default();
        self.disk.list(folder.as_fd(), &mut names).ok()?;
        names.sort();
        let mut inside = Vec::new();
        if let Some(left_alone) = self.scouts.inside.as_ref().filter(|_| names.len() <= FEW_NAMES) {
            for named in names.upcoming() {
                // A folder in it is looked at later: else all below it would be.
                let is_passed =
                    named.kind == FileType::Directory || left_alone.iter().any(|name| **name == *named.name);
                let kind = if is_passed { FileType::Unknown } else { named.kind };
                inside.push(self.find(folder.as_fd(), meta.identity.device(), named.name, kind));
            }
        }
        Some(FoundDir { folder, meta, attributes, names, inside, _held: held })
    }
}
