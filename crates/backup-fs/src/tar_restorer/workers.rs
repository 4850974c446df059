//! Two threads that make small files while a third reads the archive.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use backup_core::model::error::PortError;

use super::context::Job;
use super::create::File;
use super::open_dir::OpenDir;
use crate::error::port_error;

/// Files of one folder, with their contents.
struct Batch<'a> {
    folder: OpenDir<'a>,
    /// Each with the place of its contents.
    files: Vec<(File, Range<usize>)>,
    contents: Contents,
    filled_bytes: usize,
}

/// Memory for the contents of a batch, `BATCH_BYTES` of it. It comes back when they are written.
type Contents = Box<[u8]>;

/// The threads, and what is on its way to them.
pub(super) struct Workers<'scope, 'a> {
    sender: SyncSender<Batch<'a>>,
    receiver: Arc<Mutex<Receiver<Batch<'a>>>>,
    emptied: Receiver<Contents>,
    next: Option<Batch<'a>>,
    /// What the last files are called. Who is not among them is on his way no more.
    last: VecDeque<u64>,
    waiting: Arc<Waiting>,
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
}

/// How many batches are on their way or at work.
#[derive(Debug, Default)]
struct Waiting {
    batches: Mutex<usize>,
    fewer: Condvar,
}

const THREADS: usize = 2;

/// As much as is worth a change of threads, and no more than memory should hold several times.
const BATCH_FILES: usize = 64;
const BATCH_BYTES: usize = 1 << 20;
const BATCHES_AHEAD: usize = 4;

/// How many files can be on their way: those ahead, those at work, and those that are gathered.
const MOST_FILES: usize = (BATCHES_AHEAD + THREADS + 1) * BATCH_FILES;

/// What is larger doesn't go through here: the reader writes it while the threads go on.
pub(super) const MOST_FILE_BYTES: u64 = 128 * 1024;
const _: () = assert!(MOST_FILE_BYTES <= BATCH_BYTES as u64);

impl<'scope, 'a: 'scope> Workers<'scope, 'a> {
    pub(super) fn begin(scope: &'scope Scope<'scope, '_>, job: &'a Job) -> Result<Self, PortError> {
        let (sender, receiver) = sync_channel::<Batch<'a>>(BATCHES_AHEAD);
        let receiver = Arc::new(Mutex::new(receiver));
        let (empty, emptied) = channel();
        let waiting = Arc::new(Waiting::default());
        let (next, last, threads) = (None, VecDeque::with_capacity(MOST_FILES), Vec::new());
        let mut crew = Self { sender, receiver, emptied, next, last, waiting, threads };
        for _ in 0..THREADS {
            let (receiver, waiting) = (Arc::clone(&crew.receiver), Arc::clone(&crew.waiting));
            let empty = empty.clone();
            let work = move || work(job, &receiver, &empty, &waiting);
            let thread = Builder::new().name("restore".into()).spawn_scoped(scope, work);
            crew.threads.push(thread.map_err(|error| port_error("begin to restore", error))?);
        }
        Ok(crew)
    }

    /// Has a file made, soon, with this digest of its path below the target. `read` is given exactly the room that its contents
    /// take; where it fails, no file is made.
    pub(super) fn make(
        &mut self,
        folder: &OpenDir<'a>,
        below: u64,
        file: File,
        read: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let length = usize::try_from(file.size_bytes).map_err(io::Error::other)?;
        if self.next.as_ref().is_some_and(|batch| !batch.takes(folder, length)) {
            self.send();
        }
        let emptied = &self.emptied;
        let contents = || emptied.try_recv().unwrap_or_else(|_| vec![0; BATCH_BYTES].into());
        self.next.get_or_insert_with(|| Batch::new(folder, contents())).add(file, length, read)?;
        if self.last.len() == MOST_FILES {
            self.last.pop_front();
        }
        self.last.push_back(below);
        Ok(())
    }

    /// Waits where a file may be on its way whose path below the target has this digest: two of one name are made in their
    /// turn.
    pub(super) fn wait_for(&mut self, below: u64) {
        if self.last.contains(&below) {
            self.wait();
        }
    }

    /// Has begun what was gathered, and doesn't wait for it.
    pub(super) fn send(&mut self) {
        if let Some(batch) = self.next.take() {
            *self.waiting.batches() += 1;
            // It fails only when both threads panicked, which shows when they are waited for.
            let _ = self.sender.send(batch);
        }
    }

    /// Waits until everything that was asked for is made.
    pub(super) fn wait(&mut self) {
        self.send();
        let mut batches = self.waiting.batches();
        while *batches > 0 && self.threads.iter().any(|thread| !thread.is_finished()) {
            batches = self.waiting.fewer.wait(batches).unwrap_or_else(PoisonError::into_inner);
        }
        drop(batches);
        self.last.clear();
    }

    /// Waits for the threads to end.
    pub(super) fn end(mut self) {
        self.send();
        drop((self.sender, self.receiver));
        for thread in self.threads {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    }
}

impl<'a> Batch<'a> {
    fn new(folder: &OpenDir<'a>, contents: Contents) -> Self {
        Self { folder: folder.clone(), files: Vec::new(), contents, filled_bytes: 0 }
    }

    fn takes(&self, folder: &OpenDir<'a>, length: usize) -> bool {
        let is_room = self.files.len() < BATCH_FILES && self.filled_bytes + length <= BATCH_BYTES;
        is_room && self.folder.is_same(folder)
    }

    fn add(
        &mut self,
        file: File,
        length: usize,
        read: impl FnOnce(&mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let place = self.filled_bytes..self.filled_bytes + length;
        let room = self.contents.get_mut(place.clone()).ok_or(io::ErrorKind::FileTooLarge)?;
        read(room)?;
        self.filled_bytes = place.end;
        self.files.push((file, place));
        Ok(())
    }
}

impl Waiting {
    fn batches(&self) -> MutexGuard<'_, usize> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that a batch is done, also when making it panicked.
struct Done<'w>(&'w Waiting);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        *self.0.batches() -= 1;
        self.0.fewer.notify_all();
    }
}

fn work(job: &Job, receiver: &Mutex<Receiver<Batch<'_>>>, empty: &Sender<Contents>, waiting: &Waiting) {
    let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(Batch { folder, files, contents, .. }) = next() {
        let _done = Done(waiting);
        for (file, place) in files.iter().take_while(|_| !job.is_stopped()) {
            file.make(job, &folder, &contents[place.clone()]);
        }
        // Before the batch counts as done, for the folder may be finished by this.
        drop(folder);
        // Nobody takes it any more once the last one was sent.
        let _ = empty.send(contents);
    }
}
