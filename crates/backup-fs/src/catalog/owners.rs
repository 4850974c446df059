//! The owners of a block's members. Each is said once.

use std::ops::Range;

use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::member::CatalogMember;

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
