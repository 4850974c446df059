//! The archive's entry of a folder that may not be open yet.

use backup_core::model::restore::IfExists;

use super::open_dir::Node;
use crate::posix::metadata::Metadata;

/// The archive's entry of a folder.
#[derive(Debug)]
pub(super) struct ArchivedDir {
    pub(super) metadata: Metadata,
    /// Whether the folder itself was selected, and isn't only the parent of a selected entry.
    pub(super) is_selected: bool,
}

impl ArchivedDir {
    /// Returns whether this metadata is set on a folder.
    ///
    /// An existing folder that wasn't selected itself stays as it is. New entries in it change only its time.
    pub(super) fn applies_to(&self, folder: &Node<'_>) -> bool {
        folder.is_ours || self.is_selected && folder.context.existing == IfExists::Replace
    }
}
