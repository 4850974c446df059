//! Lasting troubles, each said once when it begins and once when it ends.

use std::collections::BTreeSet;

/// The troubles that last, by a text that tells them apart.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    lasting: BTreeSet<String>,
}

impl Troubles {
    /// Returns true when this trouble is new.
    pub(super) fn begin(&mut self, trouble: String) -> bool {
        self.lasting.insert(trouble)
    }

    /// Returns true when this trouble had lasted until now.
    pub(super) fn end(&mut self, trouble: &str) -> bool {
        self.lasting.remove(trouble)
    }
}
