//! The viewer that lists an archive and shows its files, without a restore.

mod by_catalog;
mod catalog_entries;
mod entries;
mod listing;

use std::io::{self, Read, SeekFrom, Write};
use std::path::Path;

use backup_core::model::archive::{ArchivedEntry, EntryKind, ViewReport};
use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{RestoreFinding, RestoreFindingKind};
use backup_core::ports::{ArchiveBytes, EntryReader, Progress, Viewer, VisitEntry};
use backup_core::text::printable;

use self::by_catalog::find_file;
use self::catalog_entries::CatalogEntries;
use self::entries::{PIECE_BYTES, TarEntries, contents_failed};
use self::listing::each_shown;
use crate::catalog::{CatalogMember, ContentDigest, ContentDigester, MemberDigester, catalog_of};
use crate::error::port_error;
use crate::pattern::chosen::{Chosen, ExactPath};
use crate::tar_reader::TarReader;
use crate::tar_reader::path::path_of;
use crate::tar_reader::progress_reader::{Watch, interrupted, open};

/// Lists and shows archives of [`TarArchiver`](crate::TarArchiver) and of other tar tools.
///
/// It seeks over contents that aren't needed.
#[derive(Debug, Clone, Copy, Default)]
pub struct TarViewer;

/// The most entries that are kept in memory until the selection is known. If there are more, the archive is read
/// again.
const MAX_KEPT: usize = 10_000;

impl Viewer for TarViewer {
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[Vec<u8>],
        visit: VisitEntry<'_>,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError> {
        let mut chosen = Chosen::new(chosen);
        if chosen.is_everything() {
            return each_shown(archive, progress, &mut |shown| visit(&shown.to_entry()));
        }
        let (kept, report) = candidates(archive, &mut chosen, progress)?;
        if report.broken_off().is_none() {
            chosen.refuse_malformed()?;
        }
        let takes = |entry: &ArchivedEntry| chosen.takes(&entry.path, entry.kind == EntryKind::Folder);
        if let Some(kept) = kept {
            kept.iter().filter(|entry| takes(entry)).all(visit);
        } else {
            each_shown(archive, progress, &mut |shown| {
                let is_taken = chosen.takes(&shown.path, shown.kind == EntryKind::Folder);
                !is_taken || visit(&shown.to_entry())
            })?;
        }
        Ok(report)
    }

    fn entries<'a>(
        &self,
        archive: &'a mut dyn ArchiveBytes,
        progress: &'a dyn Progress,
    ) -> Result<Box<dyn EntryReader + 'a>, PortError> {
        Ok(match catalog_of(archive) {
            Some(catalog) => Box::new(CatalogEntries::new(archive, catalog, progress)),
            None => Box::new(TarEntries::open(archive, progress)?),
        })
    }

    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError> {
        let action = format!("show {}", String::from_utf8_lossy(path));
        let (mut path, mut before) = (ExactPath::new(path).path, u64::MAX);
        if let Some(file) = find_file(archive, &path) {
            archive.seek(SeekFrom::Start(file.offset)).map_err(|error| port_error(&action, error))?;
            let digester = (file.stored_bytes == file.size_bytes).then(ContentDigester::default);
            let mut job = CopyJob { action, path, out, progress, digester };
            let report = job.run_from_here(archive)?;
            let digest = job.digester.map(|mut digester| digester.finish());
            return Ok(compared(archive, &file, digest, report));
        }
        loop {
            let (found, broken) = find(archive, &path, before, progress)?;
            let (number, kind, link) = found.ok_or_else(|| not_found(&action, broken.as_ref()))?;
            match kind {
                EntryKind::File => {
                    return CopyJob { action, path, out, progress, digester: None }
                        .run(archive, number, broken);
                }
                // A hard link leads to an earlier member, so this loop ends.
                EntryKind::HardLink => (path, before) = (link, number),
                EntryKind::Symlink => {
                    return Err(PortError::new(Failure::Other, action).because(symlink_reason(&path, &link)));
                }
                kind => return Err(PortError::new(Failure::Other, action).because(kind_reason(kind))),
            }
        }
    }
}

/// Reads all entries, which shows what each pattern selects. Returns those that may be selected, unless they are too
/// many.
fn candidates(
    archive: &mut dyn ArchiveBytes,
    chosen: &mut Chosen,
    progress: &dyn Progress,
) -> Result<(Option<Vec<ArchivedEntry>>, ViewReport), PortError> {
    let mut kept = Some(Vec::new());
    let report = each_shown(archive, progress, &mut |shown| {
        if chosen.note(&shown.path, shown.kind == EntryKind::Folder)
            && let Some(entries) = &mut kept
        {
            entries.push(shown.to_entry());
            if entries.len() > MAX_KEPT {
                kept = None;
            }
        }
        true
    })?;
    Ok((kept, report))
}

/// A member: its number, its kind and its link target.
type Found = (u64, EntryKind, Vec<u8>);

/// Returns the last member of a path before another member, and the place where the archive breaks off.
fn find(
    archive: &mut dyn ArchiveBytes,
    path: &[u8],
    before: u64,
    progress: &dyn Progress,
) -> Result<(Option<Found>, Option<RestoreFinding>), PortError> {
    let mut found = None;
    let report = each_shown(archive, progress, &mut |shown| {
        if shown.number < before && *shown.path == *path {
            found = Some((shown.number, shown.kind, shown.link().to_vec()));
        }
        shown.number < before
    })?;
    Ok((found, report.broken_off().cloned()))
}

fn not_found(action: &str, broken: Option<&RestoreFinding>) -> PortError {
    match broken {
        None => PortError::new(Failure::Missing, action).because("it isn't in the archive"),
        Some(broken) => PortError::new(Failure::Damaged, action)
            .because(format!("it isn't in the readable part of the archive; {broken}")),
    }
}

/// The copy of a file's contents to an output.
struct CopyJob<'c> {
    action: String,
    path: Vec<u8>,
    out: &'c mut dyn Write,
    progress: &'c dyn Progress,
    /// Digests what is written.
    digester: Option<ContentDigester>,
}

impl CopyJob<'_> {
    /// Writes the contents of the member with that number, as far as they can be read.
    fn run(
        mut self,
        archive: &mut dyn ArchiveBytes,
        number: u64,
        broken: Option<RestoreFinding>,
    ) -> Result<ViewReport, PortError> {
        let (mut reader, watch) = (open(&mut *archive)?, Watch::new(self.progress));
        for _ in 0..=number {
            watch.next(&mut reader)?;
        }
        let mut report = ViewReport::default();
        broken.into_iter().for_each(|broken| report.add(broken.path, broken.kind));
        self.copy_contents(&mut reader, report)
    }

    /// Writes the contents of the member that begins here, as far as they can be read.
    fn run_from_here(&mut self, archive: &mut dyn ArchiveBytes) -> Result<ViewReport, PortError> {
        let mut reader = TarReader::seeking(&mut *archive).map_err(|error| self.failed(error))?;
        Watch::new(self.progress).next(&mut reader)?;
        self.copy_contents(&mut reader, ViewReport::default())
    }

    /// Writes the contents of the member that was read last.
    fn copy_contents(
        &mut self,
        reader: &mut TarReader<&mut dyn ArchiveBytes>,
        mut report: ViewReport,
    ) -> Result<ViewReport, PortError> {
        let (mut piece, mut copied_bytes) = (vec![0; PIECE_BYTES], 0);
        loop {
            if self.progress.is_cancelled() {
                return Err(interrupted());
            }
            match reader.contents().read(&mut piece).map_err(|error| self.failed(error)) {
                Ok(0) => return Ok(report),
                Ok(read) => self.write(&piece[..read])?,
                Err(error) if copied_bytes == 0 => return Err(error),
                Err(error) => {
                    let reason = error.source.map_or_else(String::new, |source| source.to_string());
                    report.add(path_of(&self.path), RestoreFindingKind::Failed(reason));
                    return Ok(report);
                }
            }
            copied_bytes += 1;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.out.write_all(bytes).map_err(|error| port_error(&self.action, error))?;
        self.digester.iter_mut().for_each(|digester| digester.update(bytes));
        self.progress.advanced(Path::new(""), bytes.len() as u64);
        Ok(())
    }

    fn failed(&self, error: io::Error) -> PortError {
        contents_failed(&self.action, error)
    }
}

/// Adds to the report of a file that was copied if its contents aren't what its catalog says. The digest of a sparse file isn't that of the
/// bytes that were copied, so it is read once more.
fn compared(
    archive: &mut dyn ArchiveBytes,
    file: &CatalogMember,
    copied: Option<ContentDigest>,
    mut report: ViewReport,
) -> ViewReport {
    let is_other = |expected| copied.or_else(|| digest_at(archive, file)) != Some(expected);
    if report.is_complete() && file.digest.is_some_and(is_other) {
        report.add(path_of(&file.path), RestoreFindingKind::NotAsStored);
    }
    report
}

/// Reads a file, and returns its digest as a catalog has it.
fn digest_at(archive: &mut dyn ArchiveBytes, file: &CatalogMember) -> Option<ContentDigest> {
    archive.seek(SeekFrom::Start(file.offset)).ok()?;
    let mut reader = TarReader::seeking(archive).ok()?;
    let member = reader.next_member().ok()??;
    MemberDigester::default().digest(&mut reader, &member, |_| Ok::<_, io::Error>(())).ok()
}

fn kind_reason(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Folder => "it is a folder",
        _ => "it isn't a file",
    }
}

/// Returns why a symbolic link isn't shown, and the path of its target in the archive.
fn symlink_reason(path: &[u8], link: &[u8]) -> String {
    let reason = format!("it is a symbolic link to {}", printable(link));
    match resolve(path, link) {
        Some(target) if target.is_empty() => format!("{reason}, which is the folder itself"),
        Some(target) => format!("{reason}: ask for {} instead", printable(&target)),
        None => format!("{reason}, which lies outside the backup"),
    }
}

/// Returns the path below the source of the target of a link. Returns `None` if the link leads out of the source.
fn resolve(path: &[u8], link: &[u8]) -> Option<Vec<u8>> {
    if link.starts_with(b"/") {
        return None;
    }
    let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    names.pop();
    for name in link.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbolic_link_suggests_its_target() {
        let cases: [(&str, &[u8], &str); 7] = [
            ("link", b"letters/may.txt", ": ask for letters/may.txt instead"),
            ("old/link", b"may.txt", ": ask for old/may.txt instead"),
            ("old/link", b".././letters//may.txt", ": ask for letters/may.txt instead"),
            ("old/link", b"../../other/x", ", which lies outside the backup"),
            ("link", b"/etc/passwd", ", which lies outside the backup"),
            ("old/link", b"..", ", which is the folder itself"),
            ("link", b"a\n\x1b", ": ask for a\\n\\u{1b} instead"),
        ];
        for (path, link, expected) in cases {
            let expected = format!("it is a symbolic link to {}{expected}", printable(link));
            assert_eq!(symlink_reason(path.as_bytes(), link), expected);
        }
    }
}
