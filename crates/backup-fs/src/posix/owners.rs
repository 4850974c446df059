//! Lookups of users and groups in the name services of this machine.

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User};

/// Returns the name of the user with that number, if there is one.
pub(super) fn user_name(uid: u32) -> Result<Option<String>, Errno> {
    Ok(User::from_uid(Uid::from_raw(uid))?.map(|user| user.name))
}

/// Returns the name of the group with that number, if there is one.
pub(super) fn group_name(gid: u32) -> Result<Option<String>, Errno> {
    Ok(Group::from_gid(Gid::from_raw(gid))?.map(|group| group.name))
}

/// Returns the number of the user with that name, if there is one. A failed lookup counts as none.
pub(super) fn user_number(name: &str) -> Option<u32> {
    User::from_name(name).ok().flatten().map(|user| user.uid.as_raw())
}

/// Returns the number of the group with that name, if there is one. A failed lookup counts as none.
pub(super) fn group_number(name: &str) -> Option<u32> {
    Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw())
}
