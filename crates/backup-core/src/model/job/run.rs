//! Run job: a run that is about to be made, and its result.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::archive::{BackupRecord, PackReport};
use crate::model::config::Config;
use crate::model::error::Error;
use crate::model::history::{Ledger, RunKey, RunRecord};
use crate::model::schedule::ScheduleEntry;
use crate::time::Moment;

/// A run that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunJob {
    /// Which run.
    pub key: RunKey,
    /// The schedule entry: what to back up, and under which name.
    pub entry: ScheduleEntry,
    /// The number of earlier planned moments that the run makes up for.
    pub missed_runs: u32,
    /// When the run begins.
    pub began: Moment,
    /// The complete archive that the run replaces, if the history knows one.
    pub replaces: Option<Replaced>,
    /// The size of every complete archive of this name that the history knows, by file name.
    ///
    /// These include older generations. After a crash, an archive can still exist though it should have been removed.
    pub known: HashMap<String, u64>,
    /// The settings in force when the run begins. The options of the entry name some of them.
    pub config: Arc<Config>,
}

/// The archive that a job replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The archive's file name.
    pub archive: String,
    /// The source of the archive, as it is written in the schedule.
    pub source: String,
    /// The entries in the archive.
    pub entries: u64,
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// The planned moment of its run, or when the run began if it was by hand.
    pub made_for: Moment,
    /// The SHA-256 of the stored archive, if it is known.
    pub sha256: Option<[u8; 32]>,
}

impl Replaced {
    fn of(run: &RunRecord) -> Option<Self> {
        let source = run.key.entry.parse::<ScheduleEntry>().ok()?.source().to_owned();
        let (archive, archive_bytes) = (run.archive.clone()?, run.archive_bytes);
        let (made_for, sha256) = (run.made_for(), run.sha256);
        Some(Self { archive, source, entries: run.entries, archive_bytes, made_for, sha256 })
    }
}

impl RunJob {
    /// Returns the job of a run, with what the history knows about the archive that it replaces.
    #[must_use]
    pub fn new(key: RunKey, entry: ScheduleEntry, missed_runs: u32, ledger: &Ledger, began: Moment) -> Self {
        let replaces = ledger.current_archives(entry.name()).complete.and_then(Replaced::of);
        let known = ledger
            .generations(entry.name())
            .into_iter()
            // An archive without a digest was found only by its name. It may belong to somebody else.
            .filter(|(_, run)| run.sha256.is_some())
            .map(|(file_name, run)| (file_name.to_owned(), run.archive_bytes))
            .collect();
        Self { key, entry, missed_runs, began, replaces, known, config: Arc::default() }
    }

    /// Returns the job with these settings. Without this, nothing is configured.
    #[must_use]
    pub fn with_config(self, config: Arc<Config>) -> Self {
        Self { config, ..self }
    }

    /// Returns whether the history knows an archive of this file name and size. Otherwise, it may be somebody else's file.
    pub(crate) fn knows(&self, backup: &BackupRecord) -> bool {
        self.known.get(&backup.file_name) == Some(&backup.archive_bytes)
    }
}

/// The result of a job.
#[derive(Debug)]
pub enum RunResult {
    /// An archive was made.
    Made {
        /// The new archive.
        backup: BackupRecord,
        /// What went into it, and what could not be read.
        report: PackReport,
        /// The new file name of the previous archive, if it was kept as an older generation.
        set_aside: Option<String>,
    },
    /// No archive was made, and the old one is unchanged.
    NotMade(Error),
    /// An archive was made and replaced the old one, but it doesn't count as good. Nobody knows whether it survives a power
    /// cut.
    NotDurable {
        /// The new archive.
        backup: BackupRecord,
        /// What went into it, and what could not be read.
        report: PackReport,
        /// The new file name of the previous archive, if it was kept as an older generation.
        set_aside: Option<String>,
        /// Why this isn't known.
        error: Error,
    },
    /// The run was ended on request. If it was planned, it is still due.
    Interrupted,
    /// Another process is making the same backup. Nothing was done.
    Busy,
}
