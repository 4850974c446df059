//! View report: what could not be shown of an archive.

use std::path::PathBuf;

use crate::model::restore::{RestoreFinding, RestoreFindingKind, keep_finding};

/// What could not be shown of an archive. It is empty if everything that was requested was shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewReport {
    /// The first entries that were skipped, with the reason, and where the archive breaks off.
    ///
    /// These are at most [`RestoreReport::MAX_FINDINGS`](crate::model::restore::RestoreReport::MAX_FINDINGS).
    pub findings: Vec<RestoreFinding>,
    /// The number of all findings.
    pub finding_count: u64,
}

impl ViewReport {
    /// Adds a finding and counts it. A finding about the whole archive is put before the others.
    pub fn add(&mut self, path: PathBuf, kind: RestoreFindingKind) {
        self.finding_count += 1;
        keep_finding(&mut self.findings, RestoreFinding { path, kind });
    }

    /// Returns the finding that says where and how the archive breaks off, if it does.
    #[must_use]
    pub fn broken_off(&self) -> Option<&RestoreFinding> {
        self.findings.iter().find(|finding| finding.kind.is_of_the_archive())
    }

    /// Returns whether everything that was requested was shown.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finding_count == 0
    }
}
