//! What many members have in common: owners, and kinds with permissions. A block says each once.

use std::collections::HashMap;
use std::ops::Range;

use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::member::CatalogMember;
use crate::tar_reader::MemberKind;

/// Owners that a block has so far. The number of the next one says that it follows.
#[derive(Debug, Default)]
pub(super) struct OwnerTable {
    owners: Vec<(u64, u64, Vec<u8>, Vec<u8>)>,
    last: usize,
}

impl OwnerTable {
    pub(super) fn clear(&mut self) {
        self.owners.clear();
        self.last = 0;
    }

    /// Returns the number of a member's owner. Puts the owner into the column if it is a new one.
    pub(super) fn number<const N: usize>(
        &mut self,
        member: &CatalogMember,
        columns: &mut Columns<N>,
        column: usize,
    ) -> usize {
        let is_owner = |(uid, gid, user, group): &(u64, u64, Vec<u8>, Vec<u8>)| {
            *uid == member.uid && *gid == member.gid && *user == member.user && *group == member.group
        };
        if self.owners.get(self.last).is_some_and(is_owner) {
            return self.last;
        }
        let known = self.owners.iter().position(is_owner);
        self.last = known.unwrap_or(self.owners.len());
        if known.is_none() {
            self.owners.push((member.uid, member.gid, member.user.clone(), member.group.clone()));
            columns.put(column, member.uid);
            columns.put(column, member.gid);
            for name in [&member.user, &member.group] {
                columns.put(column, name.len() as u64);
                columns.put_bytes(column, name);
            }
        }
        self.last
    }
}

/// An owner that was read. The names are ranges of the group.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) user: Range<usize>,
    pub(super) group: Range<usize>,
}

impl Owner {
    pub(super) fn take<const N: usize>(
        columns: &mut ColumnReader<N>,
        column: usize,
    ) -> Result<Self, Nonsense> {
        let (uid, gid) = (columns.take(column)?, columns.take(column)?);
        let mut name = || {
            let length = columns.take(column)?;
            columns.take_range(column, length)
        };
        Ok(Self { uid, gid, user: name()?, group: name()? })
    }
}

/// What a member is, and which columns say more about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Traits {
    pub(super) kind: MemberKindCode,
    pub(super) mode: u32,
    pub(super) owner: usize,
    pub(super) has_size: bool,
    pub(super) has_link: bool,
    pub(super) has_device: bool,
}

impl Traits {
    pub(super) fn of(member: &CatalogMember, owner: usize) -> Self {
        Self {
            kind: MemberKindCode::of(member.kind),
            mode: member.mode,
            owner,
            has_size: member.size_bytes != 0,
            has_link: !member.link.is_empty(),
            has_device: member.device != (0, 0),
        }
    }

    fn put<const N: usize>(&self, columns: &mut Columns<N>, column: usize) {
        let flags = u64::from(self.has_size)
            | u64::from(self.has_link) << 1
            | u64::from(self.has_device) << 2
            | u64::from(self.kind.code) << 3;
        columns.put(column, flags);
        columns.put(column, self.kind.type_flag.into());
        columns.put(column, self.mode.into());
        columns.put(column, self.owner as u64);
    }

    pub(super) fn take<const N: usize>(
        columns: &mut ColumnReader<N>,
        column: usize,
    ) -> Result<Self, Nonsense> {
        let flags = columns.take(column)?;
        let code = u8::try_from(flags >> 3).map_err(|_| Nonsense)?;
        let type_flag = u8::try_from(columns.take(column)?).map_err(|_| Nonsense)?;
        Ok(Self {
            kind: MemberKindCode { code, type_flag },
            mode: columns.take_short(column)?,
            owner: usize::try_from(columns.take(column)?).map_err(|_| Nonsense)?,
            has_size: flags & 1 != 0,
            has_link: flags & 2 != 0,
            has_device: flags & 4 != 0,
        })
    }
}

/// Traits that a block has so far. The number of the next ones says that they follow.
#[derive(Debug, Default)]
pub(super) struct TraitsTable {
    numbers: HashMap<Traits, usize>,
    last: Option<(Traits, usize)>,
}

impl TraitsTable {
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.last = None;
    }

    /// Returns the number of these traits. Puts them into the column if they are new.
    pub(super) fn number<const N: usize>(
        &mut self,
        traits: Traits,
        columns: &mut Columns<N>,
        column: usize,
    ) -> usize {
        if let Some((_, number)) = self.last.filter(|(last, _)| *last == traits) {
            return number;
        }
        let next = self.numbers.len();
        let number = *self.numbers.entry(traits).or_insert(next);
        if number == next {
            traits.put(columns, column);
        }
        self.last = Some((traits, number));
        number
    }
}

/// A kind as two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MemberKindCode {
    code: u8,
    type_flag: u8,
}

const KINDS: [MemberKind; 7] = [
    MemberKind::File,
    MemberKind::HardLink,
    MemberKind::Symlink,
    MemberKind::CharDevice,
    MemberKind::BlockDevice,
    MemberKind::Folder,
    MemberKind::Fifo,
];

const OTHER_KIND: u8 = 7;

impl MemberKindCode {
    fn of(kind: MemberKind) -> Self {
        let (code, type_flag) = match kind {
            MemberKind::File => (0, 0),
            MemberKind::HardLink => (1, 0),
            MemberKind::Symlink => (2, 0),
            MemberKind::CharDevice => (3, 0),
            MemberKind::BlockDevice => (4, 0),
            MemberKind::Folder => (5, 0),
            MemberKind::Fifo => (6, 0),
            MemberKind::Other(type_flag) => (OTHER_KIND, type_flag),
        };
        Self { code, type_flag }
    }

    pub(super) fn kind(self) -> Result<MemberKind, Nonsense> {
        if self.code == OTHER_KIND {
            return Ok(MemberKind::Other(self.type_flag));
        }
        KINDS.get(usize::from(self.code)).copied().ok_or(Nonsense)
    }
}
