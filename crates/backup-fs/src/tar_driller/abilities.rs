//! What can be restored to a place at all.

use std::os::fd::OwnedFd;

use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use crate::tar_restorer::{ACCESS_LISTS, Rights};

/// What this user, this tar and this file system can restore.
#[derive(Debug)]
pub(super) struct Abilities {
    pub(super) rights: Rights,
    /// The user and the group that all belongs to which isn't given to another.
    pub(super) own: (u64, u64),
    /// Extended attributes.
    pub(super) attributes: bool,
    /// ACLs.
    pub(super) lists: bool,
}

impl Abilities {
    /// Finds out what can be restored to that folder, by a tar that restores attributes or not.
    pub(super) fn of(folder: &OwnedFd, with_attributes: bool) -> Self {
        let own = (geteuid().as_raw().into(), getegid().as_raw().into());
        let rights = Rights::of_process(true);
        let (attributes, lists) = (takes_attributes(folder), takes_lists(folder));
        Self { rights, own, attributes: attributes && with_attributes, lists: lists && with_attributes }
    }
}

fn takes_attributes(folder: &OwnedFd) -> bool {
    let set = fsetxattr(folder, PROBE, b"", XattrFlags::empty());
    let _ = fremovexattr(folder, PROBE);
    set.is_ok()
}

const PROBE: &str = "user.backup_manager.probe";

fn takes_lists(folder: &OwnedFd) -> bool {
    let list = fgetxattr(folder, ACCESS_LISTS[0], &mut [0_u8; 256]);
    list.is_ok() || list == Err(Errno::NODATA)
}
