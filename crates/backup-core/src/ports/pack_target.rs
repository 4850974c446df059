//! Where a pack goes.

use std::io::{self, Sink, Write};
use std::ops::Range;

use super::archive_bytes::SeekableBytes;

/// Takes the archive that an archiver writes, and the catalog that it makes of it.
///
/// A catalog lists the members of an archive, so that whoever looks for one need not read the archive. Only the archiver and
/// the readers of its archives know the form of it. Bytes that are written to the target itself belong to the archive.
///
/// [`ArchiveOnly`] makes one of any writer.
pub trait PackTarget: Write {
    /// Returns whether the catalog is kept. If it isn't, an archiver need not make one.
    ///
    /// The default is no.
    fn keeps_catalog(&self) -> bool {
        false
    }

    /// Opens the catalog of an earlier archive of which parts can be [taken over](Self::take_over). `None`, which is the default:
    /// there is none.
    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        None
    }

    /// Appends a part of the earlier archive as it is there. The offsets are those of its plain tar. Parts come in their order there.
    ///
    /// # Errors
    /// The part can't be read, or can't be written. The default takes over nothing.
    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        let _ = part;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns the size in bytes of the blocks that both archives can share. A part shares them only if it gets the same offset as
    /// before, modulo that size. 1, which is the default: any offset is as good.
    fn shared_block_bytes(&self) -> u64 {
        1
    }

    /// Returns the parts of an earlier archive that can be [compared](Self::compare) with what is written, in their order. The
    /// default has none.
    fn comparable_parts(&mut self) -> Vec<Range<u64>> {
        Vec::new()
    }

    /// Says where the bytes of a [comparable](Self::comparable_parts) archive are that may be the same as those that will be
    /// written from that offset on. It must be said before they are written, and in the order of their offsets.
    ///
    /// It changes no byte. All are written and seen as usual, and what turns out to be the same may take no space of its own. The
    /// default does nothing.
    fn compare(&mut self, at: u64, part: Range<u64>) {
        let _ = (at, part);
    }

    /// Appends to the catalog. The default drops it.
    ///
    /// # Errors
    /// Any failure to write it.
    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        let _ = bytes;
        Ok(())
    }
}

impl PackTarget for Vec<u8> {}

impl PackTarget for Sink {}

/// Takes an archive without its catalog, and hands it to a writer.
#[derive(Debug)]
pub struct ArchiveOnly<W>(pub W);

impl<W: Write> Write for ArchiveOnly<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> PackTarget for ArchiveOnly<W> {}

const _DYN_COMPATIBLE: Option<&dyn PackTarget> = None;
