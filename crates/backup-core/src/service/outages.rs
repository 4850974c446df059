//! Lasting troubles, each said once when it begins and once when it ends.

use std::collections::BTreeSet;

use crate::model::event::Ability;

/// Something that goes on until it works again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// The service can't do what it needs.
    Without(Ability),
    /// Another process makes the backup of this entry.
    Postponed(String),
}

/// The troubles that last.
#[derive(Debug, Default)]
pub(super) struct Outages {
    lasting: BTreeSet<Trouble>,
}

impl Outages {
    /// Returns true when this trouble is new.
    pub(super) fn begin(&mut self, trouble: Trouble) -> bool {
        self.lasting.insert(trouble)
    }

    /// Returns true when this trouble had lasted until now.
    pub(super) fn end(&mut self, trouble: &Trouble) -> bool {
        self.lasting.remove(trouble)
    }
}
