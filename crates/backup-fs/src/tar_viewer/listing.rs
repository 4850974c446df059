//! A listing: every entry of an archive, from its catalog if it has one, and else from the archive itself.

use std::borrow::Cow;

use backup_core::model::archive::{ArchivedEntry, EntryKind, ViewReport};
use backup_core::model::error::PortError;
use backup_core::model::restore::{Refusal, RestoreFindingKind};
use backup_core::ports::{ArchiveBytes, Progress};

use super::entries::{TarEntries, kind_of, named};
use crate::catalog::{ArchiveCatalog, Listed, catalog_of};
use crate::tar_reader::MemberKind;
use crate::tar_reader::path::path_of;
use crate::tar_reader::progress_reader::interrupted;
use crate::tar_reader::source_root::SourceRoot;

/// An entry that is listed. What isn't asked for costs nothing.
pub(super) struct Shown<'a> {
    /// Its number among all members of the archive.
    pub(super) number: u64,
    /// The path below the source.
    pub(super) path: Cow<'a, [u8]>,
    pub(super) kind: EntryKind,
    rest: Rest<'a>,
}

enum Rest<'a> {
    /// It comes from the archive.
    Read(&'a ArchivedEntry),
    /// It comes from a catalog, with the target of a link below the source.
    Listed(&'a Listed<'a>, Cow<'a, [u8]>),
}

impl Shown<'_> {
    /// Returns all of the entry.
    pub(super) fn to_entry(&self) -> ArchivedEntry {
        match &self.rest {
            Rest::Read(entry) => (*entry).clone(),
            Rest::Listed(listed, link) => ArchivedEntry {
                path: self.path.to_vec(),
                kind: self.kind,
                mode: listed.mode,
                owner: named(listed.user, listed.uid),
                group: named(listed.group, listed.gid),
                size_bytes: listed.size_bytes,
                modified_seconds: listed.modified.seconds,
                modified_nanos: listed.modified.nanos,
                link: link.to_vec(),
                device: listed.device,
            },
        }
    }

    /// Returns the target of a link.
    pub(super) fn link(&self) -> &[u8] {
        match &self.rest {
            Rest::Read(entry) => &entry.link,
            Rest::Listed(_, link) => link,
        }
    }
}

/// Calls `act` for each entry below the source, until it returns false.
///
/// The report lists the entries outside the source. If the archive is read, it has the place where it breaks off.
pub(super) fn each_shown(
    archive: &mut dyn ArchiveBytes,
    progress: &dyn Progress,
    act: &mut dyn FnMut(&Shown<'_>) -> bool,
) -> Result<ViewReport, PortError> {
    let mut listing =
        Listing { source_root: SourceRoot::default(), report: ViewReport::default(), members: 0 };
    if let Some(catalog) = catalog_of(archive)
        && listing.show_all(catalog, progress, act)?
    {
        return Ok(listing.report);
    }
    // A damaged catalog has shown the entries before the damage.
    let first = listing.members;
    let mut entries = TarEntries::open(archive, progress)?;
    while let Some((number, entry)) = entries.next_numbered()? {
        let path = Cow::Borrowed(&entry.path[..]);
        let shown = Shown { number, path, kind: entry.kind, rest: Rest::Read(&entry) };
        if number >= first && !act(&shown) {
            break;
        }
    }
    Ok(entries.take_report())
}

/// A listing by a catalog.
struct Listing {
    source_root: SourceRoot,
    report: ViewReport,
    /// The members that were shown.
    members: u64,
}

/// After so many entries it is asked again whether to go on.
pub(super) const ENTRIES_AT_ONCE: u64 = 1024;

impl Listing {
    /// Shows all entries. Returns false if the catalog is damaged.
    fn show_all(
        &mut self,
        mut catalog: ArchiveCatalog,
        progress: &dyn Progress,
        act: &mut dyn FnMut(&Shown<'_>) -> bool,
    ) -> Result<bool, PortError> {
        let mut is_cancelled = false;
        let listed = catalog.each_listed(&mut |listed| {
            is_cancelled = self.members.is_multiple_of(ENTRIES_AT_ONCE) && progress.is_cancelled();
            !is_cancelled && self.show(&listed, act)
        });
        if is_cancelled { Err(interrupted()) } else { Ok(listed.is_ok()) }
    }

    fn show(&mut self, listed: &Listed<'_>, act: &mut dyn FnMut(&Shown<'_>) -> bool) -> bool {
        if listed.kind == MemberKind::Other(b'V') {
            return true;
        }
        let number = self.members;
        self.members += 1;
        match shown(&mut self.source_root, listed, number) {
            Ok(shown) => act(&shown),
            Err(refusal) => {
                self.report.add(path_of(listed.path), RestoreFindingKind::Refused(refusal));
                true
            }
        }
    }
}

pub(super) fn shown<'a>(
    source_root: &mut SourceRoot,
    listed: &'a Listed<'a>,
    number: u64,
) -> Result<Shown<'a>, Refusal> {
    source_root.see(listed.path, listed.kind)?;
    let path = source_root.joined_below(listed.path)?;
    let link = match listed.kind {
        MemberKind::HardLink => source_root.joined_below(listed.link).map_err(|_| Refusal::LinkOutside)?,
        _ => Cow::Borrowed(listed.link),
    };
    Ok(Shown { number, path, kind: kind_of(listed.kind), rest: Rest::Listed(listed, link) })
}
