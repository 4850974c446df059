//! A folder that the archive has announced, but that wasn't opened yet.

use backup_core::model::restore::IfExists;

use super::open_dir::Node;
use crate::posix::metadata::Metadata;

/// What the archive says of a folder.
#[derive(Debug)]
pub(super) struct Announced {
    pub(super) wanted: Metadata,
    /// It is one of the entries that are wanted, and not only on the way to one.
    pub(super) is_taken: bool,
}

impl Announced {
    /// Returns whether a folder is to be what the archive says. One that stands stays as it is where it wasn't chosen
    /// itself: that something comes into it shows in its time alone.
    pub(super) fn goes_to(&self, folder: &Node<'_>) -> bool {
        folder.is_ours || self.is_taken && folder.job.existing == IfExists::Replace
    }
}
