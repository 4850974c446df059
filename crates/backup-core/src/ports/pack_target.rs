//! Where a pack goes.

use std::io::{self, Sink, Write};

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
