//! The catalog of an encrypted archive on its way to another place.

use std::io::{self, Read, Seek, SeekFrom};

use super::catalog_dir::StoredCatalog;
use crate::buffer::seek::target_of;

/// A catalog's file without the line about the run, which isn't encrypted and has the path of the folder.
pub(super) struct NamelessCatalog {
    body: StoredCatalog,
    body_bytes: u64,
    footer: Vec<u8>,
    position: u64,
}

impl NamelessCatalog {
    /// Returns the file of a catalog without the line about the run.
    pub(super) fn of(mut catalog: StoredCatalog) -> io::Result<Self> {
        let footer = catalog.footer_without_run()?;
        let body_bytes = catalog.seek(SeekFrom::End(0))?;
        Ok(Self { body: catalog, body_bytes, footer, position: 0 })
    }
}

impl Read for NamelessCatalog {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.position.checked_sub(self.body_bytes) {
            None => {
                self.body.seek(SeekFrom::Start(self.position))?;
                self.body.read(buffer)?
            }
            Some(behind) => {
                let start = usize::try_from(behind).unwrap_or(usize::MAX).min(self.footer.len());
                (&self.footer[start..]).read(buffer)?
            }
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for NamelessCatalog {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.body_bytes + self.footer.len() as u64;
        let target = target_of(to, self.position, Some(end));
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
