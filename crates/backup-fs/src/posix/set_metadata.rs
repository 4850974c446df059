//! Sets metadata on an open entry, and never on another entry that has taken its name since.

mod attributes;

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{
    AtFlags, CWD, Mode, Stat, Timestamps, chmodat, chownat, fchmod, fchown, fstat, futimens, utimensat,
};

use super::acl::{ACCESS_LISTS, is_list};
use super::metadata::Metadata;
use crate::posix::xattrs::Attribute;

/// An entry that is held open.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EntryHandle<'a> {
    /// A file or folder that is open for reading or writing.
    Open(BorrowedFd<'a>),
    /// Any other entry, opened with `O_PATH`. The kernel's own link in `/proc` leads to exactly this entry.
    Located(BorrowedFd<'a>),
    /// A symbolic link, opened with `O_PATH`. It has no mode.
    Symlink(BorrowedFd<'a>),
}

/// A part of the metadata that could not be set, and why.
pub(crate) type Trouble = (&'static str, io::Error);

/// The parts of the metadata that the entry has already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AlreadySet {
    pub(crate) owner: bool,
    pub(crate) mode: bool,
    /// Whether it has inherited no ACL from its folder.
    pub(crate) lists: bool,
    pub(crate) time: bool,
    /// Whether attributes are compared first, and set only if they differ.
    pub(crate) is_compared: bool,
}

impl<'a> EntryHandle<'a> {
    /// Sets all metadata, checks the result, and returns what failed.
    ///
    /// The owner comes first, because a change of owner clears setuid and capabilities. The mode comes last, because it
    /// marks a folder as finished. The result is checked because some disks report success and ignore the request.
    pub(crate) fn set(self, metadata: &Metadata, already: AlreadySet) -> Vec<Trouble> {
        let mut failures = Vec::new();
        let mode = self.set_owner(metadata, already, &mut failures);
        if !already.lists && !metadata.keeps_lists {
            self.remove_lists(metadata);
        }
        let is_changed = self.set_attributes(metadata, already, &mut failures);
        let unset = metadata.unset_lists.iter();
        failures.extend(unset.map(|reason| ("access control list", io::Error::other(reason.clone()))));
        if !already.time {
            failures.extend(self.set_times(&metadata.times()).err().map(|error| ("time", error)));
        }
        if !already.mode || is_changed {
            failures.extend(self.set_mode(mode).err().map(|error| ("mode", error)));
        }
        let set = Metadata { mode, ..metadata.plain() };
        let differences = self.differences(&set, already);
        // Some disks create an entry with other metadata than most disks do. Then everything is set explicitly.
        if !differences.is_empty() && (already.owner || already.mode || already.time) {
            return self
                .set(metadata, AlreadySet { lists: true, is_compared: true, ..AlreadySet::default() });
        }
        // What remains was ignored by the disk without an error.
        let is_reported = |what: &str| failures.iter().any(|(reported, _)| *reported == what);
        let ignored: Vec<_> = differences.into_iter().filter(|(what, _)| !is_reported(what)).collect();
        failures.extend(ignored.into_iter().map(|(what, how)| (what, io::Error::other(how))));
        failures
    }

    /// Returns what differs in the result.
    ///
    /// Some disks ignore a modification time that is set alone. They get it once more, together with the access time.
    fn differences(self, metadata: &Metadata, already: AlreadySet) -> Vec<(&'static str, String)> {
        let Ok(stat) = self.stat() else { return Vec::new() };
        let differences = metadata.differences(&stat);
        if already.time || !differences.iter().any(|(what, _)| *what == "time") {
            return differences;
        }
        let _ = self.set_times(&metadata.both_times(&stat));
        self.stat().map_or(differences, |stat| metadata.differences(&stat))
    }

    /// Sets the owner, and returns the mode to set. If the owner can't be set, the mode loses setuid and setgid.
    fn set_owner(self, metadata: &Metadata, already: AlreadySet, failures: &mut Vec<Trouble>) -> u32 {
        let set = if already.owner { Ok(()) } else { self.change_owner(metadata) };
        let has_rights = metadata.mode & RIGHTS != 0;
        let is_given = set.is_ok() && (already.owner || !has_rights || self.is_owned_as(metadata));
        if let Err(error) = set {
            // A user who can't set owners doesn't hear about a group that can't be set either.
            failures.extend(metadata.owner.map(|_| ("owner", error)));
        }
        if is_given || !has_rights {
            return metadata.mode;
        }
        failures.push(("mode", io::Error::other(LEFT_OUT)));
        metadata.mode & !RIGHTS
    }

    /// Sets the attributes, and returns whether there was anything to set. All failures are reported as one.
    ///
    /// ACLs come last: an ACL can take away the owner's write permission, which the other attributes need.
    fn set_attributes(self, metadata: &Metadata, already: AlreadySet, failures: &mut Vec<Trouble>) -> bool {
        let (lists, others): (Vec<_>, Vec<_>) = metadata.attributes.iter().partition(|it| is_list(&it.name));
        let has = |it: &Attribute| already.is_compared && self.has_attribute(&it.name, &it.value);
        let mut reasons: Vec<String> = Vec::new();
        let mut is_changed = false;
        for attribute in others.into_iter().chain(lists).filter(|attribute| !has(attribute)) {
            is_changed = true;
            let set = self.set_attribute(&attribute.name, &attribute.value);
            let reason = set.err().map(|error| error.to_string());
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        if !reasons.is_empty() {
            failures.push(("extended attributes", io::Error::other(reasons.join("; "))));
        }
        is_changed
    }

    fn is_owned_as(self, metadata: &Metadata) -> bool {
        self.stat().is_ok_and(|stat| metadata.is_owned_as(&stat))
    }

    /// Sets only what differs. So a user who doesn't own the entry gets no failure for what is right already.
    ///
    /// `lists` says whether the entry has inherited no ACL from its folder.
    pub(crate) fn set_what_differs(self, metadata: &Metadata, lists: bool) -> Vec<Trouble> {
        let Ok(stat) = self.stat() else {
            return self.set(metadata, AlreadySet { lists, ..AlreadySet::default() });
        };
        let already = AlreadySet {
            owner: metadata.is_owned_as(&stat),
            mode: stat.st_mode & 0o7777 == metadata.mode,
            lists,
            time: metadata.is_as_old_as(&stat),
            is_compared: true,
        };
        // A change of owner clears some bits of the mode.
        self.set(metadata, AlreadySet { mode: already.mode && already.owner, ..already })
    }

    /// Returns whether the entry has all of this metadata already.
    pub(crate) fn has_all_of(self, metadata: &Metadata) -> bool {
        let mut lists = ACCESS_LISTS.into_iter().filter(|name| !metadata.has(name.to_bytes()));
        self.stat().is_ok_and(|stat| metadata.is_met_by(&stat))
            && metadata
                .attributes
                .iter()
                .all(|attribute| self.has_attribute(&attribute.name, &attribute.value))
            && (metadata.keeps_lists || !lists.any(|name| self.has_any(name)))
    }

    fn stat(self) -> io::Result<Stat> {
        Ok(fstat(self.handle())?)
    }

    fn handle(self) -> BorrowedFd<'a> {
        let (Self::Open(handle) | Self::Located(handle) | Self::Symlink(handle)) = self;
        handle
    }

    fn change_owner(self, metadata: &Metadata) -> io::Result<()> {
        let uid = metadata.owner.map(|(uid, _)| uid);
        let gid = metadata.owner.map(|(_, gid)| gid).or(metadata.group);
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

    /// Sets the mode. A symbolic link has none.
    pub(crate) fn set_mode(self, mode: u32) -> io::Result<()> {
        let mode = Mode::from_raw_mode(mode);
        let set = match self {
            Self::Open(handle) => fchmod(handle, mode),
            Self::Located(handle) => chmodat(CWD, link(handle), mode, AtFlags::empty()),
            Self::Symlink(_) => Ok(()),
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

/// Returns the kernel's own link to an open entry. It leads to exactly this entry.
fn link(handle: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", handle.as_raw_fd())
}
