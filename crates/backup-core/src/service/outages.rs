//! Lasting outages, each reported once when it begins and once when it ends.

use std::collections::BTreeSet;

use crate::model::event::Ability;

/// Something that doesn't work for a while.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outage {
    /// The service can't do what it needs.
    Without(Ability),
    /// Another process makes the backup of this entry.
    Postponed(String),
}

/// The outages that last.
#[derive(Debug, Default)]
pub(super) struct Outages {
    lasting: BTreeSet<Outage>,
}

impl Outages {
    /// Returns true when this outage is new.
    pub(super) fn begin(&mut self, outage: Outage) -> bool {
        self.lasting.insert(outage)
    }

    /// Returns true when this outage had lasted until now.
    pub(super) fn end(&mut self, outage: &Outage) -> bool {
        self.lasting.remove(outage)
    }
}
