//! What can be restored to a scratch at all.

use backup_core::policy::drill_capabilities::{TarKind, is_root_in_name_only, may_restore_owners};
use rustix::process::{getegid, geteuid};

use super::trial::Trial;
use crate::posix::capabilities;
use crate::posix::rights::Rights;

/// How the tar is told to restore.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) tar: TarKind,
    /// Owners and groups.
    pub(super) with_owners: bool,
    /// Extended attributes and ACLs.
    pub(super) with_attributes: bool,
}

impl Manner {
    /// Returns how that tar restores as much as this process can.
    pub(super) fn of(tar: TarKind) -> Self {
        let may_restore_owners = may_restore_owners(capabilities::effective());
        // One that can't be told goes by the user.
        let with_owners = may_restore_owners && (tar.takes_owner_options() || geteuid().is_root());
        Self { tar, with_owners, with_attributes: tar.restores_attributes() }
    }
}

/// What this process, this tar and this file system can restore.
#[derive(Debug)]
pub(super) struct Capabilities {
    pub(super) manner: Manner,
    pub(super) rights: Rights,
    /// The user and the group that all belongs to which isn't given to another.
    pub(super) own: (u64, u64),
    pub(super) is_root_in_name_only: bool,
    pub(super) trial: Trial,
}

impl Capabilities {
    pub(super) fn new(manner: Manner, trial: Trial) -> Self {
        let own = (geteuid().as_raw().into(), getegid().as_raw().into());
        let mut rights = Rights::of_process(true);
        rights.is_root = manner.with_owners;
        let is_root_in_name_only = is_root_in_name_only(geteuid().is_root(), capabilities::effective());
        Self { manner, rights, own, is_root_in_name_only, trial }
    }
}
