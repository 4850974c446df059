//! The metadata that a restored entry gets: the archive's, as far as this user may set it.

use std::ffi::CStr;

use chrono::{DateTime, SecondsFormat};
use rustix::fs::{FileType, Gid, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, Uid};

use super::acl::ACCESS_LISTS;
use super::acl_text::List;
use crate::posix::xattrs::Attribute;

/// The metadata to set on an entry.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) mode: u32,
    /// The owner and the group, if this user may set the owner.
    pub(crate) owner: Option<(Uid, Gid)>,
    /// The group, if the owner isn't set and this user is a member of the group.
    pub(crate) group: Option<Gid>,
    pub(crate) modified: Timespec,
    pub(crate) attributes: Vec<Attribute>,
    /// Whether something that gives privileges was left out, such as setuid.
    pub(crate) is_deprivileged: bool,
    /// Whether capabilities aren't compared: they should be kept, but only root can set them.
    pub(crate) keeps_capability: bool,
    /// Whether existing ACLs stay, because the archive's ACLs are unknown.
    pub(crate) keeps_lists: bool,
    /// Why ACLs of the archive can't be set, one reason each.
    pub(crate) unset_lists: Vec<String>,
}

impl Metadata {
    /// Returns metadata with nothing but a mode and a modification time.
    pub(crate) fn bare(mode: u32, modified: Timespec) -> Self {
        Self {
            mode,
            owner: None,
            group: None,
            modified,
            attributes: Vec::new(),
            is_deprivileged: false,
            keeps_capability: false,
            keeps_lists: true,
            unset_lists: Vec::new(),
        }
    }

    /// Adds an ACL. `name` is that of its extended attribute.
    pub(crate) fn add_list(&mut self, name: &CStr, list: List) {
        if name == ACCESS_LISTS[0] {
            // A plain ACL says the same as the mode.
            if list.is_plain {
                return;
            }
            self.mode = self.mode & !0o777 | list.permissions;
        }
        self.attributes.push(Attribute { name: name.to_bytes().to_vec(), value: list.value });
    }

    /// Returns whether there is an extended attribute of that name to set.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.attributes.iter().any(|attribute| attribute.name == name)
    }

    /// Returns the times to set. The access time is left out, because archives don't hold it.
    pub(crate) fn times(&self) -> Timestamps {
        let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        Timestamps { last_access, last_modification: self.modified }
    }

    /// Returns only the owner, the mode and the modification time.
    pub(crate) fn plain(&self) -> Self {
        let (owner, group) = (self.owner, self.group);
        Self { owner, group, ..Self::bare(self.mode, self.modified) }
    }

    /// Returns the times to set on a disk that needs both. The access time is the one that the entry has.
    pub(crate) fn both_times(&self, stat: &Stat) -> Timestamps {
        let nanos = i64::try_from(stat.st_atime_nsec).unwrap_or_default();
        let last_access = Timespec { tv_sec: stat.st_atime, tv_nsec: nanos };
        Timestamps { last_access, last_modification: self.modified }
    }

    /// Returns whether an existing entry has this owner, mode and time.
    ///
    /// If setuid and setgid are left out, an entry that has them differs.
    pub(crate) fn is_met_by(&self, stat: &Stat) -> bool {
        self.is_owned_as(stat) && stat.st_mode & 0o7777 == self.mode && self.is_as_old_as(stat)
    }

    /// Returns how an existing entry differs in owner, mode and time. A symbolic link has no mode.
    pub(crate) fn differences(&self, stat: &Stat) -> Vec<(&'static str, String)> {
        let mut differences = Vec::new();
        let mut add = |what, actual: String, expected: String| {
            differences.push((what, format!("the result is {actual} instead of {expected}")));
        };
        let owner = self.owner.map(|(uid, gid)| (uid.as_raw(), gid.as_raw()));
        if let Some((uid, gid)) = owner.filter(|owner| *owner != (stat.st_uid, stat.st_gid)) {
            add("owner", format!("{}:{}", stat.st_uid, stat.st_gid), format!("{uid}:{gid}"));
        }
        let is_symlink = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        let mode = stat.st_mode & 0o7777;
        if !is_symlink && mode != self.mode {
            add("mode", format!("{mode:04o}"), format!("{:04o}", self.mode));
        }
        if self.has_a_time() && !self.is_as_old_as(stat) {
            let modified = modified(stat);
            add("time", shown(modified), shown(self.modified));
        }
        differences
    }

    /// Returns whether a known time is to be set. A folder that isn't in the archive gets the current time.
    fn has_a_time(&self) -> bool {
        self.modified.tv_nsec != UTIME_NOW
    }

    /// Returns whether an existing entry has the owner and the group that are to be set.
    pub(crate) fn is_owned_as(&self, stat: &Stat) -> bool {
        self.owner.is_none_or(|(uid, gid)| (uid.as_raw(), gid.as_raw()) == (stat.st_uid, stat.st_gid))
            && self.group.is_none_or(|gid| gid.as_raw() == stat.st_gid)
    }

    /// Returns whether an existing entry has this modification time.
    pub(crate) fn is_as_old_as(&self, stat: &Stat) -> bool {
        modified(stat) == self.modified
    }
}

/// Returns the modification time of an entry.
pub(crate) fn modified(stat: &Stat) -> Timespec {
    Timespec { tv_sec: stat.st_mtime, tv_nsec: i64::try_from(stat.st_mtime_nsec).unwrap_or_default() }
}

fn shown(time: Timespec) -> String {
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    let moment = DateTime::from_timestamp(time.tv_sec, nanos);
    let unshown = || format!("{}.{nanos:09} s since 1970", time.tv_sec);
    moment.map_or_else(unshown, |moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
