//! What the history knows of at all.

use super::Ledger;

impl Ledger {
    /// Returns whether a note says since when the entry counts, and that note came later than so many others: whatever
    /// clocks said.
    #[must_use]
    pub fn is_adopted_since(&self, entry: &str, adoptions: u64) -> bool {
        self.entries.get(entry).is_some_and(|entry| entry.last_adoption > adoptions)
    }

    /// Returns whether any note tells of this entry.
    #[must_use]
    pub fn knows(&self, entry: &str) -> bool {
        self.entries.contains_key(entry)
    }

    /// Returns whether the end of any run is known.
    #[must_use]
    pub fn knows_runs(&self) -> bool {
        self.entries.values().any(|entry| entry.last_run.is_some())
    }
}
