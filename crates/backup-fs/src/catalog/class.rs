//! What many members have in common: kind, permissions, owner. A block says each combination once.

use std::collections::HashMap;

use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::member::CatalogMember;
use crate::tar_reader::MemberKind;

/// What a member is, and which columns say more about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Class {
    pub(super) kind: MemberKindCode,
    pub(super) mode: u32,
    pub(super) owner: usize,
    pub(super) has_size: bool,
    pub(super) has_link: bool,
    pub(super) has_device: bool,
}

impl Class {
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

/// Classes that a block has so far. The number of the next one says that it follows.
#[derive(Debug, Default)]
pub(super) struct ClassTable {
    numbers: HashMap<Class, usize>,
    last: Option<(Class, usize)>,
}

impl ClassTable {
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.last = None;
    }

    /// Returns the number of a class. Puts it into the column if it is a new one.
    pub(super) fn number<const N: usize>(
        &mut self,
        class: Class,
        columns: &mut Columns<N>,
        column: usize,
    ) -> usize {
        if let Some((_, number)) = self.last.filter(|(last, _)| *last == class) {
            return number;
        }
        let next = self.numbers.len();
        let number = *self.numbers.entry(class).or_insert(next);
        if number == next {
            class.put(columns, column);
        }
        self.last = Some((class, number));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_the_same_again_and_others_are_none() {
        for kind in KINDS.into_iter().chain([0, 7, b'V', 255].map(MemberKind::Other)) {
            assert_eq!(MemberKindCode::of(kind).kind(), Ok(kind));
        }
        assert_eq!(MemberKindCode { code: OTHER_KIND + 1, type_flag: 0 }.kind(), Err(Nonsense));
    }
}
