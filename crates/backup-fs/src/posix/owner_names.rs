//! Cache of user and group names, looked up by number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

use nix::errno::Errno;

use super::owners::{group_name, user_name};

/// The names that were looked up so far.
#[derive(Debug, Default)]
pub(crate) struct OwnerNames {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
}

impl OwnerNames {
    /// Looks up the names of a user and a group, unless they are known.
    ///
    /// # Errors
    /// A failure of the lookup. The next call tries again.
    pub(crate) fn learn(&mut self, uid: u32, gid: u32) -> io::Result<()> {
        let users = learn(&mut self.users, uid, user_name);
        learn(&mut self.groups, gid, group_name).and(users)
    }

    /// Returns the names of a user and a group. A name is empty if there is none, or if it wasn't looked up.
    pub(crate) fn names(&self, uid: u32, gid: u32) -> (&str, &str) {
        (name(&self.users, uid), name(&self.groups, gid))
    }
}

fn learn(
    known: &mut HashMap<u32, String>,
    number: u32,
    look_up: impl FnOnce(u32) -> Result<Option<String>, Errno>,
) -> io::Result<()> {
    if let Entry::Vacant(unknown) = known.entry(number) {
        let name = look_up(number).or_else(|error| if is_failure(error) { Err(error) } else { Ok(None) })?;
        unknown.insert(name.unwrap_or_default());
    }
    Ok(())
}

fn name(known: &HashMap<u32, String>, number: u32) -> &str {
    known.get(&number).map_or("", String::as_str)
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
        let mut known = HashMap::new();
        for _ in 0..2 {
            let failed = learn(&mut known, 0, |_| Err(Errno::EIO)).unwrap_err();
            assert_eq!(failed.raw_os_error(), Some(Errno::EIO as i32));
            assert_eq!(name(&known, 0), "");
        }
        learn(&mut known, 0, user_name).unwrap();
        assert_eq!(name(&known, 0), "root", "what failed is looked up again");
    }

    #[test]
    fn an_unknown_number_is_not_a_failure() {
        for error in [Errno::ENOENT, Errno::ESRCH, Errno::EBADF, Errno::EPERM] {
            assert!(!is_failure(error), "{error}");
        }
        let mut known = HashMap::new();
        learn(&mut known, 0, |_| Err(Errno::ENOENT)).unwrap();
        assert_eq!(name(&known, 0), "");
    }
}
