//! A folder with archives of another tool, in memory.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use super::Faults;
use super::locked::locked;
use super::memory_backups::{MemoryBackups, digest_of};
use crate::model::archive::{ArchiveDigest, Packing};
use crate::model::error::{Failure, PortError};
use crate::ports::{ForeignFile, ForeignFolder, Progress};
use crate::time::Moment;

/// Holds files as long as it lives. Clones are handles of the same folder.
///
/// Like [`MemoryBackups`] it compresses nothing, but puts a few bytes before what is compressed: see
/// [`packed`](Self::packed). Its operations are "list files", "open file" and "digest file".
#[derive(Debug, Clone, Default)]
pub struct MemoryFolder {
    files: Arc<Mutex<BTreeMap<OsString, StoredFile>>>,
    faults: Faults,
}

/// When a file was last modified, and its bytes.
type StoredFile = (DateTime<Utc>, Vec<u8>);

const GZIPPED: &[u8] = b"gzipped:";
const ZSTD: &[u8] = b"packed:";

impl MemoryFolder {
    /// Returns an empty folder, which never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty folder, which fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Puts a file there.
    pub fn put(&self, file_name: &str, modified: Moment, stored: Vec<u8>) {
        locked(&self.files).insert(file_name.into(), (modified.to_utc(), stored));
    }

    /// Returns a plain tar as it is stored in a file.
    #[must_use]
    pub fn packed(tar: &[u8], packing: Packing) -> Vec<u8> {
        match packing {
            Packing::Plain => tar.to_vec(),
            Packing::Gzip => [GZIPPED, tar].concat(),
            Packing::Zstd => [ZSTD, tar].concat(),
        }
    }

    fn read(&self, file_name: &OsStr, packing: Packing) -> Result<Vec<u8>, PortError> {
        let failed = |failure| PortError::new(failure, format!("read {}", file_name.display()));
        let stored = locked(&self.files).get(file_name).map(|(_, stored)| stored.clone());
        let stored = stored.ok_or_else(|| failed(Failure::Missing))?;
        match packing {
            Packing::Plain | Packing::Zstd => Ok(stored),
            Packing::Gzip => match stored.strip_prefix(GZIPPED) {
                Some(tar) => Ok(tar.to_vec()),
                None => Err(failed(Failure::Damaged).because("it is not gzipped")),
            },
        }
    }
}

impl ForeignFolder for MemoryFolder {
    fn list(&self) -> Result<Vec<ForeignFile>, PortError> {
        self.faults.check("list files", "the folder")?;
        let files = locked(&self.files);
        let file = |(file_name, (modified, stored)): (&OsString, &StoredFile)| ForeignFile {
            file_name: file_name.clone(),
            bytes: u64::try_from(stored.len()).expect("a length in memory fits 64 bits"),
            modified: *modified,
        };
        Ok(files.iter().map(file).collect())
    }

    fn open(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError> {
        self.faults.check("open file", &file_name.to_string_lossy())?;
        Ok(Box::new(Cursor::new(self.read(file_name, packing)?)))
    }

    fn open_plain(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError> {
        self.faults.check("open file", &file_name.to_string_lossy())?;
        let stored = self.read(file_name, packing)?;
        let is_zstd = packing == Packing::Zstd;
        let plain = if is_zstd { MemoryBackups::unpacked(&stored) } else { Some(stored) };
        let damaged = || PortError::new(Failure::Damaged, format!("read {}", file_name.display()));
        Ok(Box::new(Cursor::new(plain.ok_or_else(damaged)?)))
    }

    fn digest(
        &self,
        file_name: &OsStr,
        packing: Packing,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        self.faults.check("digest file", &file_name.to_string_lossy())?;
        if progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, format!("read {}", file_name.display())));
        }
        let digest = digest_of(&self.read(file_name, packing)?);
        progress.advanced(Path::new(file_name), digest.archive_bytes);
        Ok(digest)
    }
}
