//! A run to be made, and its result.

use std::collections::HashMap;

use crate::model::archive::{ArchiveName, BackupRecord, Compression, Grade, PackReport};
use crate::model::error::Error;
use crate::model::history::{Ledger, RunKey, RunRecord};
use crate::model::schedule::ScheduleEntry;
use crate::time::Moment;

/// A run to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which run it is.
    pub key: RunKey,
    /// What to back up, and under which name.
    pub entry: ScheduleEntry,
    /// How many earlier planned moments it makes up for.
    pub missed_runs: u32,
    /// When it begins.
    pub began: Moment,
    /// The complete archive of that name, where the history knows one.
    pub replaces: Option<Replaced>,
    /// The sizes of all complete archives of that name that the history knows, older generations included, by their file
    /// names: one that should have gone may stand after a crash.
    pub known: HashMap<String, u64>,
}

/// The archive that a job would replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its file name.
    pub archive: String,
    /// What it is a backup of, as written in the schedule.
    pub source: String,
    /// The entries in it.
    pub entries: u64,
    /// Its size.
    pub archive_bytes: u64,
    /// The moment that it was made for.
    pub made_for: Moment,
    /// Its SHA-256, where that is known.
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

impl Job {
    /// Returns the job of that run, with what the history says of the archive it would replace.
    #[must_use]
    pub fn new(key: RunKey, entry: ScheduleEntry, missed_runs: u32, ledger: &Ledger, began: Moment) -> Self {
        let replaces = ledger.standing(entry.name()).complete.and_then(Replaced::of);
        let known = ledger
            .generations(entry.name())
            .into_iter()
            // One that was found by its name alone may be anybody's.
            .filter(|(_, run)| run.sha256.is_some())
            .map(|(file_name, run)| (file_name.to_owned(), run.archive_bytes))
            .collect();
        Self { key, entry, missed_runs, began, replaces, known }
    }

    /// Returns whether a finished backup is what the history knows under its name, and not somebody else's file.
    pub(crate) fn knows(&self, backup: &BackupRecord) -> bool {
        self.known.get(&backup.file_name) == Some(&backup.archive_bytes)
    }
}

/// Returns what the complete archive of an entry may be called, however it is stored.
pub(crate) fn complete_archives(entry: &ScheduleEntry) -> impl Iterator<Item = ArchiveName> {
    Compression::ALL.into_iter().map(|compression| entry.name().archive(Grade::Complete, compression))
}

/// What became of a job.
#[derive(Debug)]
pub enum RunResult {
    /// There is an archive.
    Made {
        /// The archive.
        backup: BackupRecord,
        /// What went into it, and what didn't.
        report: PackReport,
        /// What the archive before it is called since then, if it was kept.
        set_aside: Option<String>,
    },
    /// There is none, and the old one is untouched.
    NotMade(Error),
    /// There is one, in the place of the old one, but it isn't good: nobody knows whether it outlives a power cut.
    NotDurable {
        /// The archive.
        backup: BackupRecord,
        /// What went into it, and what didn't.
        report: PackReport,
        /// What the archive before it is called since then, if it was kept.
        set_aside: Option<String>,
        /// Why that can't be told.
        error: Error,
    },
    /// It was ended on request. One that was planned is still owed.
    Interrupted,
    /// Somebody else is making the same backup; nothing was done.
    Busy,
}
