//! What can be restored to a scratch folder.

use backup_core::policy::drill_capabilities::{TarKind, is_root_in_name_only, may_restore_owners};
use rustix::process::{getegid, geteuid};

use super::trial::Trial;
use crate::posix::capabilities;
use crate::posix::restore_rights::RestoreRights;

/// What tar is told to restore.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExtractOptions {
    pub(super) tar: TarKind,
    /// Restore owners and groups.
    pub(super) with_owners: bool,
    /// Restore extended attributes and ACLs.
    pub(super) with_attributes: bool,
}

impl ExtractOptions {
    /// Returns the options with which this tar restores as much as this process can.
    pub(super) fn of(tar: TarKind) -> Self {
        let may_restore_owners = may_restore_owners(capabilities::effective());
        // A tar without options for owners decides by the user.
        let with_owners = may_restore_owners && (tar.takes_owner_options() || geteuid().is_root());
        Self { tar, with_owners, with_attributes: tar.restores_attributes() }
    }
}

/// What this process, this tar and this file system can restore.
#[derive(Debug)]
pub(super) struct Capabilities {
    pub(super) options: ExtractOptions,
    pub(super) rights: RestoreRights,
    /// The user and the group of files whose owner isn't restored.
    pub(super) default_owner: (u64, u64),
    pub(super) is_root_in_name_only: bool,
    pub(super) trial: Trial,
}

impl Capabilities {
    pub(super) fn new(options: ExtractOptions, trial: Trial) -> Self {
        let default_owner = (geteuid().as_raw().into(), getegid().as_raw().into());
        let mut rights = RestoreRights::of_process(true);
        rights.is_root = options.with_owners;
        let is_root_in_name_only = is_root_in_name_only(geteuid().is_root(), capabilities::effective());
        Self { options, rights, default_owner, is_root_in_name_only, trial }
    }
}
