//! Cache of user and group numbers, looked up by name.

use std::collections::HashMap;

use rustix::fs::{Gid, Uid};

use super::owners::{group_number, user_number};

/// The numbers that were looked up so far.
#[derive(Debug, Default)]
pub(crate) struct OwnerNumbers {
    users: HashMap<Vec<u8>, Option<u32>>,
    groups: HashMap<Vec<u8>, Option<u32>>,
}

impl OwnerNumbers {
    /// Returns the owner that an entry had: by name if this machine knows the name, otherwise by number.
    ///
    /// Returns `None` for a number that no user or group can have.
    pub(crate) fn owner(&mut self, names: (&[u8], &[u8]), numbers: (u64, u64)) -> Option<(Uid, Gid)> {
        let uid = self.user(names.0).or_else(|| number(numbers.0))?;
        let gid = self.group(names.1).or_else(|| number(numbers.1))?;
        Some((Uid::from_raw(uid), Gid::from_raw(gid)))
    }

    /// Returns the number of the user with that name, if there is one.
    pub(crate) fn user(&mut self, name: &[u8]) -> Option<u32> {
        known(&mut self.users, name, user_number)
    }

    /// Returns the number of the group with that name, if there is one.
    pub(crate) fn group(&mut self, name: &[u8]) -> Option<u32> {
        known(&mut self.groups, name, group_number)
    }
}

fn known(
    names: &mut HashMap<Vec<u8>, Option<u32>>,
    name: &[u8],
    look_up: impl FnOnce(&str) -> Option<u32>,
) -> Option<u32> {
    if let Some(number) = names.get(name) {
        return *number;
    }
    let number = str::from_utf8(name).ok().filter(|name| !name.is_empty()).and_then(look_up);
    // An archive may have a made-up name for each of its entries, and must not fill the memory with them.
    if names.len() < MOST_NAMES {
        names.insert(name.to_owned(), number);
    }
    number
}

/// The most names that are remembered.
const MOST_NAMES: usize = 10_000;

/// Returns a number that a user or group can have. The largest one means "leave it as it is" to the kernel.
fn number(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_precedence_over_numbers() {
        let mut owners = OwnerNumbers::default();
        let mut owner = |user: &[u8], uid, group: &[u8], gid| {
            let found = owners.owner((user, group), (uid, gid));
            found.map(|(uid, gid)| (uid.as_raw(), gid.as_raw()))
        };
        assert_eq!(owner(b"root", 7, b"root", 8), Some((0, 0)));
        assert_eq!(owner(b"", 7, b"", 8), Some((7, 8)));
        assert_eq!(owner(b"nobody at all", 7, b"\xff", 8), Some((7, 8)));
        assert_eq!(owner(b"", 4_000_000_000, b"root", 8), Some((4_000_000_000, 0)));
        assert_eq!(owner(b"", u64::from(u32::MAX), b"root", 8), None);
        assert_eq!(owner(b"", 1 << 40, b"root", 8), None);
    }
}
