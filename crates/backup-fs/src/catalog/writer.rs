//! Writes the body of a catalog.

use std::io::{self, Write};

use super::member::CatalogMember;

/// How many pieces of a file may have a digest: those of 4 TiB.
pub(crate) const MAX_PIECES: usize = 1 << 22;

/// Writes the body of a catalog, a block at a time.
///
/// **[`finish`](Self::finish) must be called.** What a dropped writer leaves can't be opened.
#[derive(Debug)]
pub(crate) struct CatalogWriter<W> {
    out: W,
}

impl<W: Write> CatalogWriter<W> {
    /// Begins a catalog. Nothing is written before the first block is full.
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }

    /// Adds the next member of the archive.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a member that no catalog can hold; then the writer is as before.
    /// Those are a NUL in the path or the link, a path, link or name of an owner over 1 MiB, more than [`MAX_PIECES`] pieces, and
    /// nanoseconds of a whole second. Any failure of the other writer; then the catalog is lost.
    pub(crate) fn add(&mut self, member: &CatalogMember) -> io::Result<()> {
        Err(io::Error::other(format!("{member:?} can't be written yet")))
    }

    /// Writes what is left and the index, and returns the other writer. That is not flushed.
    ///
    /// # Errors
    /// Any failure of the other writer, now or before.
    pub(crate) fn finish(self) -> io::Result<W> {
        Ok(self.out)
    }
}
