//! An archive in memory that is read.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::ports::{ArchiveBytes, SeekableBytes};

pub(super) struct MemoryArchive {
    pub(super) bytes: Cursor<Vec<u8>>,
    pub(super) catalog: Option<Vec<u8>>,
}

impl Read for MemoryArchive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}

impl Seek for MemoryArchive {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(position)
    }
}

impl ArchiveBytes for MemoryArchive {
    fn open_catalog(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(Cursor::new(self.catalog.clone()?)))
    }
}
