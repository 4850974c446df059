//! The extended attributes of an open entry: reads, compares and sets them.

use std::ffi::CStr;
use std::io;

use backup_core::text::printable;
use rustix::fs::{
    XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr, getxattr, listxattr, removexattr, setxattr,
};
use rustix::io::Errno;

use super::{EntryHandle, link};
use crate::posix::acl::{ACCESS_LISTS, is_list};
use crate::posix::metadata::Metadata;

impl EntryHandle<'_> {
    /// Returns the names of the attributes, each followed by a NUL.
    fn names(self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; MOST_NAME_BYTES];
        let listed = match self {
            Self::Open(handle) => flistxattr(handle, &mut buffer[..]),
            Self::Located(handle) | Self::Symlink(handle) => listxattr(link(handle), &mut buffer[..]),
        };
        buffer.truncate(listed.ok()?);
        Some(buffer)
    }

    /// Returns whether the entry has these attributes, and no others that people set.
    ///
    /// An attribute that can't be read is no difference, because it can't be set either.
    pub(crate) fn has_attributes_of(self, metadata: &Metadata) -> bool {
        let Some(names) = self.names() else { return true };
        let mut more = names.split(|byte| *byte == 0).filter(|name| !name.is_empty() && !metadata.has(name));
        let is_set =
            |name: &[u8]| name.starts_with(b"user.") || name == CAPABILITY && !metadata.keeps_capability;
        !more.any(|name| is_set(name) || (is_list(name) && !metadata.keeps_lists))
            && metadata.attributes.iter().all(|attribute| self.may_have(&attribute.name, &attribute.value))
    }

    /// Returns whether the entry has this attribute with this value, or the attribute can't be read.
    fn may_have(self, name: &[u8], value: &[u8]) -> bool {
        let mut current = vec![0; value.len() + 1];
        match self.attribute(name, &mut current) {
            Ok(length) => current.get(..length) == Some(value),
            Err(errno) => !matches!(errno, Errno::NODATA | Errno::RANGE),
        }
    }

    /// Returns whether the entry has this ACL, whatever it says.
    pub(super) fn has_any(self, list: &CStr) -> bool {
        getxattr(link(self.handle()), list, &mut [0; 0]).is_ok()
    }

    /// Returns the names of the attributes that are to be set and that the entry doesn't have, safe to print.
    pub(crate) fn lost_attributes(self, metadata: &Metadata) -> Vec<String> {
        let lost = metadata.attributes.iter().filter(|one| !self.has_attribute(&one.name, &one.value));
        lost.map(|one| printable(&one.name)).collect()
    }

    /// Returns whether the entry has this attribute with this value.
    pub(crate) fn has_attribute(self, name: &[u8], value: &[u8]) -> bool {
        let mut current = vec![0; value.len() + 1];
        self.attribute(name, &mut current).is_ok_and(|length| current.get(..length) == Some(value))
    }

    fn attribute(self, name: &[u8], buffer: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Self::Open(handle) => fgetxattr(handle, name, buffer),
            Self::Located(handle) | Self::Symlink(handle) => getxattr(link(handle), name, buffer),
        }
    }

    /// Removes the ACLs that the entry has inherited from its folder. It fails if there are none, which is no problem.
    pub(super) fn remove_lists(self, metadata: &Metadata) {
        for name in ACCESS_LISTS.into_iter().filter(|name| !metadata.has(name.to_bytes())) {
            let _ = match self {
                Self::Open(handle) => fremovexattr(handle, name),
                Self::Located(handle) => removexattr(link(handle), name),
                Self::Symlink(_) => Ok(()),
            };
        }
    }

    /// Sets an attribute.
    pub(crate) fn set_attribute(self, name: &[u8], value: &[u8]) -> io::Result<()> {
        let flags = XattrFlags::empty();
        let set = match self {
            Self::Open(handle) => fsetxattr(handle, name, value, flags),
            Self::Located(handle) | Self::Symlink(handle) => setxattr(link(handle), name, value, flags),
        };
        Ok(set?)
    }
}

/// The attribute that holds the capabilities of a program.
const CAPABILITY: &[u8] = b"security.capability";

/// The longest list of names that Linux allows.
const MOST_NAME_BYTES: usize = 64 * 1024;
