//! What drills, verifies, sums, clocks and anomalies tell about the archives of a ledger.

use crate::model::archive::{ArchiveName, BackupName};
use crate::model::history::baseline::{Baseline, Hold};
use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::ledger::Ledger;
use crate::model::history::ledger::drills::{is_of, judged};
use crate::model::history::ledger::timeline::Timeline;
use crate::model::history::run_record::RunRecord;
use crate::model::history::verification::Verification;

/// What has become of an archive that was drilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrilledArchive<'a> {
    /// It exists under this file name.
    Exists(&'a str),
    /// It was replaced or removed.
    Gone,
    /// No known run made it.
    Unknown,
}

impl Ledger {
    /// Returns whether the last drill of the archive that this run made failed.
    #[must_use]
    pub fn has_failed_drill(&self, run: &RunRecord) -> bool {
        self.verdicts.is_failed(run)
    }

    /// Returns whether it was the archive of this run that was drilled. A run that ended later than the drill began made
    /// another.
    #[must_use]
    pub fn is_drill_of(&self, drill: &DrillReceipt, run: &RunRecord) -> bool {
        is_of(&self.archives, drill, run)
    }

    /// Returns what has become of the archive that was drilled, as far as the history knows.
    #[must_use]
    pub fn drilled(&self, drill: &DrillReceipt) -> DrilledArchive<'_> {
        let Some(made_by) = judged(&self.archives, drill) else { return DrilledArchive::Unknown };
        let name = ArchiveName::parse(&drill.archive).map(|archive| archive.backup);
        let file_name = name.and_then(|name| self.archives.file_name_of(&name, &made_by));
        file_name.map_or(DrilledArchive::Gone, DrilledArchive::Exists)
    }

    /// Returns what the last verify found wrong with the archive that this run made, if it did.
    #[must_use]
    pub fn flaw_of(&self, run: &RunRecord) -> Option<&Verification> {
        self.flaws.of(run)
    }

    /// Returns the SHA-256 of the archive that this run made, if it is known by now.
    #[must_use]
    pub fn sha256_of(&self, run: &RunRecord) -> Option<[u8; 32]> {
        run.sha256.or_else(|| self.sums.of(run))
    }

    /// Returns the archives that exist and whose SHA-256 isn't known yet, by their file names, newest first: with each, the run
    /// that made it.
    #[must_use]
    pub fn unsummed(&self) -> Vec<(&str, &RunRecord)> {
        self.sums.expected(&self.archives)
    }

    /// Returns what the clock showed at the good backups of that name.
    #[must_use]
    pub fn timeline(&self, name: &BackupName) -> Timeline {
        self.timelines.timeline(name)
    }

    /// Returns what the runs of that name saw of its source, if it was ever large enough to be suspicious.
    #[must_use]
    pub fn baseline(&self, name: &BackupName) -> Option<&Baseline> {
        self.baselines.of(name.as_str())
    }

    /// Returns the hold of that name: until a person accepts what is suspicious, nothing of it is removed.
    #[must_use]
    pub fn hold(&self, name: &BackupName) -> Option<&Hold> {
        self.baseline(name)?.hold.as_ref()
    }
}
