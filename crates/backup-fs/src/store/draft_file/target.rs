//! What a draft takes besides the bytes of its archive.

use std::io;
use std::ops::Range;

use backup_core::ports::{PackTarget, SeekableBytes};

use super::DraftFile;
use crate::posix::clone::block_bytes;
use crate::store::draft_catalog::DraftCatalog;

impl PackTarget for DraftFile {
    fn keeps_catalog(&self) -> bool {
        self.catalog.as_ref().is_some_and(DraftCatalog::is_kept)
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(self.base.as_ref()?.catalog.reopened()?))
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        let base = self.base.take().ok_or(io::ErrorKind::Unsupported)?;
        let appended = self.append_from(&base.file, part);
        self.base = Some(base);
        appended.map(drop)
    }

    fn shared_block_bytes(&self) -> u64 {
        block_bytes(self.file.file()).unwrap_or(1)
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.catalog.iter_mut().for_each(|catalog| catalog.write(bytes));
        Ok(())
    }
}
