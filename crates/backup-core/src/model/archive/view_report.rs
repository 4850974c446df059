//! What a look into an archive could not show.

use std::path::PathBuf;

use crate::model::restore::{RestoreFinding, RestoreFindingKind, keep_finding};

/// What a look into an archive could not show. Empty where it showed all that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewReport {
    /// The first entries that were passed over, each with the reason, and where the archive breaks off: at most
    /// [`RestoreReport::MAX_FINDINGS`](crate::model::restore::RestoreReport::MAX_FINDINGS).
    pub findings: Vec<RestoreFinding>,
    /// How many there are.
    pub finding_count: u64,
}

impl ViewReport {
    /// Adds a finding and counts it. One about the whole archive comes before the others.
    pub fn add(&mut self, path: PathBuf, kind: RestoreFindingKind) {
        self.finding_count += 1;
        keep_finding(&mut self.findings, RestoreFinding { path, kind });
    }

    /// Returns where the archive breaks off, and how, if it does.
    #[must_use]
    pub fn broken_off(&self) -> Option<&RestoreFinding> {
        self.findings.iter().find(|finding| finding.kind.is_of_the_archive())
    }

    /// Returns whether everything was shown that was asked for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finding_count == 0
    }
}
