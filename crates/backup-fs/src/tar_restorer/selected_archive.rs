//! The part of an archive that a restore needs, found by the catalog: it reads like an archive that has nothing else.
//!
//! A restore of a few entries needs these entries, the folders above them, and the files that chosen hard links lead to. All
//! that is known from the catalog. So the same walk that restores a whole archive restores them, without passing over the rest.
//!
//! The catalog isn't trusted. The headers of what it names are read before anything is restored. If they are others, the
//! whole archive is read.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom};

use backup_core::model::error::PortError;
use backup_core::ports::{ArchiveBytes, Progress};

use crate::catalog::{ArchiveCatalog, CatalogMember, catalog_of};
use crate::pattern::chosen::Chosen;
use crate::tar_reader::progress_reader::{interrupted, rewind};
use crate::tar_reader::{MemberKind, TarReader};

/// What ends an archive.
const END_BYTES: u64 = 1024;

/// The unit of tar: headers and contents begin at multiples of it.
const BLOCK_BYTES: u64 = 512;

/// If more entries are chosen, the whole archive is read.
const MOST_CHOSEN: usize = 200_000;

/// After so many entries it is asked again whether to go on.
const ENTRIES_AT_ONCE: u64 = 1024;

/// The chosen part of an archive.
pub(super) struct SelectedArchive<'a> {
    archive: &'a mut dyn ArchiveBytes,
    stretches: Vec<Stretch>,
    position: u64,
}

/// A part of the archive without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    /// Where it is in the chosen part.
    at: u64,
    /// Where it is in the archive.
    from: u64,
    bytes: u64,
}

impl Stretch {
    fn end(&self) -> u64 {
        self.at + self.bytes
    }
}

/// Members that were chosen, by their offsets.
#[derive(Debug, Default)]
struct Chosens {
    members: BTreeMap<u64, Place>,
    hasher: RandomState,
    /// The files that chosen hard links lead to.
    links: Vec<Vec<u8>>,
}

/// Where a member ends, and a hash of what it is.
#[derive(Debug, Clone, Copy)]
struct Place {
    end: u64,
    hash: u64,
}

impl<'a> SelectedArchive<'a> {
    /// Finds the chosen part of an archive, and notes in `chosen` what each line matches. Returns the archive itself if that can't
    /// be done by a catalog.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](backup_core::model::error::Failure::Interrupted): `progress` cancelled.
    pub(super) fn find(
        archive: &'a mut dyn ArchiveBytes,
        chosen: &mut Chosen,
        progress: &dyn Progress,
    ) -> Result<Result<Self, &'a mut dyn ArchiveBytes>, PortError> {
        let Some(mut catalog) = catalog_of(archive).filter(ArchiveCatalog::is_in_walk_order) else {
            return Ok(Err(archive));
        };
        let Some(source) = source_folder(&mut catalog) else { return Ok(Err(archive)) };
        let mut finder = Finder { catalog, source, chosen, progress, found: Chosens::default(), seen: 0 };
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
    fn holds(&mut self, found: &Chosens) -> bool {
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
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.end().checked_add_signed(by),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl ArchiveBytes for SelectedArchive<'_> {}

impl Chosens {
    fn add(&mut self, member: &CatalogMember) {
        let end = (member.contents_offset + member.stored_bytes).next_multiple_of(BLOCK_BYTES);
        let hash = self.hash(member);
        self.members.insert(member.offset, Place { end, hash });
        if member.kind == MemberKind::HardLink {
            self.links.push(member.link.clone());
        }
    }

    /// Returns a hash of what a header says, the number of bytes included.
    fn hash(&self, member: &CatalogMember) -> u64 {
        let kind = match member.kind {
            MemberKind::Folder => 0,
            MemberKind::HardLink => 1,
            _ => 2,
        };
        let header_bytes = member.contents_offset.wrapping_sub(member.offset);
        let lengths = (header_bytes, member.stored_bytes, member.size_bytes);
        let modified = (member.modified.seconds, member.modified.nanos);
        // Records that count for all members to come may give them other owners.
        let owner = (&member.user, &member.group, member.uid, member.gid);
        let is = (kind, member.mode, member.device);
        self.hasher.hash_one((&member.path, &member.link, is, owner, lengths, modified))
    }

    fn stretches(&self) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (from, place) in &self.members {
            let bytes = place.end.saturating_sub(*from);
            match stretches.last_mut() {
                Some(last) if last.from + last.bytes == *from => last.bytes += bytes,
                last => {
                    let at = last.map_or(0, |last| last.end());
                    stretches.push(Stretch { at, from: *from, bytes });
                }
            }
        }
        stretches
    }
}

/// Looks for the chosen members in a catalog.
struct Finder<'f> {
    catalog: ArchiveCatalog,
    /// The path of the source, with a slash at the end.
    source: Vec<u8>,
    chosen: &'f mut Chosen,
    progress: &'f dyn Progress,
    found: Chosens,
    /// The members that were looked at.
    seen: u64,
}

/// `None` means that the catalog can't tell.
type Told = Option<()>;

impl Finder<'_> {
    /// Looks for members whose paths were given. Then hardly anything of the catalog is read.
    fn by_paths(&mut self) -> Result<Option<()>, PortError> {
        let Some(paths) = self.chosen.plain_paths() else { return Ok(None) };
        for path in paths {
            let Some(member) = self.member(&path) else { return Ok(None) };
            self.chosen.note(&path, member.kind == MemberKind::Folder);
            if !self.chosen.takes(&path, member.kind == MemberKind::Folder) {
                return Ok(None);
            }
            let added = self.above(&path).map(|()| self.found.add(&member));
            let is_folder = member.kind == MemberKind::Folder;
            if added.is_none() || is_folder && self.below(&member.path)?.is_none() {
                return Ok(None);
            }
        }
        Ok(self.linked_files())
    }

    /// Looks at all members.
    fn by_patterns(&mut self) -> Result<Option<()>, PortError> {
        self.found = Chosens::default();
        if self.note_all()?.is_none() {
            return Ok(None);
        }
        let mut folders: Vec<CatalogMember> = Vec::new();
        let mut members = self.catalog.members();
        let mut member = CatalogMember::default();
        while let Ok(true) = members.read_into(&mut member) {
            self.seen += 1;
            if self.seen.is_multiple_of(ENTRIES_AT_ONCE) && self.progress.is_cancelled() {
                return Err(interrupted());
            }
            let Some(below) = below_source(&member.path, &self.source) else { return Ok(None) };
            let is_folder = member.kind == MemberKind::Folder;
            while folders.last().is_some_and(|folder| !member.path.starts_with(&folder.path)) {
                folders.pop();
            }
            if below.is_empty() || self.chosen.takes(below, is_folder) {
                folders.drain(..).for_each(|folder| self.found.add(&folder));
                self.found.add(&member);
            } else if is_folder {
                folders.push(member.clone());
            }
            if self.found.members.len() > MOST_CHOSEN {
                return Ok(None);
            }
        }
        Ok(self.linked_files())
    }

    /// Notes what each line matches.
    fn note_all(&mut self) -> Result<Told, PortError> {
        let Self { catalog, source, chosen, progress, seen, .. } = self;
        let (mut is_plain, mut is_cancelled) = (true, false);
        let listed = catalog.each_listed(&mut |listed| {
            *seen += 1;
            is_cancelled = seen.is_multiple_of(ENTRIES_AT_ONCE) && progress.is_cancelled();
            let below = below_source(listed.path, source);
            is_plain &= below.is_some();
            below.into_iter().for_each(|below| {
                chosen.note(below, listed.kind == MemberKind::Folder);
            });
            is_plain && !is_cancelled
        });
        match listed {
            _ if is_cancelled => Err(interrupted()),
            Ok(()) if is_plain => Ok(Some(())),
            _ => Ok(None),
        }
    }

    /// Returns the member with that path below the source.
    fn member(&mut self, below: &[u8]) -> Option<CatalogMember> {
        self.catalog.find(&[&self.source[..], below].concat()).ok()?
    }

    /// Adds the source and the folders above a path.
    fn above(&mut self, below: &[u8]) -> Told {
        let source = self.source.clone();
        let source = self.catalog.find(&source).ok()??;
        self.found.add(&source);
        let slashes = below.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for slash in slashes.collect::<Vec<_>>() {
            let folder = self.member(&below[..slash])?;
            self.found.add(&folder);
        }
        Some(())
    }

    /// Adds everything below a folder.
    fn below(&mut self, folder: &[u8]) -> Result<Told, PortError> {
        let mut members = self.catalog.members_from(folder);
        let (mut member, mut is_there) = (CatalogMember::default(), false);
        loop {
            match members.read_into(&mut member) {
                Ok(true) => {}
                Ok(false) => return Ok(Some(())),
                Err(_) => return Ok(None),
            }
            self.seen += 1;
            if self.seen.is_multiple_of(ENTRIES_AT_ONCE) && self.progress.is_cancelled() {
                return Err(interrupted());
            }
            match (member.path.starts_with(folder), is_there) {
                (true, _) => (is_there, _) = (true, self.found.add(&member)),
                (false, true) => return Ok(Some(())),
                (false, false) => {}
            }
            if self.found.members.len() > MOST_CHOSEN {
                return Ok(None);
            }
        }
    }

    /// Adds the files that chosen hard links lead to.
    fn linked_files(&mut self) -> Told {
        for link in std::mem::take(&mut self.found.links) {
            let file = self.catalog.find(&link).ok()??;
            if file.kind == MemberKind::HardLink {
                return None;
            }
            self.found.add(&file);
        }
        Some(())
    }
}

/// Returns the path of the source, if it is a folder with one name, with a slash at the end.
fn source_folder(catalog: &mut ArchiveCatalog) -> Option<Vec<u8>> {
    let source = catalog.members().next()?.ok()?;
    let name = source.path.strip_suffix(b"/")?;
    let is_plain = source.kind == MemberKind::Folder && !matches!(name, b"" | b"." | b"..");
    (is_plain && !name.contains(&b'/')).then_some(source.path)
}

/// Returns the path below the source, without a slash at its end.
fn below_source<'p>(path: &'p [u8], source: &[u8]) -> Option<&'p [u8]> {
    let below = path.strip_prefix(source)?;
    Some(below.strip_suffix(b"/").unwrap_or(below))
}
