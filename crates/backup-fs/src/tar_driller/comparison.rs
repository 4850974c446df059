//! What a comparison knows by now, and what it has found.

use std::collections::HashSet;
use std::hash::RandomState;
use std::os::fd::OwnedFd;

use backup_core::model::archive::Seal;
use backup_core::model::error::PortError;
use backup_core::model::history::{DifferenceKind, DrillReport};
use backup_core::ports::Progress;

use super::archive::interrupted;
use super::capabilities::Capabilities;
use super::dir_stack::DrillDirStack;
use crate::tar_reader::path::path_of;

/// A comparison under way. It holds a number for each entry of the archive, and an open folder for each level.
pub(super) struct Comparison<'p> {
    pub(super) abilities: Capabilities,
    pub(super) way: DrillDirStack,
    pub(super) report: DrillReport,
    /// The paths of what can't be made here.
    pub(super) unmade: HashSet<Vec<u8>>,
    /// Tar was bound to fail over something.
    pub(super) is_failure_expected: bool,
    progress: &'p dyn Progress,
    /// The paths that are in the archive, each as a number; that two have the same is less likely than that the disk lies.
    pub(super) archived: HashSet<u64>,
    pub(super) hasher: RandomState,
    pub(super) outcome: Result<(), PortError>,
}

impl<'p> Comparison<'p> {
    /// Returns a comparison with what stands in that folder.
    pub(super) fn new(tree: OwnedFd, abilities: Capabilities, progress: &'p dyn Progress) -> Self {
        Self {
            abilities,
            way: DrillDirStack::new(tree),
            report: DrillReport::new(Seal { archive_bytes: 0, sha256: [0; 32] }),
            unmade: HashSet::new(),
            is_failure_expected: false,
            progress,
            archived: HashSet::new(),
            hasher: RandomState::new(),
            outcome: Ok(()),
        }
    }

    /// Returns what was found, and whether tar was bound to fail over something.
    pub(super) fn finish(self) -> Result<(DrillReport, bool), PortError> {
        self.outcome.map(|()| (self.report, self.is_failure_expected))
    }

    pub(super) fn go_on(&self) -> Result<(), PortError> {
        if self.progress.is_cancelled() { Err(interrupted()) } else { Ok(()) }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }

    pub(super) fn differs(&mut self, path: &[u8], kind: DifferenceKind) {
        self.report.add(path_of(path), kind);
    }
}
