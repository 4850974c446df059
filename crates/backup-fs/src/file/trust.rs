//! Ownership check of a home and its files: who may own them, and who may write to them.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::{fmt, io};

use rustix::fs::{Stat, fstat};
use rustix::process::{Gid, getegid, geteuid, getgroups};

use crate::error::untrusted;

/// How a home is checked when it is opened, and its files and folders each time that they are opened.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// Not at all: the caller has said that it can be trusted.
    Given,
    /// By its owner, and by who may write to it.
    Checked {
        /// The user of this process.
        caller: Arc<Caller>,
        /// Who else can reach the home.
        others: Others,
    },
}

/// Who else can reach a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// Possibly everybody.
    Any,
    /// The members of a group, who share it.
    Group,
    /// Nobody. It is below a folder that only root and the caller may enter.
    None,
}

/// The user and the groups of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    uid: u32,
    groups: Vec<u32>,
}

/// The role of an entry that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A folder above the home.
    Above,
    /// A symbolic link in the path of the home.
    Link,
    /// The home, or one of Backup Manager's own folders in it.
    Folder,
    /// One of Backup Manager's own files. It may have at most that many names (hard links).
    File { most_names: u64 },
}

/// The metadata of an entry that matters for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    owner: u32,
    group: u32,
    mode: u32,
    names: u64,
}

impl Facts {
    fn of(stat: &Stat) -> Self {
        #[expect(clippy::useless_conversion, reason = "on other machines it is another type")]
        let names = u64::from(stat.st_nlink);
        Self { owner: stat.st_uid, group: stat.st_gid, mode: stat.st_mode, names }
    }
}

/// Why an entry is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It belongs to another user.
    Owner(u32),
    /// Its group may write to it.
    GroupWrites,
    /// Everybody may write to it.
    AnybodyWrites,
    /// It has too many names (hard links), which may be anywhere.
    Names(u64),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(uid) => write!(f, "it belongs to another user ({uid})"),
            Self::GroupWrites => f.write_str("its group may write to it"),
            Self::AnybodyWrites => f.write_str("anybody may write to it"),
            Self::Names(names) => write!(f, "it has {names} names (hard links)"),
        }
    }
}

impl Caller {
    /// Returns the user and the groups of this process.
    pub(crate) fn current() -> io::Result<Self> {
        let groups = getgroups()?.into_iter().chain([getegid()]);
        Ok(Self { uid: geteuid().as_raw(), groups: groups.map(Gid::as_raw).collect() })
    }

    pub(crate) fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Returns whether the caller shares that home with the members of a group. Root shares no home.
    fn shares(&self, home: Facts) -> bool {
        !self.is_root() && home.mode & 0o020 != 0 && self.groups.contains(&home.group)
    }

    /// Returns why the caller can't trust an entry, or `None` if it can.
    ///
    /// An entry must belong to root or the caller, and nobody else may write to it. There are three exceptions:
    ///
    /// - In a shared home, entries may belong to any member of the group.
    /// - A sticky folder, such as `/tmp`, may be writable for everybody: nobody can rename what belongs to others in it,
    ///   and what is used in it is checked as well.
    /// - Below a folder that nobody else may enter, entries may be writable for everybody. Disks such as exFAT show all
    ///   their files like that.
    fn doubt(&self, role: Role, facts: Facts, others: Others) -> Option<Doubt> {
        let is_sticky = facts.mode & 0o1000 != 0;
        let is_excused = match role {
            Role::Above | Role::Folder => is_sticky,
            // The mode of a symbolic link means nothing.
            Role::Link => true,
            Role::File { .. } => false,
        };
        let may_write = |bit: u32| !is_excused && others != Others::None && facts.mode & bit != 0;
        match role {
            _ if facts.owner != 0 && facts.owner != self.uid && others != Others::Group => {
                Some(Doubt::Owner(facts.owner))
            }
            _ if may_write(0o002) => Some(Doubt::AnybodyWrites),
            _ if self.is_root() && may_write(0o020) => Some(Doubt::GroupWrites),
            Role::File { most_names } if facts.names > most_names => Some(Doubt::Names(facts.names)),
            _ => None,
        }
    }
}

impl Trust {
    /// Returns the check of a home for that caller.
    pub(crate) fn of(caller: Caller, home: &Stat) -> Self {
        let others = if caller.shares(Facts::of(home)) { Others::Group } else { Others::Any };
        Self::Checked { caller: Arc::new(caller), others }
    }

    /// Returns the same check for a home below a folder that only root and the caller may enter.
    pub(crate) fn below_closed(&self) -> Self {
        match self {
            Self::Checked { caller, .. } => {
                Self::Checked { caller: Arc::clone(caller), others: Others::None }
            }
            Self::Given => Self::Given,
        }
    }

    /// Checks an open entry.
    ///
    /// # Errors
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied) if it can't be trusted; any failure to read its metadata.
    pub(crate) fn check(&self, role: Role, opened: impl AsFd) -> io::Result<()> {
        match self {
            Self::Given => Ok(()),
            Self::Checked { .. } => self.check_stat(role, &fstat(opened)?),
        }
    }

    /// Checks an entry by its metadata.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_stat(&self, role: Role, stat: &Stat) -> io::Result<()> {
        let Self::Checked { caller, others } = self else { return Ok(()) };
        let doubt = caller.doubt(role, Facts::of(stat), *others);
        doubt.map_or(Ok(()), |doubt| Err(untrusted(doubt.to_string())))
    }

    /// Returns the permission bits that a lock file must not have, because they let other users open it.
    pub(crate) fn foreign_bits(&self) -> u32 {
        match self {
            Self::Checked { others: Others::Any | Others::None, .. } => 0o077,
            _ => 0o007,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: u32 = 1000;
    const BOB: u32 = 1001;
    const STAFF: u32 = 50;
    const FILE: Role = Role::File { most_names: 1 };

    fn root() -> Caller {
        Caller { uid: 0, groups: vec![0] }
    }

    fn ann() -> Caller {
        Caller { uid: ANN, groups: vec![ANN, STAFF] }
    }

    fn facts(owner: u32, group: u32, mode: u32) -> Facts {
        Facts { owner, group, mode, names: 1 }
    }

    #[test]
    fn trusts_entries_of_root_and_the_caller_that_nobody_else_can_write_to() {
        use Doubt::{AnybodyWrites, GroupWrites, Owner};
        // The role, the owner and the mode of an entry, and what root and Ann have against it.
        let cases = [
            (Role::Folder, 0, 0o700, None, None),
            (Role::Folder, 0, 0o755, None, None),
            (Role::Folder, 0, 0o775, Some(GroupWrites), None),
            (Role::Folder, 0, 0o777, Some(AnybodyWrites), Some(AnybodyWrites)),
            (Role::Folder, 0, 0o1777, None, None),
            (Role::Folder, BOB, 0o1777, Some(Owner(BOB)), Some(Owner(BOB))),
            (Role::Folder, ANN, 0o700, Some(Owner(ANN)), None),
            (Role::Folder, ANN, 0o775, Some(Owner(ANN)), None),
            (Role::Folder, BOB, 0o700, Some(Owner(BOB)), Some(Owner(BOB))),
            (Role::Above, 0, 0o755, None, None),
            (Role::Above, 0, 0o1777, None, None),
            (Role::Above, 0, 0o777, Some(AnybodyWrites), Some(AnybodyWrites)),
            (Role::Above, 0, 0o775, Some(GroupWrites), None),
            (Role::Above, BOB, 0o1755, Some(Owner(BOB)), Some(Owner(BOB))),
            (Role::Link, 0, 0o777, None, None),
            (Role::Link, BOB, 0o777, Some(Owner(BOB)), Some(Owner(BOB))),
            (FILE, 0, 0o644, None, None),
            (FILE, 0, 0o664, Some(GroupWrites), None),
            (FILE, 0, 0o666, Some(AnybodyWrites), Some(AnybodyWrites)),
            (FILE, 0, 0o1666, Some(AnybodyWrites), Some(AnybodyWrites)),
            (FILE, ANN, 0o600, Some(Owner(ANN)), None),
            (FILE, BOB, 0o600, Some(Owner(BOB)), Some(Owner(BOB))),
        ];
        for (role, owner, mode, to_root, to_ann) in cases {
            let doubts =
                [root(), ann()].map(|caller| caller.doubt(role, facts(owner, STAFF, mode), Others::Any));
            assert_eq!(doubts, [to_root, to_ann], "{role:?} of {owner}, {mode:o}");
        }
    }

    #[test]
    fn refuses_a_file_with_too_many_names() {
        for (most_names, names, expected) in
            [(1, 1, None), (1, 2, Some(Doubt::Names(2))), (2, 2, None), (2, 3, Some(Doubt::Names(3)))]
        {
            let facts = Facts { names, ..facts(0, 0, 0o600) };
            assert_eq!(ann().doubt(Role::File { most_names }, facts, Others::Any), expected, "{names}");
        }
        let folder = Facts { names: 9, ..facts(0, 0, 0o700) };
        assert_eq!(
            ann().doubt(Role::Folder, folder, Others::Any),
            None,
            "a folder has one name for each folder in it"
        );
    }

    #[test]
    fn entries_of_a_shared_home_may_belong_to_any_member_of_the_group() {
        let cases = [
            (root(), STAFF, 0o775, false),
            (ann(), STAFF, 0o2775, true),
            (ann(), STAFF, 0o755, false),
            (ann(), BOB, 0o775, false),
        ];
        for (caller, group, mode, expected) in cases {
            assert_eq!(caller.shares(facts(BOB, group, mode)), expected, "{caller:?} {group} {mode:o}");
        }
        assert_eq!(ann().doubt(FILE, facts(BOB, STAFF, 0o664), Others::Group), None);
        assert_eq!(ann().doubt(FILE, facts(BOB, STAFF, 0o666), Others::Group), Some(Doubt::AnybodyWrites));
        assert_eq!(root().doubt(FILE, facts(0, STAFF, 0o777), Others::None), None);
        assert_eq!(root().doubt(FILE, facts(BOB, STAFF, 0o600), Others::None), Some(Doubt::Owner(BOB)));
    }
}
