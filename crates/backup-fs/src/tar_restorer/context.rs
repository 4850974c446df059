//! The shared state of a running restore: its settings, its limits and its report.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{IfExists, RestoreFindingKind, RestoreJob, RestoreReport};
use rustix::io::Errno;

use super::disk_limits::DiskLimits;
use super::link_origins::LinkOrigins;
use super::obstacle::Obstacle;
use super::reserved_paths::ReservedPaths;
use super::target::Target;
use crate::error::{failure_of, port_error};
use crate::posix::metadata::Metadata;
use crate::posix::open_beneath::Beneath;
use crate::posix::restore_rights::RestoreRights;
use crate::posix::set_metadata::Trouble;
use crate::tar_reader::path::path_of;

/// How an archive can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// In any order, and more than once.
    Anywhere,
    /// Once, from its start to its end.
    Forward,
}

/// A running restore.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) rights: RestoreRights,
    pub(super) beneath: Beneath,
    pub(super) disk_limits: DiskLimits,
    pub(super) existing: IfExists,
    /// Whether the target is hidden until it is complete. Files are then made under their final names.
    pub(super) is_hidden: bool,
    /// Whether entries in the target may come from an earlier attempt at the same restore.
    pub(super) is_continued: bool,
    pub(super) reserved: ReservedPaths,
    pub(super) link_origins: LinkOrigins,
    /// How the archive can be read.
    pub(super) access: Access,
    /// The time at which the restore started.
    pub(super) started_at: SystemTime,
    report: Mutex<RestoreReport>,
    created: Created,
    stopped: AtomicBool,
    stop: Mutex<Option<PortError>>,
}

/// What was created. All threads count here, without waiting for each other.
#[derive(Debug, Default)]
struct Created {
    entries: AtomicU64,
    content_bytes: AtomicU64,
    deprivileged_entries: AtomicU64,
}

impl Context {
    pub(super) fn new(
        request: &RestoreJob,
        target: &Target,
        reserved: ReservedPaths,
        access: Access,
    ) -> Self {
        Self {
            rights: RestoreRights::of_process(request.keep_setuid),
            beneath: Beneath::probe(target.folder.as_fd()),
            disk_limits: DiskLimits::new(true),
            existing: match request.existing {
                // Nobody else sees a hidden target, so it contains nothing of theirs.
                _ if target.is_hidden => IfExists::Refuse,
                // The target is visible by now, and people may work in it.
                IfExists::Refuse => IfExists::Keep,
                existing => existing,
            },
            is_hidden: target.is_hidden,
            is_continued: target.is_continued,
            reserved,
            link_origins: LinkOrigins::default(),
            access,
            started_at: SystemTime::now(),
            report: Mutex::default(),
            created: Created::default(),
            stopped: AtomicBool::new(false),
            stop: Mutex::default(),
        }
    }

    /// Returns whether nothing but this attempt has written to the target.
    pub(super) fn is_untouched(&self) -> bool {
        self.is_hidden && !self.is_continued
    }

    /// Returns the report.
    pub(super) fn report(&self) -> MutexGuard<'_, RestoreReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an entry that was created.
    pub(super) fn count_created(&self, metadata: &Metadata, content_bytes: u64) {
        self.created.entries.fetch_add(1, Ordering::Relaxed);
        self.created.content_bytes.fetch_add(content_bytes, Ordering::Relaxed);
        if metadata.is_deprivileged {
            self.created.deprivileged_entries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many entries are restored by now, including those that existed.
    pub(super) fn finished_entries(&self) -> u64 {
        let report = self.report();
        report.entries + report.present_entries + self.created.entries.load(Ordering::Relaxed)
    }

    /// Reports why an entry is missing. A full disk ends the whole restore.
    pub(super) fn report_missing(&self, path: &[u8], obstacle: Obstacle) {
        match obstacle {
            Obstacle::Refused(refusal) => self.add_finding(path, RestoreFindingKind::Refused(refusal)),
            Obstacle::Failed(error) if failure_of(&error) == Failure::Full && !is_too_large(&error) => {
                let shown = path_of(path);
                self.stop(port_error(format!("write {}", shown.display()), error));
            }
            Obstacle::Failed(error) => self.add_finding(path, RestoreFindingKind::Failed(error.to_string())),
        }
    }

    /// Remembers the archive offset of a file that wasn't created only because of its name. Its hard links are then
    /// created from there.
    pub(super) fn remember_uncreated(&self, path: &[u8], obstacle: &Obstacle, offset: u64) {
        if obstacle.is_about_name() {
            self.link_origins.add(path, offset);
        }
    }

    /// Reports an entry whose place is taken by something that is kept.
    pub(super) fn report_skipped(&self, path: &[u8]) {
        let mut report = self.report();
        report.left_entries += 1;
        report.add(path_of(path), RestoreFindingKind::Left);
    }

    /// Reports what was removed to make room for a folder, unless it is a leftover of an earlier attempt.
    pub(super) fn report_removed(&self, path: &[u8]) {
        if !self.is_hidden && !self.is_continued {
            self.report().add_removed_file(path_of(path));
        }
    }

    /// Reports metadata that could not be set on an entry.
    pub(super) fn report_unset(&self, path: &[u8], troubles: Vec<Trouble>) {
        for (what, error) in troubles {
            self.add_finding(path, RestoreFindingKind::Bare(what, error.to_string()));
        }
    }

    /// Reports a copy that was made instead of a hard link.
    pub(super) fn report_copied(&self, path: &[u8], errno: Errno) {
        self.add_finding(path, RestoreFindingKind::Copied(io::Error::from(errno).to_string()));
    }

    fn add_finding(&self, path: &[u8], kind: RestoreFindingKind) {
        self.report().add(path_of(path), kind);
    }

    /// Stops the restore. The first error counts.
    pub(super) fn stop(&self, error: PortError) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Returns the report, or the error that stopped the restore.
    pub(super) fn into_result(self) -> Result<RestoreReport, PortError> {
        match self.stop.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => {
                let mut report = self.report.into_inner().unwrap_or_else(PoisonError::into_inner);
                report.entries += self.created.entries.into_inner();
                report.content_bytes += self.created.content_bytes.into_inner();
                report.deprivileged_entries += self.created.deprivileged_entries.into_inner();
                Ok(report)
            }
        }
    }
}

/// Returns whether a file exceeds a limit of the file system or the process. Other files may still fit.
fn is_too_large(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}
