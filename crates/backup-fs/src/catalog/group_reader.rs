//! Reads the groups of a block, checked and decompressed.

use std::io::{self, Read, Seek, SeekFrom};

use super::columns::ColumnReader;
use super::damage::Damage;
use super::digest::checksum;
use super::frame::FrameReader;
use super::index::BlockEntry;

/// Reads the groups of a block. The memory is used again for the next group.
#[derive(Debug, Default)]
pub(super) struct GroupReader {
    frames: FrameReader,
    stored: Vec<u8>,
}

impl GroupReader {
    /// Reads a group of columns.
    pub(super) fn read_columns<const N: usize>(
        &mut self,
        source: &mut (impl Read + Seek),
        block: &BlockEntry,
        group: usize,
        columns: &mut ColumnReader<N>,
    ) -> io::Result<()> {
        read_stored(source, block, group, &mut self.stored)?;
        let plain_bytes = block.groups[group].plain_bytes;
        if self.frames.read(&self.stored, plain_bytes, columns)? {
            Ok(())
        } else {
            Err(Damage::Block(block.number).into())
        }
    }
}

/// Reads a group as it is stored. The index has limits for its length.
pub(super) fn read_stored(
    source: &mut (impl Read + Seek),
    block: &BlockEntry,
    group: usize,
    stored: &mut Vec<u8>,
) -> io::Result<()> {
    let expected = &block.groups[group];
    source.seek(SeekFrom::Start(block.group_offset(group)))?;
    stored.clear();
    source.take(expected.stored_bytes as u64).read_to_end(stored)?;
    if stored.len() != expected.stored_bytes {
        return Err(Damage::Cut.into());
    }
    if checksum(stored) != expected.checksum {
        return Err(Damage::Checksum(block.number).into());
    }
    Ok(())
}
