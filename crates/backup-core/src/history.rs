//! What is remembered of every run, and what follows from it for the next.

mod ledger;
mod runs;

pub use ledger::{LARGEST_STEP_BACK, Ledger, Standing, Unfinished, shortened};
pub use runs::{PastRun, RunEnd, runs};

use crate::drill::Drilled;
use crate::due::start_of_minute;
use crate::ports::Moment;
use crate::verified::Verification;

/// Which run: of which entry, and for which planned moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// The entry's identity, `folder;hh:mm;name`.
    pub entry: String,
    /// The moment it was planned for; `None` when somebody asked for it by hand.
    pub planned: Option<Moment>,
}

/// Returns the name of the backups in an entry's identity, `folder;hh:mm;name`.
#[must_use]
pub fn name_in(identity: &str) -> &str {
    identity.rsplit(';').next().unwrap_or(identity)
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything is in the archive.
    Done,
    /// Everything is in the archive, but something changed while it was read.
    Torn,
    /// Something could not be read; the archive stands beside the last complete one.
    Incomplete,
    /// No archive, and the old one is untouched; or one that took its place, and nobody knows whether it outlives a
    /// power cut.
    Failed,
    /// Ended before it was done, on request or with its process; the run is still owed.
    Interrupted,
    /// Not made on purpose: its time had passed, and its schedule doesn't catch up.
    Skipped,
}

impl Outcome {
    /// Returns whether there is a complete archive of it that can be relied on.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Torn)
    }
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Which run.
    pub key: RunKey,
    /// How many earlier planned moments it makes up for.
    pub missed_runs: u32,
    /// When it began.
    pub began: Moment,
    /// When it ended.
    pub ended: Moment,
    /// How it ended.
    pub outcome: Outcome,
    /// The archive's file name, if one was made.
    pub archive: Option<String>,
    /// What the archive before it is called since then, if that was kept as an older generation.
    pub set_aside: Option<String>,
    /// The archive's size.
    pub archive_bytes: u64,
    /// The archive's SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// The entries in it.
    pub entries: u64,
    /// The entries, and contents of folders, that were left out on purpose.
    pub excluded_entries: u64,
    /// What was wrong, in sentences, the first few.
    pub problems: Vec<String>,
    /// The source's path without symbolic links, as it was then. `None` for a path that isn't UTF-8, and in notes of older
    /// versions.
    pub real_source: Option<String>,
}

impl RunRecord {
    /// Returns the moment that its backup stands for: the planned one, or when it began by hand.
    #[must_use]
    pub fn made_for(&self) -> Moment {
        self.key.planned.unwrap_or(self.began)
    }

    /// Returns the record of a run that made no archive, without a reason.
    #[must_use]
    pub fn without_archive(key: RunKey, outcome: Outcome, began: Moment, ended: Moment) -> Self {
        Self {
            key,
            missed_runs: 0,
            began,
            ended,
            outcome,
            archive: None,
            set_aside: None,
            archive_bytes: 0,
            sha256: None,
            entries: 0,
            excluded_entries: 0,
            problems: Vec::new(),
            real_source: None,
        }
    }
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryNote {
    /// An entry counts from `since` on, as was found `at`.
    Adopted {
        /// The entry's identity.
        entry: String,
        /// The first moment for which it can owe a run.
        since: Moment,
        /// When this was written.
        at: Moment,
    },
    /// A run began.
    Began {
        /// Which.
        key: RunKey,
        /// When.
        at: Moment,
    },
    /// An archive is whole, and about to take its place: how its run will have ended, once it has. Whoever comes after
    /// a crash can tell by it whether the archive that stands is this one.
    Sealed(RunRecord),
    /// A run ended.
    Ended(RunRecord),
    /// An archive stands that no other note tells of: the history was lost, say. What is known of its run is what the
    /// archive tells.
    Found(RunRecord),
    /// An older generation was removed, as its schedule's rules want it.
    Pruned {
        /// Its file name.
        archive: String,
        /// When.
        at: Moment,
    },
    /// A backup was drilled: the receipt.
    Drilled(Drilled),
    /// An archive isn't good any more, or is again: what a verify has found out.
    Verified(Verification),
}

impl HistoryNote {
    /// Returns since when the note says that the entry counts, if it does. A note of a clock that was more than a day
    /// ahead says nothing, and neither does one that stands for a run in a shortened history: an entry counts from the
    /// start of a minute on.
    #[must_use]
    pub fn adoption_of(&self, identity: &str, now: Moment) -> Option<Moment> {
        match self {
            Self::Adopted { entry, since, at } if entry == identity => believed_adoption(*since, *at, now),
            _ => None,
        }
    }
}

fn believed_adoption(since: Moment, at: Moment, now: Moment) -> Option<Moment> {
    let is_one = at <= now + LARGEST_STEP_BACK && start_of_minute(since) == since;
    is_one.then_some(since)
}
