//! Whether what a file system reports is reliable.

use std::os::fd::BorrowedFd;

use super::packer::Packer;
use crate::posix::stat::Meta;

impl Packer<'_> {
    /// Determines whether sizes and inode numbers are reliable on the disk of an open file.
    pub(super) fn learn_exact(&mut self, opened: BorrowedFd<'_>, meta: &Meta) -> bool {
        let device = meta.identity.device();
        if let Some((_, exact)) = self.last_exact.filter(|(last, _)| *last == device) {
            return exact;
        }
        if let Some(exact) = self.exact.get(&device).copied() {
            self.last_exact = Some((device, exact));
            return exact;
        }
        let exact = self.disk.is_exact(opened);
        if exact && self.catalog.is_kept() {
            // A program can change a page that it has mapped without a new change time, as long as an earlier change of it isn't
            // written out.
            self.disk.write_out(opened);
        }
        self.exact.insert(device, exact);
        exact
    }

    /// Returns whether the sizes and inode numbers on an entry's disk are known to be reliable.
    pub(super) fn is_exact(&self, meta: &Meta) -> bool {
        let device = meta.identity.device();
        if let Some((_, exact)) = self.last_exact.filter(|(last, _)| *last == device) {
            return exact;
        }
        self.exact.get(&device).is_some_and(|exact| *exact)
    }
}
