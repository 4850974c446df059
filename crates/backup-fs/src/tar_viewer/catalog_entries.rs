//! The entries of an archive that has a catalog, one at a time.

use std::mem::replace;

use backup_core::model::archive::{ArchivedEntry, ViewReport};
use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::RestoreFindingKind;
use backup_core::ports::{ArchiveBytes, EntryReader, KnownContents, Progress, SeekableBytes};

use super::by_catalog::reader_at;
use super::entries::{TarEntries, digest_contents};
use super::listing::{ENTRIES_AT_ONCE, shown};
use crate::catalog::{ArchiveCatalog, CatalogMember, OwnedMembers};
use crate::tar_reader::MemberKind;
use crate::tar_reader::path::path_of;
use crate::tar_reader::progress_reader::interrupted;
use crate::tar_reader::source_root::SourceRoot;

/// The entries below the source, by the catalog of the archive. The archive is read for contents alone, or from the place on at
/// which the catalog turns out to be damaged or wrong.
pub(super) struct CatalogEntries<'a> {
    entries: Entries<'a>,
    progress: &'a dyn Progress,
    source_root: SourceRoot,
    report: ViewReport,
    /// The number of members so far.
    members: u64,
    /// The last one of them.
    member: CatalogMember,
}

/// Where the entries come from.
enum Entries<'a> {
    Listed(&'a mut dyn ArchiveBytes, Box<OwnedMembers<Box<dyn SeekableBytes>>>),
    Read(Box<TarEntries<'a>>),
    /// The archive could not be read.
    None,
}

impl<'a> CatalogEntries<'a> {
    pub(super) fn new(
        archive: &'a mut dyn ArchiveBytes,
        catalog: ArchiveCatalog,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            entries: Entries::Listed(archive, Box::new(catalog.into_members())),
            progress,
            source_root: SourceRoot::default(),
            report: ViewReport::default(),
            members: 0,
            member: CatalogMember::default(),
        }
    }

    /// Returns the next entry of the catalog, or `None` at its end or where it is damaged, and whether it is.
    fn next_listed(&mut self) -> Result<(Option<ArchivedEntry>, bool), PortError> {
        while let Entries::Listed(_, members) = &mut self.entries {
            match members.read_into(&mut self.member) {
                Ok(true) => {}
                Ok(false) => return Ok((None, false)),
                Err(_) => return Ok((None, true)),
            }
            if self.members.is_multiple_of(ENTRIES_AT_ONCE) && self.progress.is_cancelled() {
                return Err(interrupted());
            }
            if self.member.kind == MemberKind::Other(b'V') {
                continue;
            }
            self.members += 1;
            let listed = self.member.listed();
            match shown(&mut self.source_root, &listed, self.members - 1) {
                Ok(shown) => return Ok((Some(shown.to_entry()), false)),
                Err(refusal) => {
                    self.report.add(path_of(listed.path), RestoreFindingKind::Refused(refusal));
                }
            }
        }
        Ok((None, false))
    }

    /// Reads the archive from now on, behind the members so far.
    fn read_on(&mut self) -> Result<(), PortError> {
        if let Entries::Listed(archive, _) = replace(&mut self.entries, Entries::None) {
            let mut entries = TarEntries::open(archive, self.progress)?;
            entries.pass(self.members)?;
            self.entries = Entries::Read(Box::new(entries));
        }
        Ok(())
    }
}

impl EntryReader for CatalogEntries<'_> {
    fn next_entry(&mut self) -> Result<Option<ArchivedEntry>, PortError> {
        let (entry, is_damaged) = self.next_listed()?;
        if is_damaged {
            self.read_on()?;
        }
        match &mut self.entries {
            Entries::Read(entries) => entries.next_entry(),
            _ => Ok(entry),
        }
    }

    fn digest(&mut self) -> Result<[u8; 32], PortError> {
        if let Entries::Listed(archive, _) = &mut self.entries {
            if let Some(mut reader) = reader_at(&mut **archive, &self.member) {
                return digest_contents(&mut reader, self.progress);
            }
            self.read_on()?;
        }
        match &mut self.entries {
            Entries::Read(entries) => entries.digest(),
            _ => Err(PortError::new(Failure::Other, "read the contents")),
        }
    }

    fn known_contents(&mut self) -> Option<KnownContents> {
        let is_listed = matches!(self.entries, Entries::Listed(..)) && self.member.kind == MemberKind::File;
        let digest = self.member.digest.filter(|_| is_listed)?;
        Some(KnownContents { digest, has_holes: self.member.stored_bytes < self.member.size_bytes })
    }

    fn report(&mut self) -> ViewReport {
        match &mut self.entries {
            // It has passed all members itself.
            Entries::Read(entries) => entries.take_report(),
            _ => std::mem::take(&mut self.report),
        }
    }
}
