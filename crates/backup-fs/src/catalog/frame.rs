//! The groups of a block as they are stored: one Zstandard frame each.

use std::fmt;
use std::io;

use zstd::bulk::Decompressor;
use zstd::stream::raw::{Encoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::compress_bound;

use super::columns::{ColumnReader, Columns};

/// How the groups are compressed: what they are made of hardly gets smaller at higher levels.
const LEVEL: i32 = 1;

/// What ending a block of Zstandard early can cost, per column.
const FLUSH_BYTES: usize = 32;

/// Compresses groups of columns.
#[derive(Default)]
pub(super) struct FrameWriter {
    encoder: Option<Encoder<'static>>,
}

impl FrameWriter {
    /// Compresses a group, appends the frame, and returns how long the group was.
    ///
    /// Each column ends a block of the frame, so that it is coded by what is frequent in it.
    pub(super) fn append<const N: usize>(
        &mut self,
        group: &Columns<N>,
        stored: &mut Vec<u8>,
    ) -> io::Result<usize> {
        let head = group.head();
        let columns = || [&head].into_iter().chain(&group.columns).filter(|column| !column.is_empty());
        let plain_bytes = columns().map(Vec::len).sum();
        stored.reserve(compress_bound(plain_bytes) + (N + 2) * FLUSH_BYTES);
        let position = stored.len();
        let mut out = OutBuffer::around_pos(stored, position);
        let encoder = self.encoder()?;
        encoder.set_pledged_src_size(Some(plain_bytes as u64))?;
        for column in columns() {
            let mut input = InBuffer::around(column);
            while input.pos() < column.len() {
                encoder.run(&mut input, &mut out)?;
            }
            while encoder.flush(&mut out)? > 0 {}
        }
        while encoder.finish(&mut out, true)? > 0 {}
        Ok(plain_bytes)
    }

    fn encoder(&mut self) -> io::Result<&mut Encoder<'static>> {
        if let Some(encoder) = &mut self.encoder {
            encoder.reinit()?;
        } else {
            self.encoder = Some(Encoder::new(LEVEL)?);
        }
        Ok(self.encoder.as_mut().expect("it was just made"))
    }
}

impl fmt::Debug for FrameWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FrameWriter").finish_non_exhaustive()
    }
}

/// Decompresses groups of columns.
#[derive(Default)]
pub(super) struct FrameReader {
    decompressor: Option<Decompressor<'static>>,
}

impl FrameReader {
    /// Decompresses a group of that length. The caller has checked that this is no huge one.
    pub(super) fn read<const N: usize>(
        &mut self,
        stored: &[u8],
        plain_bytes: usize,
        group: &mut ColumnReader<N>,
    ) -> io::Result<bool> {
        if self.decompressor.is_none() {
            self.decompressor = Some(Decompressor::new()?);
        }
        let decompressor = self.decompressor.as_mut().expect("it was just made");
        group.plain.clear();
        group.plain.reserve(plain_bytes);
        let is_whole = decompressor.decompress_to_buffer(stored, &mut group.plain).is_ok();
        Ok(is_whole && group.plain.len() == plain_bytes && group.begin().is_ok())
    }
}

impl fmt::Debug for FrameReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FrameReader").finish_non_exhaustive()
    }
}
