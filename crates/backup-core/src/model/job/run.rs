//! Run job: a run that is about to be made, and its result.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::archive::{BackupRecord, PackReport};
use crate::model::config::Config;
use crate::model::error::Error;
use crate::model::history::{Anomaly, Baseline, Ledger, OwedHook, RunKey, RunRecord};
use crate::model::hook::HookProblem;
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
    /// What earlier runs saw of the source, if the history knows that.
    pub baseline: Option<Box<Baseline>>,
    /// The hook whose last command an earlier run of this backup owes. It comes first.
    pub owed_hook: Option<OwedHook>,
    /// Whether the job only makes up for what is owed, and makes no backup.
    pub settles_only: bool,
    /// Whether everything is read anew, although it isn't time for that by the schedule.
    pub reads_everything: bool,
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
    /// The run that made it.
    pub run: RunRecord,
    /// Whether a drill or a verify found it bad.
    pub is_bad: bool,
    /// The most that one of the last runs wrote, of those that took over the rest.
    pub recent_new_bytes: Option<u64>,
}

impl Replaced {
    fn of(run: &RunRecord, ledger: &Ledger) -> Option<Self> {
        let entry = run.key.entry.parse::<ScheduleEntry>().ok()?;
        let source = entry.source().to_owned();
        let is_bad = ledger.has_failed_drill(run) || ledger.flaw_of(run).is_some();
        let recent_new_bytes = recent_new_bytes(&ledger.generations(entry.name()));
        Some(Self { archive: run.archive.clone()?, source, run: run.clone(), is_bad, recent_new_bytes })
    }
}

/// Returns the most that one of the last runs wrote, of those that took over the rest.
fn recent_new_bytes(generations: &[(&str, &RunRecord)]) -> Option<u64> {
    let recent = generations.iter().rev().take(RECENT_RUNS).filter(|(_, run)| run.shared_bytes > 0);
    recent.map(|(_, run)| run.new_bytes()).max()
}

/// How many runs tell what the next one will write.
const RECENT_RUNS: usize = 7;

impl RunJob {
    /// Returns the job of a run, with what the history knows about the archive that it replaces.
    #[must_use]
    pub fn new(key: RunKey, entry: ScheduleEntry, missed_runs: u32, ledger: &Ledger, began: Moment) -> Self {
        let replaces =
            ledger.current_archives(entry.name()).complete.and_then(|run| Replaced::of(run, ledger));
        let known = ledger
            .generations(entry.name())
            .into_iter()
            .filter(|(_, run)| run.knows_its_archive())
            .map(|(file_name, run)| (file_name.to_owned(), run.archive_bytes))
            .collect();
        let owed_hook = ledger.owed_hook(entry.name()).cloned();
        let baseline = ledger.baseline(entry.name()).cloned().map(Box::new);
        Self {
            key,
            entry,
            missed_runs,
            began,
            replaces,
            known,
            baseline,
            owed_hook,
            settles_only: false,
            reads_everything: false,
            config: Arc::default(),
        }
    }

    /// Returns the job that makes up for a hook that an earlier run owes, and makes no backup.
    ///
    /// `None` if the identity of its entry can't be read.
    #[must_use]
    pub fn settling(owed: OwedHook, ledger: &Ledger, began: Moment) -> Option<Self> {
        let entry = owed.key.entry.parse().ok()?;
        let job = Self::new(owed.key.clone(), entry, 0, ledger, began);
        Some(Self { owed_hook: Some(owed), settles_only: true, ..job })
    }

    /// Returns the job with these settings. Without this, nothing is configured.
    #[must_use]
    pub fn with_config(self, config: Arc<Config>) -> Self {
        Self { config, ..self }
    }

    /// Returns whether nothing of the backup is removed for now, because an earlier run was suspicious.
    pub(crate) fn is_held(&self) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| baseline.hold.is_some())
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
        /// What is suspicious about the source.
        anomalies: Vec<Anomaly>,
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
        /// What is suspicious about the source.
        anomalies: Vec<Anomaly>,
        /// Why this isn't known.
        error: Error,
    },
    /// The run was ended on request. If it was planned, it is still due.
    Interrupted,
    /// Another process is making the same backup. Nothing was done.
    Busy,
    /// The run ended like this, and commands of its hook failed.
    Hooked {
        /// How it ended. It is none of these itself.
        result: Box<RunResult>,
        /// What went wrong.
        problems: Vec<HookProblem>,
    },
    /// The job made no backup, as it was meant to: it only made up for what was owed.
    Settled,
}
