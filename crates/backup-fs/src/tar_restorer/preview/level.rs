//! A folder on the way to the entry at hand, as a preview sees it.

use backup_core::model::restore::Refusal;

use crate::home::names::is_own_name;

/// A folder on the way to the entry at hand.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) name: Vec<u8>,
    /// It exists, and can be opened. What lies above does, too.
    pub(super) exists: bool,
    /// Why nothing in it would be made.
    pub(super) refused: Option<Refusal>,
    pub(super) is_home: bool,
    /// Something else stands there, and would be removed.
    pub(super) gives_way: bool,
    /// Digests of what the archive has in it, where it exists.
    pub(super) names: Vec<u64>,
    pub(super) is_taken: bool,
}

impl Level {
    pub(super) fn refused_name(&self, name: &[u8]) -> Option<Refusal> {
        (self.is_home && is_own_name(name)).then_some(Refusal::Own)
    }
}
