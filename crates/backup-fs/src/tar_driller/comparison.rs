//! The state of a comparison, and its report.

use std::collections::HashSet;
use std::hash::RandomState;
use std::os::fd::OwnedFd;

use backup_core::model::archive::ArchiveDigest;
use backup_core::model::error::PortError;
use backup_core::model::history::{DifferenceKind, DrillReport};
use backup_core::ports::Progress;

use super::archive::interrupted;
use super::capabilities::Capabilities;
use super::dir_stack::DrillDirStack;
use crate::tar_reader::path::path_of;

/// A running comparison.
///
/// It holds one number for each entry of the archive, and one open folder for each level.
pub(super) struct Comparison<'p> {
    pub(super) capabilities: Capabilities,
    pub(super) dirs: DrillDirStack,
    pub(super) report: DrillReport,
    /// The paths of entries that can't be created here.
    pub(super) not_created: HashSet<Vec<u8>>,
    /// Whether tar has to fail over some entry.
    pub(super) is_failure_expected: bool,
    progress: &'p dyn Progress,
    /// The paths in the archive, each as a hash. A collision is less likely than a disk that returns wrong data.
    pub(super) archived: HashSet<u64>,
    pub(super) hasher: RandomState,
    pub(super) outcome: Result<(), PortError>,
}

impl<'p> Comparison<'p> {
    /// Returns a comparison with the files in that folder.
    pub(super) fn new(tree: OwnedFd, capabilities: Capabilities, progress: &'p dyn Progress) -> Self {
        Self {
            capabilities,
            dirs: DrillDirStack::new(tree),
            report: DrillReport::new(ArchiveDigest { archive_bytes: 0, sha256: [0; 32] }),
            not_created: HashSet::new(),
            is_failure_expected: false,
            progress,
            archived: HashSet::new(),
            hasher: RandomState::new(),
            outcome: Ok(()),
        }
    }

    /// Returns the report, and whether tar had to fail over some entry.
    pub(super) fn finish(self) -> Result<(DrillReport, bool), PortError> {
        self.outcome.map(|()| (self.report, self.is_failure_expected))
    }

    pub(super) fn check_cancelled(&self) -> Result<(), PortError> {
        if self.progress.is_cancelled() { Err(interrupted()) } else { Ok(()) }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }

    pub(super) fn differs(&mut self, path: &[u8], kind: DifferenceKind) {
        self.report.add(path_of(path), kind);
    }
}
