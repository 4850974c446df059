//! History note: one line of the history.

use crate::model::history::archive_sum::ArchiveSum;
use crate::model::history::baseline::Baseline;
use crate::model::history::clock_step::LARGEST_STEP_BACK;
use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::owed_hook::OwedHook;
use crate::model::history::run_record::{RunKey, RunRecord};
use crate::model::history::verification::Verification;
use crate::time::{Moment, start_of_minute};

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryNote {
    /// A schedule entry was adopted: runs of it are due from `since` on.
    Adopted {
        /// The entry's identity.
        entry: String,
        /// The first moment for which a run can be due.
        since: Moment,
        /// When the note was written.
        at: Moment,
    },
    /// A run began.
    Began {
        /// Which run.
        key: RunKey,
        /// When it began.
        at: Moment,
    },
    /// An archive is complete on disk, and is about to be published. The record is the one that the run will end with, but for
    /// when the archive was finished.
    ///
    /// After a crash, this note says whether the published archive is the one of this run.
    Sealed(RunRecord),
    /// The commands before a backup are about to run. Those that always follow them are owed now.
    HookBegan(OwedHook),
    /// The commands that always follow have ended, however they did.
    HookEnded {
        /// Which run.
        key: RunKey,
        /// When.
        at: Moment,
    },
    /// A run ended.
    Ended(RunRecord),
    /// An archive was found that no other note is about, for example because the history was lost.
    ///
    /// The record contains what the archive or its catalog says about its run.
    Found(RunRecord),
    /// An older generation was removed, because no rule of its schedule keeps it.
    Pruned {
        /// The archive's file name.
        archive: String,
        /// When it was removed.
        at: Moment,
    },
    /// A person ran `prune` while automatic pruning of a name was paused, which resumes it.
    Resumed {
        /// The backup's name.
        name: String,
        /// When.
        at: Moment,
    },
    /// A person accepted what was suspicious about a backup: nothing of it is held any more.
    Accepted {
        /// The backup's name.
        name: String,
        /// When.
        at: Moment,
    },
    /// What the runs of a backup saw of its source, including those that a shortened history has forgotten.
    Baseline {
        /// The backup's name.
        name: String,
        /// What they saw.
        baseline: Box<Baseline>,
    },
    /// A backup was drilled.
    Drilled(DrillReceipt),
    /// A verification found that an archive isn't good any more, or that it is good again.
    Verified(Verification),
    /// The SHA-256 of an archive is known now. It was published without one, because parts of it were taken over unread.
    Summed(ArchiveSum),
}

impl HistoryNote {
    /// Returns the identity of the entry for which the note may change what is due. Notes about existing archives change
    /// nothing of that.
    #[must_use]
    pub fn planned_entry(&self) -> Option<&str> {
        match self {
            Self::Adopted { entry, .. } => Some(entry),
            Self::Began { key, .. } => Some(&key.entry),
            Self::Sealed(run) | Self::Ended(run) | Self::Found(run) => Some(&run.key.entry),
            Self::Pruned { .. }
            | Self::Resumed { .. }
            | Self::Accepted { .. }
            | Self::Baseline { .. }
            | Self::Drilled(_)
            | Self::Verified(_)
            | Self::Summed(_)
            | Self::HookBegan(_)
            | Self::HookEnded { .. } => None,
        }
    }

    /// Returns since when runs of an entry are due according to this note, if it is an adoption of this entry.
    ///
    /// Two kinds of adoptions are ignored: those that a clock dated more than a day after now, and those that represent a
    /// run in a shortened history. The latter aren't at the start of a minute, and real adoptions always are.
    #[must_use]
    pub fn adoption_of(&self, identity: &str, now: Moment) -> Option<Moment> {
        match self {
            Self::Adopted { entry, since, at } if entry == identity => believed_adoption(*since, *at, now),
            _ => None,
        }
    }
}

/// Returns the start of an adoption, unless the adoption is ignored: see [`HistoryNote::adoption_of`].
pub(super) fn believed_adoption(since: Moment, at: Moment, now: Moment) -> Option<Moment> {
    let is_believed = at <= now + LARGEST_STEP_BACK && start_of_minute(since) == since;
    is_believed.then_some(since)
}
