//! Writes the body of a catalog.

use std::io::{self, Write};
use std::mem::replace;

use super::block_writer::BlockWriter;
use super::index::{HEADER_BYTES, Totals, header, written};
use super::limits::MAX_PIECES;
use super::member::CatalogMember;
use super::order::OrderWatch;
use crate::tar_reader::MAX_NAME_BYTES;

/// Writes the body of a catalog, a block at a time.
///
/// Memory is bounded: by 4,096 members, 1 MiB of names and digests, and one member more. The index takes less than 400 bytes for
/// each block.
///
/// **[`finish`](Self::finish) must be called.** What a dropped writer leaves can't be opened.
#[derive(Debug)]
pub(crate) struct CatalogWriter<W> {
    out: W,
    /// Where the next block begins; 0 before the header is written.
    offset: u64,
    block: BlockWriter,
    /// What the index says of the blocks that were written.
    pub(super) entries: Vec<u8>,
    totals: Totals,
    order: OrderWatch,
    /// Whether a write has failed. Then nothing more may be written.
    is_broken: bool,
}

impl<W: Write> CatalogWriter<W> {
    /// Begins a catalog. Nothing is written before the first block is full.
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            offset: 0,
            block: BlockWriter::default(),
            entries: Vec::new(),
            totals: Totals::default(),
            order: OrderWatch::default(),
            is_broken: false,
        }
    }

    /// Adds the next member of the archive.
    ///
    /// # Errors
    /// - [`InvalidInput`](io::ErrorKind::InvalidInput) for a member that no catalog can hold. Then the writer is as before. Such a
    ///   member has a NUL in its path or link, a name (path, link, user, group) over 1 MiB, more than [`MAX_PIECES`] pieces, or a time
    ///   with a whole second of nanoseconds.
    /// - Any failure of the other writer. Then the catalog is lost, and every call fails.
    pub(crate) fn add(&mut self, member: &CatalogMember) -> io::Result<()> {
        check(member).map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        self.order.see(&member.path);
        self.totals.member_count += 1;
        self.totals.stored_bytes = self.totals.stored_bytes.saturating_add(member.stored_bytes);
        self.block.add(member);
        if self.block.is_full() { self.attempt(Self::end_block) } else { Ok(()) }
    }

    /// Writes what is left and the index, and returns the other writer. That is not flushed.
    ///
    /// # Errors
    /// Any failure of the other writer, now or before. Also if the archive has too many members: some billions.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.attempt(Self::end)?;
        Ok(self.out)
    }

    fn attempt(&mut self, step: fn(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if replace(&mut self.is_broken, true) {
            return Err(io::Error::other("an earlier write of the catalog has failed"));
        }
        step(self)?;
        self.is_broken = false;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.begin()?;
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.totals.is_in_walk_order = self.order.is_in_walk_order();
        self.out.write_all(&written(self.totals, &self.entries)?)
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.offset == 0 {
            self.out.write_all(&header())?;
            self.offset = HEADER_BYTES as u64;
        }
        Ok(())
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.begin()?;
        let (entry, stored) = self.block.end(self.offset)?;
        self.out.write_all(stored)?;
        self.offset += stored.len() as u64;
        entry.put(&mut self.entries);
        Ok(())
    }
}

const NANOS_A_SECOND: u32 = 1_000_000_000;

/// Says why no catalog can hold a member.
fn check(member: &CatalogMember) -> Result<(), String> {
    let names = [&member.path, &member.link, &member.user, &member.group];
    if let Some(name) = names.into_iter().find(|name| name.len() > MAX_NAME_BYTES) {
        return Err(format!("a name of {} bytes is too long for a catalog", name.len()));
    }
    if member.path.contains(&0) || member.link.contains(&0) {
        return Err("a path in a catalog can't have a NUL".to_owned());
    }
    if member.pieces.len() > MAX_PIECES {
        return Err(format!("{} pieces of a file are too many for a catalog", member.pieces.len()));
    }
    let changed = member.source.map_or(member.modified, |source| source.changed);
    if member.modified.nanos.max(changed.nanos) >= NANOS_A_SECOND {
        return Err("a time in a catalog has fewer than 1,000,000,000 nanoseconds".to_owned());
    }
    Ok(())
}
