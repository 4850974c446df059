//! What all parts of a restore under way share: what is wanted, what may be done, and what came of it so far.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{IfExists, RestoreFindingKind, RestoreReport};
use rustix::io::Errno;

use super::disks::Disks;
use super::obstacle::Obstacle;
use super::reserved_paths::ReservedPaths;
use super::skipped::SkippedFiles;
use crate::error::{failure_of, port_error};
use crate::posix::metadata::Metadata;
use crate::posix::open_beneath::Beneath;
use crate::posix::rights::Rights;
use crate::posix::set_metadata::Trouble;
use crate::tar_reader::path::path_of;

/// How an archive can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// In any order, and again.
    Anywhere,
    /// Once, from its start to its end.
    Forward,
}

/// A restore under way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) rights: Rights,
    pub(super) beneath: Beneath,
    pub(super) disks: Disks,
    pub(super) existing: IfExists,
    /// The target is a folder that nobody sees before it is done, so that files are written under their names.
    pub(super) is_hidden: bool,
    /// What stands in the target may be from an earlier attempt at the same.
    pub(super) is_continued: bool,
    pub(super) own: ReservedPaths,
    pub(super) skipped_files: SkippedFiles,
    pub(super) access: Access,
    /// When it began.
    pub(super) begun: SystemTime,
    report: Mutex<RestoreReport>,
    stopped: AtomicBool,
    stop: Mutex<Option<PortError>>,
}

impl Job {
    pub(super) fn new(
        rights: Rights,
        beneath: Beneath,
        existing: IfExists,
        is_hidden: bool,
        is_continued: bool,
        own: ReservedPaths,
    ) -> Self {
        let (report, stopped, stop) = (Mutex::default(), AtomicBool::new(false), Mutex::default());
        let (skipped_files, begun) = (SkippedFiles::default(), SystemTime::now());
        Self {
            rights,
            beneath,
            disks: Disks::new(true),
            existing,
            is_hidden,
            is_continued,
            own,
            skipped_files,
            access: Access::Anywhere,
            begun,
            report,
            stopped,
            stop,
        }
    }

    /// Returns the same job for an archive that is read in this way.
    pub(super) fn reading(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Returns the report, to count in it.
    pub(super) fn report(&self) -> MutexGuard<'_, RestoreReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an entry that was made.
    pub(super) fn made(&self, wanted: &Metadata, content_bytes: u64) {
        let mut report = self.report();
        report.entries += 1;
        report.content_bytes += content_bytes;
        report.tamed_entries += u64::from(wanted.is_tamed);
    }

    /// Returns how many entries stand as they should by now.
    pub(super) fn standing_entries(&self) -> u64 {
        let report = self.report();
        report.entries + report.present_entries
    }

    /// Reports why an entry isn't there. No room is no matter of one entry: then all ends.
    pub(super) fn missing(&self, path: &[u8], obstacle: Obstacle) {
        match obstacle {
            Obstacle::Refused(refusal) => self.found(path, RestoreFindingKind::Refused(refusal)),
            Obstacle::Failed(error) if failure_of(&error) == Failure::Full && !is_too_large(&error) => {
                let shown = path_of(path);
                self.stop(port_error(format!("write {}", shown.display()), error));
            }
            Obstacle::Failed(error) => self.found(path, RestoreFindingKind::Failed(error.to_string())),
        }
    }

    /// Remembers where a file that isn't made begins in the archive, if only its name is the problem. Its hard links are
    /// then made from there.
    pub(super) fn note_unmade(&self, path: &[u8], obstacle: &Obstacle, offset: u64) {
        if obstacle.is_of_the_name() {
            self.skipped_files.add(path, offset);
        }
    }

    /// Reports an entry in whose place something else stands and stays.
    pub(super) fn left(&self, path: &[u8]) {
        let mut report = self.report();
        report.left_entries += 1;
        report.add(path_of(path), RestoreFindingKind::Left);
    }

    /// Reports what was removed for a folder; leftovers of an earlier attempt are nobody's loss.
    pub(super) fn gave_way(&self, path: &[u8]) {
        if !self.is_hidden && !self.is_continued {
            self.report().add_gave_way(path_of(path));
        }
    }

    /// Reports what could not be set on an entry that is there.
    pub(super) fn bare(&self, path: &[u8], troubles: Vec<Trouble>) {
        for (what, error) in troubles {
            self.found(path, RestoreFindingKind::Bare(what, error.to_string()));
        }
    }

    /// Reports a copy that exists instead of a hard link.
    pub(super) fn copied(&self, path: &[u8], errno: Errno) {
        self.found(path, RestoreFindingKind::Copied(io::Error::from(errno).to_string()));
    }

    fn found(&self, path: &[u8], kind: RestoreFindingKind) {
        self.report().add(path_of(path), kind);
    }

    /// Ends all work; the first reason counts.
    pub(super) fn stop(&self, error: PortError) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Returns what came of it.
    pub(super) fn into_result(self) -> Result<RestoreReport, PortError> {
        match self.stop.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(self.report.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

/// A file over the limit of a file system or a process: others may fit.
fn is_too_large(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}
