//! Sets what belongs to an entry, on the entry that was made and on nothing that took its name since.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use backup_core::text::printable;
use rustix::fs::{
    AtFlags, CWD, Mode, Timestamps, XattrFlags, chmodat, chownat, fchmod, fchown, fgetxattr, flistxattr,
    fremovexattr, fsetxattr, fstat, futimens, getxattr, listxattr, removexattr, setxattr, utimensat,
};
use rustix::io::Errno;

use super::acl::ACCESS_LISTS;
use super::metadata::Metadata;
use crate::posix::xattrs::Attribute;

/// What was made, held by a descriptor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EntryHandle<'a> {
    /// A file or a folder that is open.
    Open(BorrowedFd<'a>),
    /// Anything else, only located. The kernel's own link to it leads to exactly that, whatever its name leads to.
    Located(BorrowedFd<'a>),
    /// A symbolic link, likewise, which has no mode.
    Symlink(BorrowedFd<'a>),
}

/// What could not be set, and why.
pub(crate) type Trouble = (&'static str, io::Error);

/// What needn't be set because it is so already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AlreadySet {
    pub(crate) owner: bool,
    pub(crate) mode: bool,
    /// It has no ACL from the folder that it was made in.
    pub(crate) lists: bool,
    pub(crate) time: bool,
    /// Attributes may be so already, too.
    pub(crate) is_compared: bool,
}

impl EntryHandle<'_> {
    /// Sets everything: the owner first, for a change of owner takes setuid and capabilities away, and the
    /// mode last, for it tells that a folder is finished. Then it looks at the result, because some disks report success
    /// and ignore the request.
    pub(crate) fn set(self, wanted: &Metadata, given: AlreadySet) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        let mode = self.set_owner(wanted, given, &mut troubles);
        if !given.lists && !wanted.keeps_lists {
            self.remove_lists(wanted);
        }
        let is_changed = self.set_attributes(wanted, given, &mut troubles);
        let unset = wanted.unset_lists.iter();
        troubles.extend(unset.map(|reason| ("access control list", io::Error::other(reason.clone()))));
        if !given.time {
            troubles.extend(self.set_times(&wanted.times()).err().map(|error| ("time", error)));
        }
        if !given.mode || is_changed {
            troubles.extend(self.set_mode(mode).err().map(|error| ("mode", error)));
        }
        let set = Metadata { mode, ..wanted.plain() };
        let differences = self.differences(&set, given);
        // Some disks don't give a new entry what others give it.
        if !differences.is_empty() && (given.owner || given.mode || given.time) {
            return self.set(wanted, AlreadySet { lists: true, is_compared: true, ..AlreadySet::default() });
        }
        // What the disk ignored without an error.
        let is_told = |what: &str| troubles.iter().any(|(told, _)| *told == what);
        let untold: Vec<_> = differences.into_iter().filter(|(what, _)| !is_told(what)).collect();
        troubles.extend(untold.into_iter().map(|(what, how)| (what, io::Error::other(how))));
        troubles
    }

    /// Returns what differs in the result. Some disks ignore a modification time that comes alone. They get it once more
    /// together with the access time.
    fn differences(self, wanted: &Metadata, given: AlreadySet) -> Vec<(&'static str, String)> {
        let (Self::Open(handle) | Self::Located(handle) | Self::Symlink(handle)) = self;
        let Ok(stat) = fstat(handle) else { return Vec::new() };
        let differences = wanted.differences(&stat);
        if given.time || !differences.iter().any(|(what, _)| *what == "time") {
            return differences;
        }
        let _ = self.set_times(&wanted.both_times(&stat));
        fstat(handle).map_or(differences, |stat| wanted.differences(&stat))
    }

    /// Sets the owner, and returns the mode to set. If the owner can't be set, the mode loses setuid and setgid.
    fn set_owner(self, wanted: &Metadata, given: AlreadySet, troubles: &mut Vec<Trouble>) -> u32 {
        let set = if given.owner { Ok(()) } else { self.give_away(wanted) };
        let has_rights = wanted.mode & RIGHTS != 0;
        let is_given = set.is_ok() && (given.owner || !has_rights || self.is_owned_as(wanted));
        if let Err(error) = set {
            // That a group can't be given is no matter of whoever can't give owners.
            troubles.extend(wanted.owner.map(|_| ("owner", error)));
        }
        if is_given || !has_rights {
            return wanted.mode;
        }
        troubles.push(("mode", io::Error::other(LEFT_OUT)));
        wanted.mode & !RIGHTS
    }

    /// Sets the attributes, and returns whether there was anything to set. ACLs come last: an ACL can take away the
    /// owner's write permission, which the other attributes need. All failures become one trouble.
    fn set_attributes(self, wanted: &Metadata, given: AlreadySet, troubles: &mut Vec<Trouble>) -> bool {
        let (lists, others): (Vec<_>, Vec<_>) = wanted.attributes.iter().partition(|it| is_list(&it.name));
        let has = |it: &Attribute| given.is_compared && self.has_attribute(&it.name, &it.value);
        let mut reasons: Vec<String> = Vec::new();
        let mut is_changed = false;
        for attribute in others.into_iter().chain(lists).filter(|attribute| !has(attribute)) {
            is_changed = true;
            let set = self.set_attribute(&attribute.name, &attribute.value);
            let reason = set.err().map(|error| error.to_string());
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        if !reasons.is_empty() {
            troubles.push(("extended attributes", io::Error::other(reasons.join("; "))));
        }
        is_changed
    }

    fn is_owned_as(self, wanted: &Metadata) -> bool {
        let (Self::Open(handle) | Self::Located(handle) | Self::Symlink(handle)) = self;
        fstat(handle).is_ok_and(|stat| wanted.is_owned_as(&stat))
    }

    /// Sets what isn't so already: who owns nothing of what stands can't set it, and needn't.
    pub(crate) fn set_what_differs(self, wanted: &Metadata, lists: bool) -> Vec<Trouble> {
        let (Self::Open(handle) | Self::Located(handle) | Self::Symlink(handle)) = self;
        let Ok(stat) = fstat(handle) else {
            return self.set(wanted, AlreadySet { lists, ..AlreadySet::default() });
        };
        let given = AlreadySet {
            owner: wanted.is_owned_as(&stat),
            mode: stat.st_mode & 0o7777 == wanted.mode,
            lists,
            time: wanted.is_as_old_as(&stat),
            is_compared: true,
        };
        // A change of owner takes some of the mode away.
        self.set(wanted, AlreadySet { mode: given.mode && given.owner, ..given })
    }

    /// Returns whether nothing of it would have to be set.
    pub(crate) fn has_all_of(self, wanted: &Metadata) -> bool {
        let (Self::Open(handle) | Self::Located(handle) | Self::Symlink(handle)) = self;
        let mut lists = ACCESS_LISTS.into_iter().filter(|name| !wanted.has(name.to_bytes()));
        fstat(handle).is_ok_and(|stat| wanted.is_met_by(&stat))
            && wanted.attributes.iter().all(|attribute| self.has_attribute(&attribute.name, &attribute.value))
            && (wanted.keeps_lists || !lists.any(|name| self.has_any(name)))
    }

    /// Returns the attributes that can be read.
    pub(crate) fn attributes(self) -> Vec<Attribute> {
        let value = |name: &[u8]| {
            let mut value = vec![0; MOST_NAME_BYTES];
            let used = self.attribute(name, &mut value).ok()?;
            value.truncate(used);
            Some(Attribute { name: name.to_vec(), value })
        };
        self.names().unwrap_or_default().split(|byte| *byte == 0).filter_map(value).collect()
    }

    /// Returns the names of its attributes, each with a NUL behind it.
    fn names(self) -> Option<Vec<u8>> {
        let mut room = vec![0; MOST_NAME_BYTES];
        let listed = match self {
            Self::Open(handle) => flistxattr(handle, &mut room[..]),
            Self::Located(handle) | Self::Symlink(handle) => listxattr(link(handle), &mut room[..]),
        };
        room.truncate(listed.ok()?);
        Some(room)
    }

    /// Returns whether it has the attributes that are wanted, and none beside them that people set. One that can't be told
    /// here can't be set either, and is no difference.
    pub(crate) fn has_attributes_of(self, wanted: &Metadata) -> bool {
        let Some(names) = self.names() else { return true };
        let mut more = names.split(|byte| *byte == 0).filter(|name| !name.is_empty() && !wanted.has(name));
        let is_set =
            |name: &[u8]| name.starts_with(b"user.") || name == CAPABILITY && !wanted.keeps_capability;
        !more.any(|name| is_set(name) || (is_list(name) && !wanted.keeps_lists))
            && wanted.attributes.iter().all(|attribute| self.may_have(&attribute.name, &attribute.value))
    }

    fn may_have(self, name: &[u8], value: &[u8]) -> bool {
        let mut standing = vec![0; value.len() + 1];
        match self.attribute(name, &mut standing) {
            Ok(length) => standing.get(..length) == Some(value),
            Err(errno) => !matches!(errno, Errno::NODATA | Errno::RANGE),
        }
    }

    fn has_any(self, list: &CStr) -> bool {
        let (Self::Open(handle) | Self::Located(handle) | Self::Symlink(handle)) = self;
        getxattr(link(handle), list, &mut [0; 0]).is_ok()
    }

    /// Returns the wanted attributes that it doesn't have, as far as can be told.
    pub(crate) fn lost_attributes(self, wanted: &Metadata) -> Vec<String> {
        let lost = wanted.attributes.iter().filter(|one| !self.has_attribute(&one.name, &one.value));
        lost.map(|one| printable(&one.name)).collect()
    }

    fn has_attribute(self, name: &[u8], value: &[u8]) -> bool {
        let mut standing = vec![0; value.len() + 1];
        self.attribute(name, &mut standing).is_ok_and(|length| standing.get(..length) == Some(value))
    }

    fn attribute(self, name: &[u8], room: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Self::Open(handle) => fgetxattr(handle, name, room),
            Self::Located(handle) | Self::Symlink(handle) => getxattr(link(handle), name, room),
        }
    }

    /// Removes the ACLs that a folder has given on. Where there are none, that fails.
    fn remove_lists(self, wanted: &Metadata) {
        for name in ACCESS_LISTS.into_iter().filter(|name| !wanted.has(name.to_bytes())) {
            let _ = match self {
                Self::Open(handle) => fremovexattr(handle, name),
                Self::Located(handle) => removexattr(link(handle), name),
                Self::Symlink(_) => Ok(()),
            };
        }
    }

    fn give_away(self, wanted: &Metadata) -> io::Result<()> {
        let uid = wanted.owner.map(|(uid, _)| uid);
        let gid = wanted.owner.map(|(_, gid)| gid).or(wanted.group);
        if uid.is_none() && gid.is_none() {
            return Ok(());
        }
        let set = match self {
            Self::Open(handle) => fchown(handle, uid, gid),
            Self::Located(handle) | Self::Symlink(handle) => {
                chownat(handle, c"", uid, gid, AtFlags::EMPTY_PATH)
            }
        };
        Ok(set?)
    }

    pub(crate) fn set_mode(self, mode: u32) -> io::Result<()> {
        let mode = Mode::from_raw_mode(mode);
        let set = match self {
            Self::Open(handle) => fchmod(handle, mode),
            Self::Located(handle) => chmodat(CWD, link(handle), mode, AtFlags::empty()),
            Self::Symlink(_) => Ok(()),
        };
        Ok(set?)
    }

    fn set_attribute(self, name: &[u8], value: &[u8]) -> io::Result<()> {
        let flags = XattrFlags::empty();
        let set = match self {
            Self::Open(handle) => fsetxattr(handle, name, value, flags),
            Self::Located(handle) | Self::Symlink(handle) => setxattr(link(handle), name, value, flags),
        };
        Ok(set?)
    }

    fn set_times(self, times: &Timestamps) -> io::Result<()> {
        let set = match self {
            Self::Open(handle) => futimens(handle, times),
            Self::Located(handle) | Self::Symlink(handle) => {
                utimensat(handle, c"", times, AtFlags::EMPTY_PATH)
            }
        };
        Ok(set?)
    }
}

/// Setuid and setgid.
const RIGHTS: u32 = 0o6000;
const LEFT_OUT: &str = "setuid and setgid are left out, because its owner or group can't be set";

/// The attribute by which the kernel gives rights to a program.
const CAPABILITY: &[u8] = b"security.capability";

/// A list of names is no longer.
const MOST_NAME_BYTES: usize = 64 * 1024;

fn is_list(name: &[u8]) -> bool {
    ACCESS_LISTS.iter().any(|list| list.to_bytes() == name)
}

fn link(handle: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", handle.as_raw_fd())
}
