//! The group of columns that a listing needs.

use std::ops::Range;

use super::class::{Class, ClassTable};
use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::member::{CatalogMember, Listed};
use super::order::common_prefix;
use super::owners::{Owner, OwnerTable};
use super::times::{TIME_COLUMNS, Times};
use crate::tar_reader::{MAX_NAME_BYTES, MemberKind, Timestamp};

/// How much of the path before a path begins with, and how much follows.
const SHARED: usize = 0;
const REST_LENGTHS: usize = 1;
const RESTS: usize = 2;
/// The number of the member's class; classes and owners that are new.
const NUMBERS: usize = 3;
const CLASSES: usize = 4;
const OWNERS: usize = 5;
/// Where the class says that there is one.
const SIZES: usize = 6;
const LINK_LENGTHS: usize = 7;
const LINKS: usize = 8;
const DEVICES: usize = 9;
const MODIFIED: usize = 10;
const COLUMNS: usize = MODIFIED + TIME_COLUMNS;

/// Fills the columns.
#[derive(Debug, Default)]
pub(super) struct ListingWriter {
    pub(super) columns: Columns<COLUMNS>,
    path: Vec<u8>,
    owners: OwnerTable,
    classes: ClassTable,
    modified: Times<MODIFIED>,
}

impl ListingWriter {
    pub(super) fn add(&mut self, member: &CatalogMember) {
        self.put_path(&member.path);
        let columns = &mut self.columns;
        let owner = self.owners.number(member, columns, OWNERS);
        let class = Class::of(member, owner);
        let number = self.classes.number(class, columns, CLASSES);
        columns.put(NUMBERS, number as u64);
        if class.has_size {
            columns.put(SIZES, member.size_bytes);
        }
        if class.has_link {
            columns.put(LINK_LENGTHS, member.link.len() as u64);
            columns.put_bytes(LINKS, &member.link);
        }
        if class.has_device {
            columns.put(DEVICES, member.device.0.into());
            columns.put(DEVICES, member.device.1.into());
        }
        self.modified.put(columns, member.modified, None);
    }

    fn put_path(&mut self, path: &[u8]) {
        let shared = common_prefix(&self.path, path);
        let rest = &path[shared..];
        self.columns.put(SHARED, shared as u64);
        self.columns.put(REST_LENGTHS, rest.len() as u64);
        self.columns.put_bytes(RESTS, rest);
        self.path.truncate(shared);
        self.path.extend_from_slice(rest);
    }

    pub(super) fn clear(&mut self) {
        self.columns.clear();
        self.path.clear();
        self.owners.clear();
        self.classes.clear();
        self.modified = Times::default();
    }
}

/// Reads the columns.
#[derive(Debug, Default)]
pub(super) struct ListingReader {
    pub(super) columns: ColumnReader<COLUMNS>,
    path: Vec<u8>,
    owners: Vec<Owner>,
    classes: Vec<(MemberKind, Class)>,
    modified: Times<MODIFIED>,
}

impl ListingReader {
    /// Takes in that the columns are those of another block.
    pub(super) fn begin(&mut self) -> Result<(), Nonsense> {
        self.path.clear();
        self.owners.clear();
        self.classes.clear();
        self.modified = Times::default();
        let has_nul = |column| self.columns.rest(column).contains(&0);
        if has_nul(RESTS) || has_nul(LINKS) { Err(Nonsense) } else { Ok(()) }
    }

    /// Takes the next member. Nothing may be left behind the last one.
    pub(super) fn take(&mut self, is_last: bool) -> Result<Listed<'_>, Nonsense> {
        self.take_path()?;
        let (kind, class) = self.take_class()?;
        let columns = &mut self.columns;
        let size_bytes = if class.has_size { columns.take(SIZES)? } else { 0 };
        let link = if class.has_link { take_link(columns)? } else { 0..0 };
        let device = if class.has_device { take_device(columns)? } else { (0, 0) };
        let modified: Timestamp = self.modified.take(columns, None)?;
        if is_last {
            columns.end()?;
        }
        let owner = &self.owners[class.owner];
        let bytes = |range: &Range<usize>| &self.columns.plain[range.clone()];
        Ok(Listed {
            path: &self.path,
            kind,
            mode: class.mode,
            uid: owner.uid,
            gid: owner.gid,
            user: bytes(&owner.user),
            group: bytes(&owner.group),
            size_bytes,
            modified,
            link: bytes(&link),
            device,
        })
    }

    fn take_path(&mut self) -> Result<(), Nonsense> {
        let shared = usize::try_from(self.columns.take(SHARED)?).map_err(|_| Nonsense)?;
        let rest_bytes = self.columns.take(REST_LENGTHS)?;
        let rest = self.columns.take_range(RESTS, rest_bytes)?;
        if shared > self.path.len() || shared + rest.len() > MAX_NAME_BYTES {
            return Err(Nonsense);
        }
        self.path.truncate(shared);
        self.path.extend_from_slice(&self.columns.plain[rest]);
        Ok(())
    }

    fn take_class(&mut self) -> Result<(MemberKind, Class), Nonsense> {
        let number = usize::try_from(self.columns.take(NUMBERS)?).map_err(|_| Nonsense)?;
        if number == self.classes.len() {
            let class = Class::take(&mut self.columns, CLASSES)?;
            if class.owner == self.owners.len() {
                self.owners.push(Owner::take(&mut self.columns, OWNERS)?);
            }
            if class.owner >= self.owners.len() {
                return Err(Nonsense);
            }
            self.classes.push((class.kind.kind()?, class));
        }
        self.classes.get(number).copied().ok_or(Nonsense)
    }
}

fn take_link(columns: &mut ColumnReader<COLUMNS>) -> Result<Range<usize>, Nonsense> {
    let length = columns.take(LINK_LENGTHS)?;
    columns.take_range(LINKS, length)
}

fn take_device(columns: &mut ColumnReader<COLUMNS>) -> Result<(u32, u32), Nonsense> {
    Ok((columns.take_short(DEVICES)?, columns.take_short(DEVICES)?))
}
