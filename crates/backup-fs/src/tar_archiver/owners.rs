//! The names of users and groups.

use std::collections::HashMap;

use nix::unistd::{Gid, Group, Uid, User};

/// Looks names up, each once.
#[derive(Debug, Default)]
pub(super) struct Owners {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
}

impl Owners {
    /// Returns the names of a user and a group; empty where there is none.
    pub(super) fn names(&mut self, uid: u32, gid: u32) -> (&str, &str) {
        let user = self.users.entry(uid).or_insert_with(|| user_name(uid));
        let group = self.groups.entry(gid).or_insert_with(|| group_name(gid));
        (user, group)
    }
}

/// A lookup that fails gives no name: the number is in the archive, and is what counts.
fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name).unwrap_or_default()
}

fn group_name(gid: u32) -> String {
    Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_root_and_not_nobody_at_all() {
        let mut owners = Owners::default();
        assert_eq!(owners.names(0, 0).0, "root");
        assert_eq!(owners.names(4_000_000_000, 4_000_000_000), ("", ""));
        assert_eq!(owners.names(0, 4_000_000_000), ("root", ""));
    }
}
