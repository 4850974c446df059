//! What is left of the contents of the member at hand.

use std::io::Read;

use super::damage::{Fault, ReadError};
use super::input::{BLOCK_BYTES, Input};
use super::member::Member;
use crate::posix::sparse::SparseMap;

/// What is left of the member at hand.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Where all data begins, and how much it is.
    pub(super) contents_offset: u64,
    pub(super) all_bytes: u64,
    /// Data that is still to come.
    pub(super) stored_bytes: u64,
    /// What fills its last block, and how much of that is still to come.
    last_padding_bytes: u64,
    padding_bytes: u64,
    /// Where reading stands in the file.
    pub(super) position: u64,
    size_bytes: u64,
    sparse: Option<SparseMap>,
    /// How many segments lie behind.
    pub(super) passed_segments: usize,
    /// Why the rest can't be read, where what follows can.
    pub(super) failed: Option<ReadError>,
}

/// What comes next, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stretch {
    Data(u64),
    Hole(u64),
    End,
}

impl Body {
    /// `total_bytes` is what the archive says is stored, a map included.
    pub(super) fn new(member: &Member, total_bytes: u64) -> Self {
        let block_bytes = BLOCK_BYTES as u64;
        let padding_bytes = (block_bytes - total_bytes % block_bytes) % block_bytes;
        Self {
            contents_offset: member.contents_offset,
            all_bytes: member.stored_bytes,
            stored_bytes: member.stored_bytes,
            last_padding_bytes: padding_bytes,
            padding_bytes,
            position: 0,
            size_bytes: member.size_bytes,
            sparse: member.sparse.clone(),
            passed_segments: 0,
            failed: None,
        }
    }

    /// Returns where the next header stands.
    pub(super) fn end(&self) -> u64 {
        self.contents_offset.saturating_add(self.all_bytes).saturating_add(self.last_padding_bytes)
    }

    pub(super) fn stretch(&mut self) -> Stretch {
        let left = self.size_bytes - self.position;
        let Some(sparse) = &self.sparse else {
            return if left == 0 { Stretch::End } else { Stretch::Data(left) };
        };
        while let Some(segment) = sparse.segments().get(self.passed_segments) {
            let end = segment.offset + segment.length;
            if self.position < segment.offset {
                return Stretch::Hole(segment.offset - self.position);
            }
            if self.position < end {
                return Stretch::Data(end - self.position);
            }
            self.passed_segments += 1;
        }
        if left == 0 { Stretch::End } else { Stretch::Hole(left) }
    }

    /// Goes by data that nobody reads. `position` isn't moved: there is no reading after this.
    pub(super) fn skip<R: Read>(&mut self, input: &mut Input<R>, limit: u64) -> Result<u64, ReadError> {
        if self.stored_bytes == 0 {
            return Ok(0);
        }
        let skipped = input.skip(self.stored_bytes.min(limit))?;
        if skipped == 0 {
            return Err(Fault::CutContents.at(input.offset()));
        }
        self.stored_bytes -= skipped;
        Ok(skipped)
    }

    pub(super) fn skip_padding<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), ReadError> {
        while self.padding_bytes > 0 {
            match input.skip(self.padding_bytes)? {
                0 => return Err(Fault::CutContents.at(input.offset())),
                skipped => self.padding_bytes -= skipped,
            }
        }
        Ok(())
    }
}
