//! Looks for the chosen members in a catalog.

use backup_core::model::error::PortError;
use backup_core::ports::Progress;

use super::chosen_members::ChosenMembers;
use crate::catalog::{ArchiveCatalog, CatalogMember};
use crate::pattern::chosen::Chosen;
use crate::tar_reader::MemberKind;
use crate::tar_reader::progress_reader::interrupted;

/// If more entries are chosen, the whole archive is read.
const MOST_CHOSEN: usize = 200_000;

/// After so many entries it is asked again whether to go on.
const ENTRIES_AT_ONCE: u64 = 1024;

/// Looks for the chosen members in a catalog.
pub(super) struct Finder<'f> {
    pub(super) catalog: ArchiveCatalog,
    /// The path of the source, with a slash at the end.
    pub(super) source: Vec<u8>,
    pub(super) chosen: &'f mut Chosen,
    pub(super) progress: &'f dyn Progress,
    pub(super) found: ChosenMembers,
    /// The members that were looked at.
    pub(super) seen: u64,
}

/// `None` means that the catalog can't tell.
type Told = Option<()>;

impl Finder<'_> {
    /// Looks for members whose paths were given. Then hardly anything of the catalog is read.
    pub(super) fn by_paths(&mut self) -> Result<Option<()>, PortError> {
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
    pub(super) fn by_patterns(&mut self) -> Result<Option<()>, PortError> {
        self.found = ChosenMembers::default();
        if self.note_all()?.is_none() {
            return Ok(None);
        }
        let mut folders: Vec<CatalogMember> = Vec::new();
        let mut members = self.catalog.members();
        let mut member = CatalogMember::default();
        loop {
            match members.read_into(&mut member) {
                Ok(true) => {}
                Ok(false) => break,
                // A part of the catalog is damaged that the listing doesn't need.
                Err(_) => return Ok(None),
            }
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
pub(super) fn source_folder(catalog: &mut ArchiveCatalog) -> Option<Vec<u8>> {
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
