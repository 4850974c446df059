//! What whoever restores may do.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Gid, Mode, Stat, Uid};
use rustix::process::{getegid, geteuid, getgroups};

use super::metadata::{Metadata, modified};
use super::owner_numbers::OwnerNumbers;
use super::xattrs::Attribute;

/// What whoever restores may do, and wants to.
#[derive(Debug)]
pub(crate) struct Rights {
    pub(crate) is_root: bool,
    keep_setuid: bool,
    umask: u32,
    own: (u32, u32),
    /// The groups that whoever restores may give files to; root may give them to all.
    groups: Vec<Gid>,
    owners: Mutex<OwnerNumbers>,
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

    /// Returns what is to be set on a copy of an existing file with these attributes.
    pub(crate) fn copy_of(&self, stat: &Stat, mut attributes: Vec<Attribute>) -> Metadata {
        attributes.retain(|attribute| self.may_set(&attribute.name));
        let owner = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        let (owner, group) = if self.is_root { (Some(owner), None) } else { (None, Some(owner.1)) };
        let plain = Metadata::bare(stat.st_mode & 0o7777, modified(stat));
        Metadata { owner, group, attributes, keeps_lists: false, ..plain }
    }

    /// Returns owner and group to set, or the group alone, of an entry that had these names and numbers.
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

    /// Returns the mode to set, without the bits that give rights unless they are to be kept.
    ///
    /// A folder's setgid gives nobody rights: it says which group new files in it belong to.
    pub(crate) fn mode(&self, mode: u32, is_folder: bool) -> u32 {
        let dangerous = if is_folder { SETUID } else { SETUID | SETGID };
        if self.keep_setuid { mode } else { mode & !dangerous }
    }

    /// Returns whether capabilities are to be kept and can't be set.
    pub(crate) fn keeps_capability(&self) -> bool {
        self.keep_setuid && !self.is_root
    }

    /// Returns the numbers of the owners that were looked up.
    pub(crate) fn owners(&self) -> MutexGuard<'_, OwnerNumbers> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attributes by which the kernel gives programs rights, or which only root can see.
    pub(crate) fn may_set(&self, name: &[u8]) -> bool {
        let is_privileged = name.starts_with(b"security.") || name.starts_with(b"trusted.");
        !is_privileged || (self.is_root && self.keep_setuid)
    }

    /// Returns whether the owner has to be set on what was just made in a folder that gives no group on.
    pub(crate) fn is_foreign(&self, wanted: &Metadata) -> bool {
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

/// Where they can't be told, none of them is given.
pub(super) fn groups() -> Vec<Gid> {
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
