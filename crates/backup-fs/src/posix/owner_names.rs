//! Cache of user and group names, looked up by number.

use std::collections::HashMap;
use std::io;

use nix::errno::Errno;

use super::owners::{group_name, user_name};

/// The names that were looked up so far.
#[derive(Debug)]
pub(crate) struct OwnerNames {
    users: Names,
    groups: Names,
}

impl Default for OwnerNames {
    fn default() -> Self {
        Self { users: Names::new(user_name), groups: Names::new(group_name) }
    }
}

impl OwnerNames {
    /// Looks up the names of a user and a group, unless they are known.
    ///
    /// # Errors
    /// A failure of the lookup. The next call tries again.
    pub(crate) fn learn(&mut self, uid: u32, gid: u32) -> io::Result<()> {
        let users = self.users.learn(uid);
        self.groups.learn(gid).and(users)
    }

    /// Returns the names of a user and a group. A name is empty if there is none, or if it wasn't looked up.
    pub(crate) fn names(&self, uid: u32, gid: u32) -> (&str, &str) {
        (self.users.name(uid), self.groups.name(gid))
    }
}

type LookUp = fn(u32) -> Result<Option<String>, Errno>;

#[derive(Debug)]
struct Names {
    look_up: LookUp,
    known: HashMap<u32, String>,
}

impl Names {
    fn new(look_up: LookUp) -> Self {
        Self { look_up, known: HashMap::new() }
    }

    fn learn(&mut self, number: u32) -> io::Result<()> {
        if !self.known.contains_key(&number) {
            let name = (self.look_up)(number)
                .or_else(|error| if is_failure(error) { Err(error) } else { Ok(None) })?;
            self.known.insert(number, name.unwrap_or_default());
        }
        Ok(())
    }

    fn name(&self, number: u32) -> &str {
        self.known.get(&number).map_or("", String::as_str)
    }
}

/// Returns whether this error means that the lookup failed. The list is that of getpwnam(3).
///
/// Other errors depend on the machine's name services. They mostly mean that the number is unknown. That does no harm,
/// because the archive holds the number as well.
fn is_failure(error: Errno) -> bool {
    matches!(error, Errno::EINTR | Errno::EIO | Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uid: u32, gid: u32, expected: (&str, &str)) {
        let mut owners = OwnerNames::default();
        assert_eq!(owners.names(uid, gid), ("", ""), "nothing is known yet");
        owners.learn(uid, gid).unwrap();
        assert_eq!(owners.names(uid, gid), expected);
    }

    #[test]
    fn finds_root_and_not_an_unknown_number() {
        check(0, 0, ("root", "root"));
        check(4_000_000_000, 4_000_000_000, ("", ""));
        check(0, 4_000_000_000, ("root", ""));
    }

    #[test]
    fn a_failed_lookup_is_reported_and_tried_again() {
        for error in [Errno::EINTR, Errno::EIO, Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM] {
            assert!(is_failure(error), "{error}");
        }
        let mut owners =
            OwnerNames { users: Names::new(|_| Err(Errno::EIO)), groups: Names::new(group_name) };
        for _ in 0..2 {
            let failed = owners.learn(0, 0).unwrap_err();
            assert_eq!(failed.raw_os_error(), Some(Errno::EIO as i32));
            assert_eq!(owners.names(0, 0), ("", "root"));
        }
        owners.users.look_up = user_name;
        owners.learn(0, 0).unwrap();
        assert_eq!(owners.names(0, 0), ("root", "root"), "what failed is looked up again");
    }

    #[test]
    fn an_unknown_number_is_not_a_failure() {
        for error in [Errno::ENOENT, Errno::ESRCH, Errno::EBADF, Errno::EPERM] {
            assert!(!is_failure(error), "{error}");
        }
        let mut owners =
            OwnerNames { users: Names::new(|_| Err(Errno::ENOENT)), groups: Names::new(group_name) };
        owners.learn(0, 0).unwrap();
        assert_eq!(owners.names(0, 0), ("", "root"));
    }
}
