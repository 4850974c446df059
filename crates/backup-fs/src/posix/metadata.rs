//! What an entry is to look like, as far as whoever restores it may say so.

use std::ffi::CStr;
use std::fs;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat};
use rustix::fs::{FileType, Gid, Mode, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, Uid};
use rustix::process::{getegid, geteuid, getgroups};

use super::acl::ACCESS_LISTS;
use super::acl_text::{self, List};
use super::owner_lookup::Owners;
use crate::tar_reader::{Attribute, Member, MemberKind};

/// What is to be set on an entry.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) mode: u32,
    /// Where it is not to be whoever restores.
    pub(crate) owner: Option<(Uid, Gid)>,
    /// Of an entry whose owner isn't set: where whoever restores is in it, too.
    pub(crate) group: Option<Gid>,
    pub(crate) modified: Timespec,
    pub(crate) attributes: Vec<Attribute>,
    /// Something that gives rights was left out.
    pub(crate) is_tamed: bool,
    /// Capabilities are to be kept but only root can set them, so they aren't compared.
    pub(crate) keeps_capability: bool,
    /// Nothing is known of its ACLs, so that they stay.
    pub(crate) keeps_lists: bool,
    /// What the archive says of its ACLs and can't be set, and why.
    pub(crate) unset_lists: Vec<String>,
}

/// What whoever restores may do, and wants to.
#[derive(Debug)]
pub(crate) struct Rights {
    pub(crate) is_root: bool,
    keep_setuid: bool,
    umask: u32,
    own: (u32, u32),
    /// The groups that whoever restores may give files to; root may give them to all.
    groups: Vec<Gid>,
    owners: Mutex<Owners>,
}

const SETUID: u32 = 0o4000;
const SETGID: u32 = 0o2000;

impl Rights {
    pub(crate) fn of_process(keep_setuid: bool) -> Self {
        Self {
            is_root: geteuid().is_root(),
            keep_setuid,
            umask: umask(),
            own: (geteuid().as_raw(), getegid().as_raw()),
            groups: groups(),
            owners: Mutex::default(),
        }
    }

    /// Returns what is to be set on this member, and takes the attributes out of it.
    pub(crate) fn wanted(&self, member: &mut Member) -> Wanted {
        let is_folder = member.kind == MemberKind::Folder;
        let mut mode = member.mode;
        // A folder's setgid gives nobody rights: it says which group new files in it belong to.
        let dangerous = if is_folder { SETUID } else { SETUID | SETGID };
        let mut is_tamed = false;
        if !self.keep_setuid && mode & dangerous != 0 {
            mode &= !dangerous;
            is_tamed = true;
        }
        let mut attributes = std::mem::take(&mut member.attributes);
        let before = attributes.len();
        attributes.retain(|attribute| self.may_set(&attribute.name));
        is_tamed |= attributes.len() < before;
        let modified = Timespec { tv_sec: member.modified.seconds, tv_nsec: member.modified.nanos.into() };
        let unset_lists = Vec::new();
        let (owner, group) = self.owner(member);
        let mut wanted = Wanted {
            mode,
            owner,
            group,
            modified,
            attributes,
            is_tamed,
            keeps_capability: self.keep_setuid && !self.is_root,
            keeps_lists: false,
            unset_lists,
        };
        self.add_lists(member, &mut wanted);
        wanted
    }

    /// Returns what is to be set on a copy of an existing file with these attributes.
    pub(crate) fn copy_of(&self, stat: &Stat, mut attributes: Vec<Attribute>) -> Wanted {
        attributes.retain(|attribute| self.may_set(&attribute.name));
        let owner = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        let (owner, group) = if self.is_root { (Some(owner), None) } else { (None, Some(owner.1)) };
        let plain = Wanted::bare(stat.st_mode & 0o7777, modified(stat));
        Wanted { owner, group, attributes, keeps_lists: false, ..plain }
    }

    /// Adds the ACLs that the archive has only as text.
    fn add_lists(&self, member: &mut Member, wanted: &mut Wanted) {
        let access = member.acl_access.take().filter(|_| member.kind != MemberKind::Symlink);
        let default = member.acl_default.take().filter(|_| member.kind == MemberKind::Folder);
        for (text, name) in [access, default].into_iter().zip(ACCESS_LISTS) {
            let Some(text) = text.filter(|_| !wanted.has(name.to_bytes())) else { continue };
            let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            match acl_text::parse(&text, &mut owners) {
                Ok(list) => wanted.add_list(name, list),
                Err(reason) => wanted.unset_lists.push(reason),
            }
        }
    }

    /// Attributes by which the kernel gives programs rights, or which only root can see.
    fn may_set(&self, name: &[u8]) -> bool {
        let is_privileged = name.starts_with(b"security.") || name.starts_with(b"trusted.");
        !is_privileged || (self.is_root && self.keep_setuid)
    }

    /// Returns owner and group to set, or the group alone.
    fn owner(&self, member: &Member) -> (Option<(Uid, Gid)>, Option<Gid>) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners.owner((&member.user, &member.group), (member.uid, member.gid));
        if self.is_root {
            return (owner, None);
        }
        (None, owner.map(|(_, gid)| gid).filter(|gid| self.groups.contains(gid)))
    }

    /// Returns whether the owner has to be set on what was just made in a folder that gives no group on.
    pub(crate) fn is_foreign(&self, wanted: &Wanted) -> bool {
        let own = (Uid::from_raw(self.own.0), Gid::from_raw(self.own.1));
        wanted.owner.is_some_and(|owner| owner != own) || wanted.group.is_some_and(|group| group != own.1)
    }

    /// Returns whether that folder has the owner and the group of whoever restores: then what is made in it has that
    /// group, too, by whatever rule.
    pub(crate) fn owns(&self, stat: &Stat) -> bool {
        (stat.st_uid, stat.st_gid) == self.own
    }

    /// Returns whether what is made with this mode has it.
    pub(crate) fn gives(&self, mode: u32) -> bool {
        mode & (self.umask | !0o777) == 0
    }

    /// Returns the mode of a folder that nothing is known of.
    pub(crate) fn plain_folder(&self) -> Mode {
        Mode::from_raw_mode(0o777 & !self.umask)
    }
}

impl Wanted {
    /// Returns what has only a mode and a time.
    pub(crate) fn bare(mode: u32, modified: Timespec) -> Self {
        Self {
            mode,
            owner: None,
            group: None,
            modified,
            attributes: Vec::new(),
            is_tamed: false,
            keeps_capability: false,
            keeps_lists: true,
            unset_lists: Vec::new(),
        }
    }

    fn add_list(&mut self, name: &CStr, list: List) {
        if name == ACCESS_LISTS[0] {
            // The mode says the same as a plain one.
            if list.is_plain {
                return;
            }
            self.mode = self.mode & !0o777 | list.permissions;
        }
        self.attributes.push(Attribute { name: name.to_bytes().to_vec(), value: list.value });
    }

    /// Returns whether it has an attribute of that name.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.attributes.iter().any(|attribute| attribute.name == name)
    }

    /// Returns the times to set. Access times are in no archive.
    pub(crate) fn times(&self) -> Timestamps {
        let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        Timestamps { last_access, last_modification: self.modified }
    }

    /// Returns owner, mode and time alone.
    pub(crate) fn plain(&self) -> Self {
        let (owner, group) = (self.owner, self.group);
        Self { owner, group, ..Self::bare(self.mode, self.modified) }
    }

    /// Returns the times to set for a disk that wants both. The access time stays as it is.
    pub(crate) fn both_times(&self, stat: &Stat) -> Timestamps {
        let nanos = i64::try_from(stat.st_atime_nsec).unwrap_or_default();
        let last_access = Timespec { tv_sec: stat.st_atime, tv_nsec: nanos };
        Timestamps { last_access, last_modification: self.modified }
    }

    /// Returns whether an existing entry has this owner, mode and time. If setuid and setgid are left out, an entry that
    /// has them differs.
    pub(crate) fn is_met_by(&self, stat: &Stat) -> bool {
        self.is_owned_as(stat) && stat.st_mode & 0o7777 == self.mode && self.is_as_old_as(stat)
    }

    /// Returns how an existing entry differs in owner, mode and time. A symbolic link has no mode.
    pub(crate) fn differences(&self, stat: &Stat) -> Vec<(&'static str, String)> {
        let mut differences = Vec::new();
        let mut add = |what, is: String, wanted: String| {
            differences.push((what, format!("the result is {is} instead of {wanted}")));
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

    /// A folder that isn't in the archive gets the current time.
    fn has_a_time(&self) -> bool {
        self.modified.tv_nsec != UTIME_NOW
    }

    /// Returns whether that has the owner and the group that are to be set.
    pub(crate) fn is_owned_as(&self, stat: &Stat) -> bool {
        self.owner.is_none_or(|(uid, gid)| (uid.as_raw(), gid.as_raw()) == (stat.st_uid, stat.st_gid))
            && self.group.is_none_or(|gid| gid.as_raw() == stat.st_gid)
    }

    pub(crate) fn is_as_old_as(&self, stat: &Stat) -> bool {
        modified(stat) == self.modified
    }
}

/// Returns when something was modified.
pub(crate) fn modified(stat: &Stat) -> Timespec {
    Timespec { tv_sec: stat.st_mtime, tv_nsec: i64::try_from(stat.st_mtime_nsec).unwrap_or_default() }
}

fn shown(time: Timespec) -> String {
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    let moment = DateTime::from_timestamp(time.tv_sec, nanos);
    let unshown = || format!("{}.{nanos:09} s since 1970", time.tv_sec);
    moment.map_or_else(unshown, |moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// Where they can't be told, none of them is given.
fn groups() -> Vec<Gid> {
    let mut groups = getgroups().unwrap_or_default();
    groups.push(getegid());
    groups
}

/// The kernel tells it without changing it only there; all bits stand for "not known": then each mode is set.
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o777)
}
