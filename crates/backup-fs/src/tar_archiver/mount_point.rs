//! Looks at what may be an excluded mount point without asking its disk, and stores it.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

use backup_core::model::archive::FindingKind;
use backup_core::model::error::PortError;
use rustix::fs::FileType;

use super::body::Body;
use super::entry::Attempt;
use super::packer::Packer;
use crate::posix::stat::Meta;

impl Packer<'_> {
    /// Returns the metadata of an entry.
    ///
    /// At an excluded mount point it only uses what the kernel knows already. A request to a network disk without a
    /// server could block forever.
    pub(super) fn stat_entry(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        if self.selector.is_mount_point(&self.path) {
            return self.disk.glimpse(folder, name);
        }
        self.disk.stat(folder, name)
    }

    /// Returns whether an entry without metadata is a mount point whose contents are excluded.
    pub(super) fn is_unreachable_mount(&self, folder: BorrowedFd<'_>, name: &CStr) -> bool {
        let crosses_mount = |meta| self.selector.crosses_mount(&meta);
        self.selector.is_mount_point(&self.path) || self.disk.glimpse(folder, name).is_ok_and(crosses_mount)
    }

    /// Stores an excluded mount point: for a folder only its own entry, for anything else nothing, because an empty
    /// file would be wrong.
    ///
    /// It sends no further request to that disk.
    pub(super) fn mount_point(&mut self, folder: BorrowedFd<'_>, meta: &Meta) -> Result<Attempt, PortError> {
        match meta.kind {
            FileType::Directory => {
                self.note(FindingKind::OtherFileSystem);
                self.write_header(meta, &[], Body::None)?;
                Ok(Attempt::Done(None))
            }
            FileType::Unknown => self.unreachable_mount(folder),
            _ => self.exclude(FindingKind::OtherFileSystem),
        }
    }

    /// Stores an empty folder for a mount point without metadata. Only the owner of its parent folder may use it.
    pub(super) fn unreachable_mount(&mut self, folder: BorrowedFd<'_>) -> Result<Attempt, PortError> {
        match self.disk.stat_open(folder) {
            Ok(around) => self.mount_point(folder, &Meta { mode: 0o700, ..around }),
            Err(error) => self.skipped(error),
        }
    }
}
