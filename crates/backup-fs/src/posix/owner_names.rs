//! The names of users and groups.

use std::collections::HashMap;
use std::io;

use nix::errno::Errno;

use super::owners::{group_name, user_name};

/// Knows the names that were looked up.
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
    /// Looks up what isn't known yet, each once.
    ///
    /// # Errors
    /// What kept a name from being looked up; the next call tries again.
    pub(crate) fn learn(&mut self, uid: u32, gid: u32) -> io::Result<()> {
        let users = self.users.learn(uid);
        self.groups.learn(gid).and(users)
    }

    /// Returns the names of a user and a group; empty where there is none, or none is known.
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

/// By getpwnam(3) these are failures. What else is answered depends on the machine's name services, and mostly means
/// that they don't know the number; the number is in the archive, and is what counts.
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
    fn knows_root_and_not_nobody_at_all() {
        check(0, 0, ("root", "root"));
        check(4_000_000_000, 4_000_000_000, ("", ""));
        check(0, 4_000_000_000, ("root", ""));
    }

    #[test]
    fn a_failure_is_told_and_costs_no_other_name() {
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
    fn a_service_that_knows_no_such_number_has_not_failed() {
        for error in [Errno::ENOENT, Errno::ESRCH, Errno::EBADF, Errno::EPERM] {
            assert!(!is_failure(error), "{error}");
        }
        let mut owners =
            OwnerNames { users: Names::new(|_| Err(Errno::ENOENT)), groups: Names::new(group_name) };
        owners.learn(0, 0).unwrap();
        assert_eq!(owners.names(0, 0), ("", "root"));
    }
}
