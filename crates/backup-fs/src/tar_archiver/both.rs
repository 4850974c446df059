//! A target of tests, which keeps an archive and its catalog.

use std::io::{self, Write};

use backup_core::ports::PackTarget;

/// Keeps an archive and its catalog.
#[derive(Default, PartialEq)]
pub(super) struct Both {
    pub(super) archive: Vec<u8>,
    pub(super) catalog: Vec<u8>,
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.archive.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PackTarget for Both {
    fn keeps_catalog(&self) -> bool {
        true
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.catalog.write_all(bytes)
    }
}
