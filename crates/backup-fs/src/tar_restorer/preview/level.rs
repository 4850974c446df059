//! A level of the preview's stack of folders.

use backup_core::model::restore::Refusal;

use crate::home::names::is_own_name;

/// A folder between the target and the current entry.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) name: Vec<u8>,
    /// Whether it exists and can be opened, like all its parents.
    pub(super) exists: bool,
    /// Why nothing in it would be restored.
    pub(super) refused: Option<Refusal>,
    pub(super) is_home: bool,
    /// Whether something else exists there and would be removed.
    pub(super) is_replaced: bool,
    /// Digests of the names that the archive has in it, if it exists.
    pub(super) names: Vec<u64>,
    pub(super) is_selected: bool,
}

impl Level {
    pub(super) fn refused_name(&self, name: &[u8]) -> Option<Refusal> {
        (self.is_home && is_own_name(name)).then_some(Refusal::Own)
    }
}
