//! The rights of this user in a restore: which owners, groups, modes and attributes may be set.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Gid, Mode, Stat, Uid};
use rustix::process::{getegid, geteuid, getgroups};

use super::metadata::{Metadata, modified};
use super::owner_numbers::OwnerNumbers;
use super::xattrs::Attribute;

/// What this user may set on restored entries, and what the options ask for.
#[derive(Debug)]
pub(crate) struct RestoreRights {
    pub(crate) is_root: bool,
    keep_setuid: bool,
    umask: u32,
    /// The user and the group of this process.
    ids: (u32, u32),
    /// The groups that this user may give files to. Root may give them to every group.
    groups: Vec<Gid>,
    owners: Mutex<OwnerNumbers>,
}

const SETUID: u32 = 0o4000;

const SETGID: u32 = 0o2000;

impl RestoreRights {
    /// Returns the rights of this process. `keep_setuid` is the option to restore setuid, setgid and capabilities.
    pub(crate) fn of_process(keep_setuid: bool) -> Self {
        Self {
            is_root: geteuid().is_root(),
            keep_setuid,
            umask: umask(),
            ids: (geteuid().as_raw(), getegid().as_raw()),
            groups: groups(),
            owners: Mutex::default(),
        }
    }

    /// Returns the metadata to set on a copy of an existing file that has these attributes.
    pub(crate) fn copy_of(&self, stat: &Stat, mut attributes: Vec<Attribute>) -> Metadata {
        attributes.retain(|attribute| self.may_set(&attribute.name));
        let owner = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        let (owner, group) = if self.is_root { (Some(owner), None) } else { (None, Some(owner.1)) };
        let plain = Metadata::bare(stat.st_mode & 0o7777, modified(stat));
        Metadata { owner, group, attributes, keeps_lists: false, ..plain }
    }

    /// Returns the owner and group to set on an entry that had these names and numbers, or only the group.
    ///
    /// Root sets both. Other users set the group if they are a member of it.
    pub(crate) fn owner(
        &self,
        names: (&[u8], &[u8]),
        numbers: (u64, u64),
    ) -> (Option<(Uid, Gid)>, Option<Gid>) {
        let owner = self.owners().owner(names, numbers);
        if self.is_root {
            return (owner, None);
        }
        (None, owner.map(|(_, gid)| gid).filter(|gid| self.groups.contains(gid)))
    }

    /// Returns the mode to set: without setuid and setgid, unless they are to be kept.
    ///
    /// A folder keeps setgid. It gives nobody privileges: it says which group new files in the folder belong to.
    pub(crate) fn mode(&self, mode: u32, is_folder: bool) -> u32 {
        let dangerous = if is_folder { SETUID } else { SETUID | SETGID };
        if self.keep_setuid { mode } else { mode & !dangerous }
    }

    /// Returns whether capabilities are to be kept, but this user can't set them.
    pub(crate) fn keeps_capability(&self) -> bool {
        self.keep_setuid && !self.is_root
    }

    /// Returns the cache of owners.
    pub(crate) fn owners(&self) -> MutexGuard<'_, OwnerNumbers> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether an extended attribute may be set.
    ///
    /// Attributes that give programs privileges, or that only root can see, need root and the option to keep setuid.
    pub(crate) fn may_set(&self, name: &[u8]) -> bool {
        let is_privileged = name.starts_with(b"security.") || name.starts_with(b"trusted.");
        !is_privileged || (self.is_root && self.keep_setuid)
    }

    /// Returns whether the owner or the group must be set on a new entry, in a folder that doesn't pass its group on.
    pub(crate) fn is_foreign(&self, metadata: &Metadata) -> bool {
        let (uid, gid) = (Uid::from_raw(self.ids.0), Gid::from_raw(self.ids.1));
        metadata.owner.is_some_and(|owner| owner != (uid, gid))
            || metadata.group.is_some_and(|group| group != gid)
    }

    /// Returns whether a folder has the owner and the group of this process.
    ///
    /// Then new entries in it have that group too, whether they get it from the folder or from the process.
    pub(crate) fn owns(&self, stat: &Stat) -> bool {
        (stat.st_uid, stat.st_gid) == self.ids
    }

    /// Returns whether an entry that is created with this mode has it, in spite of the umask.
    pub(crate) fn gives(&self, mode: u32) -> bool {
        mode & (self.umask | !0o777) == 0
    }

    /// Returns the mode for a folder that the archive doesn't describe.
    pub(crate) fn plain_folder(&self) -> Mode {
        Mode::from_raw_mode(0o777 & !self.umask)
    }
}

/// Returns the groups of this process. If the kernel doesn't tell them, only the current one.
pub(super) fn groups() -> Vec<Gid> {
    let mut groups = getgroups().unwrap_or_default();
    groups.push(getegid());
    groups
}

/// Returns the umask. This file is the only place to read it without changing it.
///
/// If it can't be read, all its bits are set, so that every mode is set explicitly.
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o777)
}
