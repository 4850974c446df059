//! The bytes of a finished archive, and of its catalog.

use std::io::{Cursor, Read, Seek};

/// The plain tar in a finished backup, however it is stored.
///
/// Seeking back may be slow: a backup that another tool compressed is read again from its start.
pub trait ArchiveBytes: Read + Seek + Send {
    /// Opens the catalog of the archive, as the archiver wrote it; `None` if it has none.
    ///
    /// The default is none. Not promised: that it fits the archive, which somebody may have changed. Whoever reads a member
    /// by it looks whether the member is there.
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        None
    }

    /// Opens the catalog that the archive had when it was made, if its time is another one now: somebody wrote to it, or a copy lost its
    /// time. `None`, which is the default: there is none, or nobody knows which.
    ///
    /// Somebody may have put another archive there. So whoever uses it compares the archive with it, and never lists it.
    fn open_former_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        None
    }

    /// Opens the catalog that the archive can be compared with: its own, or else its [former](Self::open_former_catalog) one.
    fn open_comparable_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        self.open_catalog().or_else(|| self.open_former_catalog())
    }
}

impl<T: AsRef<[u8]> + Send> ArchiveBytes for Cursor<T> {}

/// The files of a finished archive, byte by byte as they are stored.
pub struct StoredFiles<'a> {
    /// The archive.
    pub archive: Box<dyn SeekableBytes + 'a>,
    /// Its catalog, if it has one.
    pub catalog: Option<Box<dyn SeekableBytes + 'a>>,
}

/// Bytes that can be read from any place on.
pub trait SeekableBytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> SeekableBytes for T {}
