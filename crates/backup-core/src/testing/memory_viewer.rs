//! A viewer that looks into archives in memory, or shows what was scripted.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::Faults;
use super::faults::from_io_error;
use super::locked::locked;
use super::memory_backups::digest_of;
use super::memory_tar::{MemoryLines, MemoryTar, look};
use crate::model::archive::{ArchivedEntry, EntryKind, ViewReport};
use crate::model::error::{Failure, PortError};
use crate::model::restore::RestoreFindingKind;
use crate::ports::{ArchiveBytes, EntryReader, KnownContents, Progress, Viewer, VisitEntry};

/// Shows the files that [`MemoryArchiver`](super::MemoryArchiver) packed, and takes each line for a path. Once a file is
/// scripted, it shows the same entries for every archive that it can read, and the contents of each are the bytes of the
/// archive. Entries one at a time are always those that were packed. Clones are handles of the same one.
///
/// Its operations are "list", "copy" and "digest".
#[derive(Debug, Clone, Default)]
pub struct MemoryViewer {
    entries: Arc<Mutex<Vec<ArchivedEntry>>>,
    faults: Faults,
}

impl MemoryViewer {
    /// Returns a viewer that fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Scripts a file that every archive holds, last changed so many seconds after 1970.
    pub fn put(&self, path: &str, modified_seconds: i64) {
        locked(&self.entries).push(ArchivedEntry { modified_seconds, ..entry(Path::new(path), 1) });
    }
}

fn entry(path: &Path, size_bytes: u64) -> ArchivedEntry {
    ArchivedEntry {
        path: path.as_os_str().as_encoded_bytes().to_vec(),
        kind: EntryKind::File,
        mode: 0o644,
        owner: b"ann".to_vec(),
        group: b"ann".to_vec(),
        size_bytes,
        modified_seconds: 0,
        modified_nanos: 0,
        link: Vec::new(),
        device: (0, 0),
    }
}

/// Shows what is packed in an archive.
fn list_packed(
    archive: &mut dyn ArchiveBytes,
    chosen: &[Vec<u8>],
    visit: VisitEntry<'_>,
    progress: &dyn Progress,
) -> Result<ViewReport, PortError> {
    let tar = MemoryTar::read(archive)?;
    let mut lines = MemoryLines::new(chosen, &tar)?;
    for (path, contents) in &tar.files {
        look(progress)?;
        if lines.takes(path) && !visit(&entry(path, contents.len() as u64)) {
            return Ok(ViewReport::default());
        }
    }
    Ok(report(tar.damage))
}

fn report(damage: Option<PortError>) -> ViewReport {
    let mut report = ViewReport::default();
    if let Some(damage) = damage {
        report.add(PathBuf::new(), RestoreFindingKind::BrokenOff(damage.to_string()));
    }
    report
}

/// The files of an archive in memory, one at a time.
struct MemoryEntries<'a> {
    files: std::vec::IntoIter<(PathBuf, Vec<u8>)>,
    last: Vec<u8>,
    damage: Option<PortError>,
    /// Whether the archive has a catalog, which tells digests.
    has_catalog: bool,
    faults: Faults,
    progress: &'a dyn Progress,
}

impl EntryReader for MemoryEntries<'_> {
    fn next_entry(&mut self) -> Result<Option<ArchivedEntry>, PortError> {
        look(self.progress)?;
        let Some((path, contents)) = self.files.next() else { return Ok(None) };
        let entry = entry(&path, contents.len() as u64);
        self.last = contents;
        Ok(Some(entry))
    }

    fn known_contents(&mut self) -> Option<KnownContents> {
        let digest = digest_of(&self.last).sha256.first_chunk().copied()?;
        self.has_catalog.then_some(KnownContents { digest, has_holes: false })
    }

    fn digest(&mut self) -> Result<[u8; 32], PortError> {
        self.faults.check("digest", "the file")?;
        let mut hasher = DefaultHasher::new();
        self.last.hash(&mut hasher);
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&hasher.finish().to_le_bytes());
        Ok(digest)
    }

    fn report(&mut self) -> ViewReport {
        report(self.damage.take())
    }
}

/// Somebody may have read the archive before.
fn rewind(archive: &mut dyn ArchiveBytes) -> Result<(), PortError> {
    archive.rewind().map_err(|error| from_io_error("read the archive", error))
}

impl Viewer for MemoryViewer {
    fn list(
        &self,
        archive: &mut dyn ArchiveBytes,
        chosen: &[Vec<u8>],
        visit: VisitEntry<'_>,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError> {
        self.faults.check("list", "the archive")?;
        if locked(&self.entries).is_empty() {
            return list_packed(archive, chosen, visit, progress);
        }
        let mut bytes = Vec::new();
        archive.read_to_end(&mut bytes).map_err(|error| from_io_error("read the archive", error))?;
        let entries = locked(&self.entries).clone();
        let is_chosen = |entry: &&ArchivedEntry| chosen.is_empty() || chosen.contains(&entry.path);
        entries.iter().filter(is_chosen).all(visit);
        Ok(ViewReport::default())
    }

    fn entries<'a>(
        &self,
        archive: &'a mut dyn ArchiveBytes,
        progress: &'a dyn Progress,
    ) -> Result<Box<dyn EntryReader + 'a>, PortError> {
        self.faults.check("list", "the archive")?;
        rewind(archive)?;
        let (tar, has_catalog) = (MemoryTar::read(archive)?, archive.open_catalog().is_some());
        let (files, last, faults) = (tar.files.into_iter(), Vec::new(), self.faults.clone());
        Ok(Box::new(MemoryEntries { files, last, damage: tar.damage, has_catalog, faults, progress }))
    }

    fn copy(
        &self,
        archive: &mut dyn ArchiveBytes,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<ViewReport, PortError> {
        self.faults.check("copy", "the archive")?;
        if locked(&self.entries).is_empty() {
            let MemoryTar { files, damage, .. } = MemoryTar::read(archive)?;
            let file = files.iter().find(|(known, _)| known.as_os_str().as_encoded_bytes() == path);
            let Some((_, contents)) = file else {
                return Err(damage.unwrap_or_else(|| PortError::new(Failure::Missing, "show it")));
            };
            look(progress)?;
            out.write_all(contents).map_err(|error| from_io_error("copy it", error))?;
            return Ok(report(damage));
        }
        if !locked(&self.entries).iter().any(|entry| entry.path == path) {
            return Err(PortError::new(Failure::Missing, "show it"));
        }
        std::io::copy(archive, out).map_err(|error| from_io_error("copy it", error))?;
        Ok(ViewReport::default())
    }
}
