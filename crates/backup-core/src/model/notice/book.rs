//! Notice book: what was told to whom, and what is still to be sent.

use std::collections::BTreeMap;

use crate::model::notice::kind::NoticeKind;
use crate::model::notice::message::Notice;
use crate::time::Moment;

/// What was told to whom, and what is still to be sent. It outlives a restart of the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoticeBook {
    /// When the last run ended of which the service has taken notice.
    pub looked_until: Option<Moment>,
    /// The problems that last, by target and backup.
    pub told: BTreeMap<(String, String), Told>,
    /// The notices that didn't arrive yet, oldest first.
    pub outbox: Vec<Pending>,
    /// The targets that can't be told anything at the moment.
    pub troubles: BTreeMap<String, Trouble>,
}

/// A problem that a target was told of, and that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The worst that was told.
    pub kind: NoticeKind,
    /// Since when the problem lasts.
    pub since: Moment,
    /// When it was told last.
    pub at: Moment,
}

/// A notice that didn't arrive yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The name of the target.
    pub target: String,
    /// The notice.
    pub notice: Notice,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again. `None`: at once.
    pub retry_at: Option<Moment>,
}

/// Why a target can't be told anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: Moment,
    /// Why the last notice didn't arrive, without secrets.
    pub reason: String,
    /// How many notices in a row didn't arrive.
    pub attempts: u32,
    /// How many notices were given up.
    pub given_up: u32,
}

impl NoticeBook {
    /// The most notices that wait for one target. What is over this bound is reported later, or not at all if it is about a
    /// success.
    pub const MOST_PENDING: usize = 500;

    /// Returns the problem that a target was told of, if it lasts.
    #[must_use]
    pub fn told(&self, target: &str, backup: &str) -> Option<&Told> {
        // The keys are small, and few problems last.
        self.told.get(&(target.to_owned(), backup.to_owned()))
    }

    /// Returns whether there is room for one more notice to a target.
    #[must_use]
    pub fn has_room(&self, target: &str) -> bool {
        self.outbox.iter().filter(|pending| pending.target == target).count() < Self::MOST_PENDING
    }

    /// Adds a notice to be sent.
    pub fn post(&mut self, target: &str, notice: Notice) {
        self.outbox.push(Pending { target: target.to_owned(), notice, attempts: 0, retry_at: None });
    }

    /// Drops what is about targets or backups that are no more.
    ///
    /// Returns whether there was anything to drop.
    pub fn forget(&mut self, is_target: impl Fn(&str) -> bool, is_backup: impl Fn(&str) -> bool) -> bool {
        let before = (self.told.len(), self.outbox.len(), self.troubles.len());
        self.told.retain(|(target, backup), _| is_target(target) && is_backup(backup));
        self.outbox.retain(|pending| is_target(&pending.target));
        self.troubles.retain(|target, _| is_target(target));
        before != (self.told.len(), self.outbox.len(), self.troubles.len())
    }
}
