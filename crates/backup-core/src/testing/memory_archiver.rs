//! An archiver of sources that a test makes up.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::faults::{Faults, from_io_error};
use super::locked::locked;
use super::memory_check::Check;
use super::memory_format::END;
use super::memory_pack::{Changes, Pack, action, counted, head};
use super::pack_place::Files;
use crate::model::archive::{
    BackupName, CheckReport, EVERYTHING, FileChange, FindingKind, PackReport, PatternError, Selection,
};
use crate::model::error::{Failure, PortError};
use crate::ports::{Archiver, EndCheck, PackRequest, PackTarget, Progress, SeekableBytes, StagedFile};
use crate::time::Moment;

/// Packs sources that were scripted, into archives that a test can read: for each file a line with its path and
/// length and then its bytes, at the end the line `end`. Clones are handles of the same sources.
///
/// Patterns are plain paths: the pattern `a/b` leaves out the file `a/b` and all files below it. A
/// pattern with a `[` is refused, since nobody closes it.
///
/// Its operations are "pack", "stage", "check" and "catalog". Contents go to `out` in pieces of at most a MiB, and `progress` is asked before each.
#[derive(Debug, Clone, Default)]
pub struct MemoryArchiver {
    sources: Arc<Mutex<HashMap<PathBuf, MemorySource>>>,
    packed: Arc<Mutex<Vec<(PathBuf, Selection)>>>,
    staged: Arc<Mutex<HashSet<BackupName>>>,
    faults: Faults,
}

/// A made-up source: the files of a folder, and what is the matter with others in it.
#[derive(Debug, Clone, Default)]
pub struct MemorySource {
    files: Vec<(PathBuf, Vec<u8>)>,
    /// When files were changed last. Others never were.
    changes: HashMap<PathBuf, (Moment, FileChange)>,
    findings: Vec<(PathBuf, FindingKind)>,
}

impl MemorySource {
    /// Returns an empty folder.
    #[must_use]
    pub fn folder() -> Self {
        Self::default()
    }

    /// Returns a folder with these files.
    #[must_use]
    pub fn of(files: &Files) -> Self {
        files.iter().fold(Self::folder(), |source, (name, contents)| source.file(*name, contents.clone()))
    }

    /// Returns the files in an [`archive`](Self::archive), or `None` where it isn't whole.
    #[must_use]
    pub fn files_in(mut archive: &[u8]) -> Option<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        while archive != b"end\n" {
            let end = archive.iter().position(|byte| *byte == b'\n')?;
            let (name, length) = str::from_utf8(&archive[..end]).ok()?.rsplit_once(' ')?;
            let rest = &archive[end + 1..];
            let (contents, after) = rest.split_at_checked(length.parse().ok()?)?;
            files.push((PathBuf::from(name), contents.to_vec()));
            archive = after;
        }
        Some(files)
    }

    /// Returns the same source with one more file.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), contents.into()));
        self
    }

    /// Returns the same source, of which a file with this path was changed so at that moment.
    #[must_use]
    pub fn changed(mut self, path: impl Into<PathBuf>, at: Moment, change: FileChange) -> Self {
        self.changes.insert(path.into(), (at, change));
        self
    }

    /// Returns what has happened to a file since that moment.
    fn change_since(&self, path: &Path, since: Option<Moment>) -> FileChange {
        let change = self.changes.get(path).filter(|(at, _)| since.is_some_and(|since| *at >= since));
        change.map_or(FileChange::None, |(_, change)| *change)
    }

    /// Returns the same source with one more finding, which every pack reports.
    #[must_use]
    pub fn finding(mut self, path: impl Into<PathBuf>, kind: FindingKind) -> Self {
        self.findings.push((path.into(), kind));
        self
    }

    /// Returns the archive that a pack of this source writes.
    #[must_use]
    pub fn archive(&self) -> Vec<u8> {
        let mut archive = Vec::new();
        for (path, contents) in &self.files {
            archive.extend_from_slice(head(path, contents).as_bytes());
            archive.extend_from_slice(contents);
        }
        archive.extend_from_slice(END);
        archive
    }
}

impl MemoryArchiver {
    /// Returns an archiver without sources: each one is missing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an archiver without sources that fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Returns the same archiver with a source at that absolute path.
    #[must_use]
    pub fn with(self, path: impl Into<PathBuf>, source: MemorySource) -> Self {
        self.put(path, source);
        self
    }

    /// Puts a source at that absolute path, in place of what was there.
    pub fn put(&self, path: impl Into<PathBuf>, source: MemorySource) {
        locked(&self.sources).insert(path.into(), source);
    }

    /// Takes the source at that path away, and returns whether there was one.
    pub fn take(&self, path: impl AsRef<Path>) -> bool {
        locked(&self.sources).remove(path.as_ref()).is_some()
    }

    /// Returns which sources were to be packed, and what was to be left out of them, oldest first.
    #[must_use]
    pub fn packed(&self) -> Vec<(PathBuf, Selection)> {
        locked(&self.packed).clone()
    }
}

impl Archiver for MemoryArchiver {
    /// # Panics
    /// When the source is not an absolute path.
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let path = request.source;
        assert!(path.is_absolute(), "a source to pack must be an absolute path: {}", path.display());
        locked(&self.packed).push((path.to_owned(), request.selection.clone()));
        self.faults.check("pack", &path.display().to_string())?;
        self.check_selection(request.selection)
            .map_err(|fault| PortError::new(Failure::Refused, action(path)).because(fault))?;
        let source = locked(&self.sources).get(path).cloned();
        let source = source.ok_or_else(|| PortError::new(Failure::Missing, action(path)))?;
        if out.keeps_catalog() {
            let mut catalog: Vec<_> =
                source.files.iter().map(|(path, contents)| head(path, contents)).collect();
            catalog.push(String::from_utf8_lossy(END).into_owned());
            let written = out.write_catalog(catalog.concat().as_bytes());
            written.map_err(|error| from_io_error(&action(path), error))?;
        }
        let (selection, since) = (request.selection, request.changed_since);
        let changes = Changes { are_known: since.is_some(), of: &|path| source.change_since(path, since) };
        Pack { path, selection, out, progress }.run(&source.files, &source.findings, &changes)
    }

    fn is_there(&self, path: &Path) -> Option<bool> {
        Some(locked(&self.sources).contains_key(path))
    }

    fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
        let unclosed = selection.exclude.iter().find(|pattern| pattern.contains('['));
        unclosed.map_or(Ok(()), |pattern| {
            Err(PatternError { pattern: pattern.clone(), reason: "the [ is not closed".to_owned() })
        })
    }

    fn can_stage(&self) -> bool {
        true
    }

    fn stage(&self, owner: &BackupName, name: &str) -> Result<Box<dyn StagedFile + '_>, PortError> {
        self.faults.check("stage", owner.as_str())?;
        let mut staged = locked(&self.staged);
        if !staged.insert(owner.clone()) {
            return Err(PortError::new(Failure::Busy, format!("keep the file of {owner}")));
        }
        Ok(Box::new(Staged {
            archiver: self,
            owner: owner.clone(),
            name: PathBuf::from(name),
            contents: Vec::new(),
        }))
    }

    fn can_check(&self) -> bool {
        true
    }

    fn check(
        &self,
        archive: &mut dyn Read,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        self.faults.check("check", "archive")?;
        Check::new(archive, end_check, progress).run()
    }

    /// A catalog has the line of each file, and the last line.
    fn write_catalog(
        &self,
        archive: &mut dyn Read,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<u64, PortError> {
        self.faults.check("catalog", "archive")?;
        let mut bytes = Vec::new();
        archive.read_to_end(&mut bytes).map_err(|error| from_io_error("make a catalog", error))?;
        let report = Check::new(&mut &bytes[..], EndCheck::Tolerant, progress).run()?;
        let files = MemorySource::files_in(&bytes).unwrap_or_default();
        let mut lines: Vec<_> =
            files.iter().map(|(path, contents)| head(path, contents).into_bytes()).collect();
        lines.push(END.to_vec());
        out.write_all(&lines.concat()).map_err(|error| from_io_error("make a catalog", error))?;
        Ok(report.entries)
    }

    fn is_catalog(&self, catalog: &mut dyn SeekableBytes) -> bool {
        let mut bytes = Vec::new();
        catalog.read_to_end(&mut bytes).is_ok() && bytes.ends_with(END)
    }
}

/// A file that is packed once it is whole.
struct Staged<'a> {
    archiver: &'a MemoryArchiver,
    owner: BackupName,
    name: PathBuf,
    contents: Vec<u8>,
}

impl Write for Staged<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let kept = self.archiver.faults.check("keep", &self.name.display().to_string());
        kept.map_err(|error| match error.failure {
            Failure::Full => io::Error::new(io::ErrorKind::StorageFull, error),
            _ => io::Error::other(error),
        })?;
        self.contents.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StagedFile for Staged<'_> {
    fn pack(
        self: Box<Self>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        self.archiver.faults.check("pack", &self.name.display().to_string())?;
        let mut pack = Pack { path: &self.name, selection: &EVERYTHING, out, progress };
        pack.file(&self.name, &self.contents)?;
        pack.write(END)?;
        let content_bytes = counted(self.contents.len());
        Ok(PackReport { entries: 1, content_bytes, ..PackReport::default() })
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        locked(&self.archiver.staged).remove(&self.owner);
    }
}
