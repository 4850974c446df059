//! What a pack sees of an entry besides its contents.

use backup_core::model::archive::{FileChange, FindingKind, looks_incompressible};

use super::packer::Packer;
use crate::posix::stat::{Meta, Timestamp};
use crate::posix::xattrs::{Attribute, XattrSource};

impl Packer<'_> {
    /// Reports a file that was read, whose contents begin like that.
    pub(super) fn see(&mut self, meta: &Meta, size_bytes: u64, start: &[u8]) {
        let sample = looks_incompressible(start);
        self.catalog.looks(sample);
        self.see_sampled(meta, size_bytes, sample);
    }

    /// Reports a file whose contents look like that.
    pub(super) fn see_sampled(&mut self, meta: &Meta, size_bytes: u64, sample: Option<bool>) {
        let is_newer = |time: Timestamp| self.changed_since.is_some_and(|since| time >= since);
        let change = match (is_newer(meta.modified), is_newer(meta.changed)) {
            (true, _) => FileChange::Contents,
            (false, true) => FileChange::Metadata,
            (false, false) => FileChange::None,
        };
        if let Some(profile) = &mut self.report.profile {
            profile.add_sampled(size_bytes, change, sample);
        }
    }

    /// Returns the extended attributes. If they can't be read, adds a finding and returns none.
    pub(super) fn attributes(&mut self, holder: XattrSource<'_>) -> Vec<Attribute> {
        match self.attribute_reader.read(holder) {
            Ok(attributes) => attributes,
            Err(error) => {
                self.note(FindingKind::Unreadable(format!("extended attributes: {error}")));
                Vec::new()
            }
        }
    }
}
