//! The group of columns that tells whether the source has changed.

use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::member::{CatalogMember, SourceStat};
use super::times::{TIME_COLUMNS, Times};
use super::varint::{add_difference, difference};
use crate::tar_reader::Timestamp;

/// Whether there is a source, and whether its device is another one than before.
const FLAGS: usize = 0;
/// How far inodes are from the one before.
const INODES: usize = 1;
const DEVICES: usize = 2;
const CHANGED: usize = 3;
const COLUMNS: usize = CHANGED + TIME_COLUMNS;

const HAS_SOURCE: u8 = 1;
const IS_ON_OTHER_DEVICE: u8 = 2;

/// Fills the columns.
#[derive(Debug, Default)]
pub(super) struct StatsWriter {
    pub(super) columns: Columns<COLUMNS>,
    inode: u64,
    device: (u32, u32),
    changed: Times<CHANGED>,
}

impl StatsWriter {
    pub(super) fn add(&mut self, member: &CatalogMember) {
        let columns = &mut self.columns;
        let Some(source) = member.source else {
            columns.put_bytes(FLAGS, &[0]);
            return;
        };
        if source.device == self.device {
            columns.put_bytes(FLAGS, &[HAS_SOURCE]);
        } else {
            columns.put_bytes(FLAGS, &[HAS_SOURCE | IS_ON_OTHER_DEVICE]);
            columns.put(DEVICES, source.device.0.into());
            columns.put(DEVICES, source.device.1.into());
        }
        columns.put(INODES, difference(self.inode, source.inode));
        self.changed.put(columns, source.changed, Some(member.modified));
        (self.inode, self.device) = (source.inode, source.device);
    }

    pub(super) fn clear(&mut self) {
        self.columns.clear();
        (self.inode, self.device) = (0, (0, 0));
        self.changed = Times::default();
    }
}

/// Reads the columns.
#[derive(Debug, Default)]
pub(super) struct StatsReader {
    pub(super) columns: ColumnReader<COLUMNS>,
    inode: u64,
    device: (u32, u32),
    changed: Times<CHANGED>,
}

impl StatsReader {
    /// Takes in that the columns are those of another block.
    pub(super) fn begin(&mut self) {
        (self.inode, self.device) = (0, (0, 0));
        self.changed = Times::default();
    }

    /// Takes what is known of the source of the next member, which was modified at that time.
    pub(super) fn take(&mut self, modified: Timestamp) -> Result<Option<SourceStat>, Nonsense> {
        let columns = &mut self.columns;
        let flags = columns.take_u8(FLAGS)?;
        match flags {
            0 => return Ok(None),
            HAS_SOURCE => (),
            _ if flags == HAS_SOURCE | IS_ON_OTHER_DEVICE => {
                self.device = (columns.take_short(DEVICES)?, columns.take_short(DEVICES)?);
            }
            _ => return Err(Nonsense),
        }
        self.inode = add_difference(self.inode, columns.take(INODES)?);
        let changed = self.changed.take(columns, Some(modified))?;
        Ok(Some(SourceStat { changed, inode: self.inode, device: self.device }))
    }
}
