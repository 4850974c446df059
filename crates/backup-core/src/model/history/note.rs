//! A note: one line of the history.

use crate::model::history::clock_step::LARGEST_STEP_BACK;
use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::run_record::RunKey;
use crate::model::history::run_record::RunRecord;
use crate::model::history::verification::Verification;
use crate::time::{Moment, start_of_minute};

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
    /// A person ran `prune` while automatic pruning of a name was paused: it goes on.
    Resumed {
        /// The backup's name.
        name: String,
        /// When.
        at: Moment,
    },
    /// A backup was drilled: the receipt.
    Drilled(DrillReceipt),
    /// An archive isn't good any more, or is again: what a verify has found out.
    Verified(Verification),
}

impl HistoryNote {
    /// Returns the identity of the entry for which the note may change what is owed. Notes about archives that exist already
    /// change that for no entry.
    #[must_use]
    pub fn planned_entry(&self) -> Option<&str> {
        match self {
            Self::Adopted { entry, .. } => Some(entry),
            Self::Began { key, .. } => Some(&key.entry),
            Self::Sealed(run) | Self::Ended(run) | Self::Found(run) => Some(&run.key.entry),
            Self::Pruned { .. } | Self::Resumed { .. } | Self::Drilled(_) | Self::Verified(_) => None,
        }
    }

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

pub(super) fn believed_adoption(since: Moment, at: Moment, now: Moment) -> Option<Moment> {
    let is_one = at <= now + LARGEST_STEP_BACK && start_of_minute(since) == since;
    is_one.then_some(since)
}
