//! The two threads that create small files while a third reads the archive.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use backup_core::model::error::PortError;

use super::context::Context;
use super::create::File;
use super::open_dir::OpenDir;
use crate::error::port_error;
use crate::tar_reader::contents::MAX_SHARED_BYTES;
use crate::tar_reader::shared_bytes::SharedBytes;

/// Files of a few folders with their contents.
#[derive(Default)]
struct Batch<'a> {
    /// The files, each with its folder and its contents.
    files: Vec<(OpenDir<'a>, File, SharedBytes)>,
    /// How often the next file was in another folder than the one before.
    folder_count: usize,
    /// How many buffers of the reader the contents are in.
    buffer_count: usize,
}

/// The threads and their queue.
pub(super) struct Workers<'scope, 'a> {
    sender: SyncSender<Batch<'a>>,
    receiver: Arc<Mutex<Receiver<Batch<'a>>>>,
    next: Option<Batch<'a>>,
    /// The path digests of the most recent files. A file that isn't among them isn't queued any more.
    recent: VecDeque<u64>,
    pending: Arc<PendingBatches>,
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
}

/// The number of batches that are queued or being written.
#[derive(Debug, Default)]
struct PendingBatches {
    batches: Mutex<usize>,
    changed: Condvar,
}

const THREADS: usize = 2;

/// Large enough to be worth a change of threads, and small enough for several in memory.
const BATCH_FILES: usize = 64;
const BATCHES_AHEAD: usize = 4;

/// Each of these folders stays open until its files are created.
const BATCH_FOLDERS: usize = 8;

/// Each of these buffers of the reader is in use until its files are created.
const BATCH_BUFFERS: usize = 3;

/// The most files that can be unfinished: queued, in work, or gathered.
const MAX_FILES: usize = (BATCHES_AHEAD + THREADS + 1) * BATCH_FILES;

/// The largest file for the workers. The reader writes larger ones itself while the threads continue.
pub(super) const MAX_FILE_BYTES: u64 = 128 * 1024;
const _: () = assert!(MAX_FILE_BYTES <= MAX_SHARED_BYTES);

impl<'scope, 'a: 'scope> Workers<'scope, 'a> {
    pub(super) fn start(scope: &'scope Scope<'scope, '_>, context: &'a Context) -> Result<Self, PortError> {
        let (sender, receiver) = sync_channel::<Batch<'a>>(BATCHES_AHEAD);
        let receiver = Arc::new(Mutex::new(receiver));
        let pending = Arc::new(PendingBatches::default());
        let (next, recent, threads) = (None, VecDeque::with_capacity(MAX_FILES), Vec::new());
        let mut workers = Self { sender, receiver, next, recent, pending, threads };
        for _ in 0..THREADS {
            let (receiver, pending) = (Arc::clone(&workers.receiver), Arc::clone(&workers.pending));
            let work = move || work(context, &receiver, &pending);
            let thread = Builder::new().name("restore".into()).spawn_scoped(scope, work);
            workers.threads.push(thread.map_err(|error| port_error("begin to restore", error))?);
        }
        Ok(workers)
    }

    /// Queues a file. `below` is the digest of its path below the target.
    pub(super) fn queue(&mut self, folder: &OpenDir<'a>, below: u64, file: File, contents: SharedBytes) {
        if self.next.as_ref().is_some_and(|batch| !batch.takes(folder, &contents)) {
            self.send();
        }
        self.next.get_or_insert_default().add(folder, file, contents);
        if self.recent.len() == MAX_FILES {
            self.recent.pop_front();
        }
        self.recent.push_back(below);
    }

    /// Waits if a file whose path has this digest may be queued. Two files of the same name are created one after the
    /// other.
    pub(super) fn wait_for(&mut self, below: u64) {
        if self.recent.contains(&below) {
            self.wait();
        }
    }

    /// Sends the gathered files to the threads, without waiting for them.
    pub(super) fn send(&mut self) {
        if let Some(batch) = self.next.take() {
            *self.pending.batches() += 1;
            // It fails only if both threads panicked, which shows when they are joined.
            let _ = self.sender.send(batch);
        }
    }

    /// Waits until all queued files are created.
    pub(super) fn wait(&mut self) {
        self.send();
        let mut batches = self.pending.batches();
        while *batches > 0 && self.threads.iter().any(|thread| !thread.is_finished()) {
            batches = self.pending.changed.wait(batches).unwrap_or_else(PoisonError::into_inner);
        }
        drop(batches);
        self.recent.clear();
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
    fn takes(&self, folder: &OpenDir<'a>, contents: &SharedBytes) -> bool {
        self.files.len() < BATCH_FILES
            && (self.buffer_count < BATCH_BUFFERS || self.goes_on_beside(contents))
            && (self.folder_count < BATCH_FOLDERS || self.goes_on_in(folder))
    }

    fn goes_on_in(&self, folder: &OpenDir<'a>) -> bool {
        self.files.last().is_some_and(|(last, ..)| last.is_same(folder))
    }

    fn goes_on_beside(&self, contents: &SharedBytes) -> bool {
        self.files.last().is_some_and(|(.., last)| last.is_beside(contents))
    }

    fn add(&mut self, folder: &OpenDir<'a>, file: File, contents: SharedBytes) {
        self.buffer_count += usize::from(!self.goes_on_beside(&contents));
        self.folder_count += usize::from(!self.goes_on_in(folder));
        self.files.push((folder.clone(), file, contents));
    }
}

impl PendingBatches {
    fn batches(&self) -> MutexGuard<'_, usize> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a batch as done, even after a panic.
struct Done<'w>(&'w PendingBatches);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        *self.0.batches() -= 1;
        self.0.changed.notify_all();
    }
}

fn work(context: &Context, receiver: &Mutex<Receiver<Batch<'_>>>, pending: &PendingBatches) {
    let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(Batch { files, .. }) = next() {
        let _done = Done(pending);
        // The folder goes with its last file, which may finish it. All that must come before the batch counts as done.
        for (folder, file, contents) in files {
            if !context.is_stopped() {
                file.make(context, &folder, &*contents);
            }
        }
    }
}
