//! Cache of user and group names, looked up by number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

use nix::errno::Errno;

use super::owners::{group_name, user_name};

/// The names that were looked up so far.
#[derive(Debug, Default)]
pub(crate) struct OwnerNames {
    users: Names,
    groups: Names,
}

/// Names by their numbers. Most entries have the owner of the one before.
#[derive(Debug, Default)]
struct Names {
    places: HashMap<u32, usize>,
    names: Vec<String>,
    last: Option<(u32, usize)>,
}

impl OwnerNames {
    /// Looks up the names of a user and a group, unless they are known.
    ///
    /// # Errors
    /// A failure of the lookup. The next call tries again.
    pub(crate) fn learn(&mut self, uid: u32, gid: u32) -> io::Result<()> {
        let users = self.users.learn(uid, user_name);
        self.groups.learn(gid, group_name).and(users)
    }

    /// Returns the names of a user and a group. A name is empty if there is none, or if it wasn't looked up.
    pub(crate) fn names(&self, uid: u32, gid: u32) -> (&str, &str) {
        (self.users.name(uid), self.groups.name(gid))
    }
}

impl Names {
    fn learn(
        &mut self,
        number: u32,
        look_up: impl FnOnce(u32) -> Result<Option<String>, Errno>,
    ) -> io::Result<()> {
        if self.last.is_some_and(|(last, _)| last == number) {
            return Ok(());
        }
        let place = match self.places.entry(number) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                let name =
                    look_up(number).or_else(|error| if is_failure(error) { Err(error) } else { Ok(None) })?;
                self.names.push(name.unwrap_or_default());
                *unknown.insert(self.names.len() - 1)
            }
        };
        self.last = Some((number, place));
        Ok(())
    }

    fn name(&self, number: u32) -> &str {
        let last = self.last.filter(|(last, _)| *last == number).map(|(_, place)| place);
        let place = last.or_else(|| self.places.get(&number).copied());
        place.map_or("", |place| &self.names[place])
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
        let mut known = Names::default();
        for _ in 0..2 {
            let failed = known.learn(0, |_| Err(Errno::EIO)).unwrap_err();
            assert_eq!(failed.raw_os_error(), Some(Errno::EIO as i32));
            assert_eq!(known.name(0), "");
        }
        known.learn(0, user_name).unwrap();
        assert_eq!(known.name(0), "root", "what failed is looked up again");
    }

    #[test]
    fn names_stay_known_while_others_are_learnt() {
        let mut known = Names::default();
        for number in [7, 9, 7, 9, 9] {
            known.learn(number, |number| Ok(Some(format!("n{number}")))).unwrap();
            assert_eq!(known.name(number), format!("n{number}"));
        }
        assert_eq!([known.name(7), known.name(9), known.name(8)], ["n7", "n9", ""]);
    }

    #[test]
    fn an_unknown_number_is_not_a_failure() {
        for error in [Errno::ENOENT, Errno::ESRCH, Errno::EBADF, Errno::EPERM] {
            assert!(!is_failure(error), "{error}");
        }
        let mut known = Names::default();
        known.learn(0, |_| Err(Errno::ENOENT)).unwrap();
        assert_eq!(known.name(0), "");
    }
}
