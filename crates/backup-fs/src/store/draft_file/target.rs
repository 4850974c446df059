//! What a draft takes besides the bytes of its archive.

use std::io::{self, Write};
use std::ops::Range;

use backup_core::ports::{PackTarget, SeekableBytes};

use super::DraftFile;
use crate::file::dir::DirHandle;
use crate::posix::clone::block_bytes;
use crate::store::draft_base::DraftBase;
use crate::store::draft_catalog::DraftCatalog;
use crate::zstd::seek_table::skippable;

impl DraftFile {
    /// Returns the archive of which parts are taken over.
    pub(in crate::store) fn base(&self) -> Option<&DraftBase> {
        self.base.as_ref()
    }

    /// Returns the folder of backups, if the archive is one.
    pub(super) fn backups(&self) -> Option<&DirHandle> {
        self.catalog.as_ref().map(DraftCatalog::backups)
    }

    /// Notes that the archive of which parts are taken over can't be read.
    pub(in crate::store) fn lose_base(&mut self) {
        self.is_base_lost = true;
    }

    /// Returns how many bytes it has.
    pub(super) fn position(&self) -> u64 {
        self.archive_bytes + self.pending.bytes().len() as u64
    }

    /// Appends stored frames of the earlier archive. A frame that readers skip comes before them if the blocks of what follows can
    /// be shared then; returns how long it is.
    pub(crate) fn append_stored(&mut self, part: Range<u64>) -> io::Result<usize> {
        let padding = self.padding_before(&part);
        if padding > 0 {
            self.write_all(&skippable(padding)?)?;
        }
        self.take_over(part)?;
        Ok(padding)
    }

    fn padding_before(&self, part: &Range<u64>) -> usize {
        let block =
            block_bytes(self.file.file()).filter(|block| part.end - part.start >= LEAST_BLOCKS * block);
        let Some(block) = block else { return 0 };
        let missing = part.start.wrapping_sub(self.position()) & (block - 1);
        let padding = if (1..LEAST_SKIPPABLE_BYTES).contains(&missing) { missing + block } else { missing };
        usize::try_from(padding).unwrap_or(0)
    }
}

/// Fewer blocks aren't worth the padding.
const LEAST_BLOCKS: u64 = 4;

/// No frame is shorter.
const LEAST_SKIPPABLE_BYTES: u64 = 8;

impl PackTarget for DraftFile {
    fn keeps_catalog(&self) -> bool {
        self.catalog.as_ref().is_some_and(DraftCatalog::is_kept)
    }

    fn open_base(&mut self) -> Option<Box<dyn SeekableBytes>> {
        Some(Box::new(self.base.as_ref()?.catalog.reopened()?))
    }

    fn take_over(&mut self, part: Range<u64>) -> io::Result<()> {
        let base = self.base.take_if(|base| base.compared.is_none());
        let mut base = base.ok_or(io::ErrorKind::Unsupported)?;
        let taken = match &mut base.copied {
            Some(copied) => self.copy_from(&base.file, copied, part).map(|()| 0),
            None => self.append_from(&base.file, part),
        };
        self.base = Some(base);
        taken.map(|cloned_bytes| self.shared_bytes += cloned_bytes)
    }

    fn shared_block_bytes(&self) -> u64 {
        let shares = self.base.as_ref().is_some_and(|base| base.is_shared);
        block_bytes(self.file.file()).filter(|_| shares).unwrap_or(1)
    }

    fn comparable_parts(&mut self) -> Vec<Range<u64>> {
        let compared = self.base.as_ref().and_then(|base| base.compared.as_ref());
        compared.map_or_else(Vec::new, |compared| compared.long_parts().to_vec())
    }

    fn compare(&mut self, at: u64, part: Range<u64>) {
        if let Some(compared) = self.base.as_mut().and_then(|base| base.compared.as_mut()) {
            compared.expect(at, part);
        }
    }

    fn write_catalog(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.catalog.iter_mut().for_each(|catalog| catalog.write(bytes));
        Ok(())
    }
}
