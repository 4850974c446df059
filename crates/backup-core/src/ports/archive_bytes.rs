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
}

impl<T: AsRef<[u8]> + Send> ArchiveBytes for Cursor<T> {}

/// Bytes that can be read from any place on.
pub trait SeekableBytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> SeekableBytes for T {}
