//! The part of an archive that a restore needs, found by the catalog: it reads like an archive that has nothing else.
//!
//! A restore of a few entries needs these entries, the folders above them, and the files that chosen hard links lead to. All
//! that is known from the catalog. So the same walk that restores a whole archive restores them, without passing over the rest.
//!
//! The catalog isn't trusted. The headers of what it names are read before anything is restored. If they are others, the
//! whole archive is read.

use std::io::{self, Read, Seek, SeekFrom};

use backup_core::model::error::PortError;
use backup_core::ports::{ArchiveBytes, Progress};

use super::chosen_finder::{Finder, source_folder};
use super::chosen_members::{ChosenMembers, Stretch};
use crate::buffer::seek::target_of;
use crate::catalog::{ArchiveCatalog, CatalogMember, catalog_of};
use crate::pattern::chosen::Chosen;
use crate::tar_reader::TarReader;
use crate::tar_reader::progress_reader::rewind;

/// What ends an archive.
const END_BYTES: u64 = 1024;

/// The chosen part of an archive.
pub(super) struct SelectedArchive<'a> {
    archive: &'a mut dyn ArchiveBytes,
    stretches: Vec<Stretch>,
    position: u64,
}

impl<'a> SelectedArchive<'a> {
    /// Finds the chosen part of an archive, and notes in `chosen` what each line matches. Returns the archive itself if all of
    /// it is chosen, or if that can't be done by a catalog.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](backup_core::model::error::Failure::Interrupted): `progress` cancelled.
    pub(super) fn find(
        archive: &'a mut dyn ArchiveBytes,
        chosen: &mut Chosen,
        progress: &dyn Progress,
    ) -> Result<Result<Self, &'a mut dyn ArchiveBytes>, PortError> {
        if chosen.is_everything() {
            return Ok(Err(archive));
        }
        let Some(mut catalog) = catalog_of(archive).filter(ArchiveCatalog::is_in_walk_order) else {
            return Ok(Err(archive));
        };
        let Some(source) = source_folder(&mut catalog) else { return Ok(Err(archive)) };
        let mut finder =
            Finder { catalog, source, chosen, progress, found: ChosenMembers::default(), seen: 0 };
        let found = match finder.by_paths()? {
            Some(()) => Some(()),
            None => finder.by_patterns()?,
        };
        let (is_found, found) = (found.is_some(), finder.found);
        let mut selected = Self { archive, stretches: found.stretches(), position: 0 };
        if is_found && selected.holds(&found) {
            return Ok(Ok(selected));
        }
        rewind(selected.archive)?;
        Ok(Err(selected.archive))
    }

    /// Returns whether the chosen part consists of exactly these members.
    fn holds(&mut self, found: &ChosenMembers) -> bool {
        let Ok(mut reader) = TarReader::seeking(&mut *self) else { return false };
        for place in found.members.values() {
            let Ok(Some(member)) = reader.next_member() else { return false };
            if found.hash(&CatalogMember::of(member)) != place.hash {
                return false;
            }
        }
        let is_all = matches!(reader.next_member(), Ok(None));
        self.position = 0;
        is_all
    }

    fn end(&self) -> u64 {
        self.stretches.last().map_or(0, Stretch::end) + END_BYTES
    }
}

impl Read for SelectedArchive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let number = self.stretches.partition_point(|stretch| stretch.end() <= self.position);
        let read = match self.stretches.get(number) {
            Some(stretch) => {
                let done = self.position - stretch.at;
                let most = usize::try_from(stretch.bytes - done).unwrap_or(usize::MAX).min(buffer.len());
                self.archive.seek(SeekFrom::Start(stretch.from + done))?;
                self.archive.read(&mut buffer[..most])?
            }
            None => {
                let left = self.end().saturating_sub(self.position);
                let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                buffer[..most].fill(0);
                most
            }
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for SelectedArchive<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, Some(self.end()));
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl ArchiveBytes for SelectedArchive<'_> {}
