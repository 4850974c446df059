//! The archives and drafts in memory, and what happens to them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use crate::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, DiskRange, FileEnding, Format,
};
use crate::model::error::{Failure, PortError};
use crate::model::history::RunRecord;
use crate::ports::{SeekableBytes, StoredFiles};
use crate::time::Moment;

#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) exists: bool,
    pub(super) ignores_case: bool,
    /// Whether archives get no catalog.
    pub(super) drops_catalogs: bool,
    /// The ending of archives that aren't compressed, if it isn't `.tar`.
    pub(super) ending: Option<FileEnding>,
    /// Whether it doesn't tell what archives take.
    pub(super) hides_space: bool,
    pub(super) free_bytes: Option<u64>,
    pub(super) checksum_list: String,
    pub(super) archives: BTreeMap<String, Archive>,
    pub(super) drafts: HashMap<BackupName, DraftState>,
    pub(super) drafts_begun: u64,
    /// The names of which an archive is getting another catalog.
    pub(super) catalogs: HashSet<BackupName>,
}

/// What stands before the bytes of an archive that is to be compressed.
pub(super) const PACKED: &[u8] = b"packed:";

/// What stands before the bytes of an encrypted archive, with a number that no other has.
pub(super) const HIDDEN: &str = "hidden:";

/// Hides bytes, or shows hidden ones: as much as no test needs to break.
pub(super) fn hidden(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0xa5).collect()
}

/// Returns the shown bytes of an archive that is hidden.
pub(super) fn shown(stored: &[u8]) -> Option<Vec<u8>> {
    let rest = stored.strip_prefix(HIDDEN.as_bytes())?;
    let end = rest.iter().position(|byte| *byte == b':')?;
    Some(hidden(&rest[end + 1..]))
}

/// Returns whether an archive of that name is encrypted.
pub(super) fn is_hidden(file_name: &str) -> bool {
    file_name.ends_with(".age")
}

#[derive(Debug, Clone)]
pub(super) struct Archive {
    /// Two names of one archive share them.
    pub(super) bytes: Arc<Vec<u8>>,
    /// Where its bytes are: its own are in a pool of its own.
    pub(super) ranges: Arc<Vec<DiskRange>>,
    pub(super) finished: Moment,
    /// What was written to its catalog, and the run that made it.
    pub(super) catalog: Option<Arc<Catalog>>,
}

/// The catalog of an archive.
#[derive(Debug, Default, Clone)]
pub(super) struct Catalog {
    pub(super) body: Vec<u8>,
    pub(super) run: Option<RunRecord>,
}

/// Who holds the draft of a name: a live writer with that number, or nobody any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DraftState {
    Open(u64),
    Orphaned,
}

impl Place {
    /// Returns the files of an archive, unless another has its name.
    pub(super) fn stored_files<'a>(&self, backup: &BackupRecord) -> Result<StoredFiles<'a>, PortError> {
        let archive = self.archives.get(&self.name_on_disk(&backup.file_name));
        let expected = BackupRecord { sha256: None, ..backup.clone() };
        let archive = archive.filter(|archive| archive.record(&backup.file_name) == expected);
        let missing = || PortError::new(Failure::Missing, format!("copy {}", backup.file_name));
        let archive = archive.ok_or_else(missing)?;
        let catalog = archive.catalog.as_ref().map(|catalog| Cursor::new(catalog.body.clone()));
        Ok(StoredFiles {
            archive: Box::new(Cursor::new(archive.bytes.to_vec())),
            catalog: catalog.map(|catalog| Box::new(catalog) as Box<dyn SeekableBytes>),
        })
    }

    pub(super) fn ending(&self, format: Format) -> FileEnding {
        let other = self.ending.clone().filter(|_| format == Format::default());
        other.unwrap_or_else(|| format.into())
    }

    /// Returns where an archive is that shares nothing.
    pub(super) fn ranges_of(&mut self, stored: &[u8]) -> Arc<Vec<DiskRange>> {
        self.drafts_begun += 1;
        let end = u64::try_from(stored.len()).expect("a length in memory fits 64 bits");
        Arc::new(vec![DiskRange { pool: self.drafts_begun, start: 0, end }])
    }

    pub(super) fn begin(&mut self, name: &BackupName) -> Result<u64, PortError> {
        if let Some(DraftState::Open(_)) = self.drafts.get(name) {
            return Err(PortError::new(Failure::Busy, format!("draft {name}")));
        }
        self.exists = true;
        self.drafts_begun += 1;
        self.drafts.insert(name.clone(), DraftState::Open(self.drafts_begun));
        Ok(self.drafts_begun)
    }

    pub(super) fn publish(
        &mut self,
        name: &ArchiveName,
        archive: Archive,
        kept: &[ArchiveName],
    ) -> BackupRecord {
        let record = self.add(name, archive);
        let endings = Format::ALL.map(|format| self.ending(format));
        for superseded in name.superseded(&endings).into_iter().filter(|archive| !kept.contains(archive)) {
            self.archives.remove(&superseded.to_string());
        }
        record
    }

    /// Puts an archive in its place.
    pub(super) fn add(&mut self, name: &ArchiveName, archive: Archive) -> BackupRecord {
        let file_name = name.to_string();
        let on_disk = self.name_on_disk(&file_name);
        let sha256 = Some(digest_of(&archive.bytes).sha256);
        let record = BackupRecord { sha256, ..archive.record(&file_name) };
        self.archives.insert(on_disk, archive);
        record
    }
}

/// Four sums of FNV-1a with different beginnings: enough to tell bytes apart that no enemy has chosen.
pub(in crate::testing) fn digest_of(stored: &[u8]) -> ArchiveDigest {
    let mut sha256 = [0; 32];
    for (number, part) in (0_u64..).zip(sha256.chunks_exact_mut(8)) {
        let start = 0xcbf2_9ce4_8422_2325_u64.wrapping_add(number);
        let sum =
            stored.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        part.copy_from_slice(&sum.to_be_bytes());
    }
    ArchiveDigest {
        archive_bytes: u64::try_from(stored.len()).expect("a length in memory fits 64 bits"),
        sha256,
    }
}

impl Archive {
    pub(super) fn record(&self, file_name: &str) -> BackupRecord {
        let archive_bytes = u64::try_from(self.bytes.len()).expect("a length in memory fits 64 bits");
        BackupRecord { file_name: file_name.to_owned(), archive_bytes, finished: self.finished, sha256: None }
    }
}

/// Returns where a part of an archive is, given where all of it is.
pub(super) fn parts_of(ranges: &[DiskRange], part: &Range<u64>) -> Vec<DiskRange> {
    let mut at = 0;
    let mut parts = Vec::new();
    for range in ranges {
        let (start, end) = (part.start.clamp(at, at + range.bytes()), part.end.clamp(at, at + range.bytes()));
        parts.push(DiskRange { start: range.start + start - at, end: range.start + end - at, ..*range });
        at += range.bytes();
    }
    parts.retain(|part| part.bytes() > 0);
    parts
}
