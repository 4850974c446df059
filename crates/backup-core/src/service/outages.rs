//! Lasting outages, each reported once when it begins and once when it ends.

use std::collections::BTreeSet;

/// The outages that last, each by a text that tells it from the others.
#[derive(Debug, Default)]
pub(super) struct Outages {
    lasting: BTreeSet<String>,
}

impl Outages {
    /// Returns true when this outage is new.
    pub(super) fn begin(&mut self, outage: String) -> bool {
        self.lasting.insert(outage)
    }

    /// Returns true when this outage had lasted until now.
    pub(super) fn end(&mut self, outage: &str) -> bool {
        self.lasting.remove(outage)
    }
}
