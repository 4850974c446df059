//! Two threads that make small files while a third reads the archive.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use backup_core::error::PortError;

use super::folders::OpenFolder;
use super::job::Job;
use super::make::File;
use crate::failure::port_error;

/// Files of one folder, with their contents.
struct Batch<'a> {
    folder: Arc<OpenFolder<'a>>,
    files: Vec<(File, Vec<u8>)>,
    bytes: usize,
}

/// The threads, and what is on its way to them.
pub(super) struct Crew<'scope, 'a> {
    sender: SyncSender<Batch<'a>>,
    receiver: Arc<Mutex<Receiver<Batch<'a>>>>,
    next: Option<Batch<'a>>,
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

impl<'scope, 'a: 'scope> Crew<'scope, 'a> {
    pub(super) fn begin(scope: &'scope Scope<'scope, '_>, job: &'a Job) -> Result<Self, PortError> {
        let (sender, receiver) = sync_channel::<Batch<'a>>(BATCHES_AHEAD);
        let receiver = Arc::new(Mutex::new(receiver));
        let waiting = Arc::new(Waiting::default());
        let mut crew = Self { sender, receiver, next: None, waiting, threads: Vec::new() };
        for _ in 0..THREADS {
            let (receiver, waiting) = (Arc::clone(&crew.receiver), Arc::clone(&crew.waiting));
            let work = move || work(job, &receiver, &waiting);
            let thread = Builder::new().name("restore".into()).spawn_scoped(scope, work);
            crew.threads.push(thread.map_err(|error| port_error("begin to restore", error))?);
        }
        Ok(crew)
    }

    /// Has a file made, soon.
    pub(super) fn make(&mut self, folder: &Arc<OpenFolder<'a>>, file: File, contents: Vec<u8>) {
        if self.next.as_ref().is_some_and(|batch| !Arc::ptr_eq(&batch.folder, folder)) {
            self.send();
        }
        let new = || Batch { folder: Arc::clone(folder), files: Vec::new(), bytes: 0 };
        let batch = self.next.get_or_insert_with(new);
        batch.bytes += contents.len();
        batch.files.push((file, contents));
        if batch.files.len() >= BATCH_FILES || batch.bytes >= BATCH_BYTES {
            self.send();
        }
    }

    fn send(&mut self) {
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

fn work(job: &Job, receiver: &Mutex<Receiver<Batch<'_>>>, waiting: &Waiting) {
    let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(Batch { folder, files, .. }) = next() {
        let _done = Done(waiting);
        for (file, contents) in files.iter().take_while(|_| !job.is_stopped()) {
            file.make(job, &folder, &contents[..]);
        }
        // Before the batch counts as done, for the folder may be finished by this.
        drop(folder);
    }
}
