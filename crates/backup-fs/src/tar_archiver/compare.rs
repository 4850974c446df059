//! What the packer says of the archive that it is compared with.

use super::likeness::EarlierPlace;
use super::packer::Packer;
use crate::posix::stat::Meta;

impl Packer<'_> {
    /// Returns where the current entry is in the archive that is compared.
    pub(super) fn find_earlier(&mut self, meta: &Meta, stored_bytes: u64) -> Option<EarlierPlace> {
        self.likeness.as_mut()?.find(self.path.member(), meta, stored_bytes)
    }

    /// Says that what is about to be written may be the same: the headers at hand and what follows.
    pub(super) fn expect_same(&self, place: EarlierPlace) {
        if let Some(likeness) = &self.likeness {
            likeness.expect(self.output.position(), self.headers.len() as u64, place);
        }
    }
}
