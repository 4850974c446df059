//! The folder of finished backups.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;

use backup_core::backup::{BackupName, BackupRecord};
use backup_core::error::PortError;
use backup_core::ports::{BackupStore, Draft, Moment, moment};
use backup_core::text::printable;
use chrono::DateTime;
use rustix::fs::{FileType, Stat};

use crate::archive_draft::ArchiveDraft;
use crate::durable::sweep;
use crate::failure::port_error;
use crate::folder::Folder;
use crate::system_clock::SystemClock;

const ENDING: &str = ".tar";

/// `backups/`: each backup a file `NAME.tar`, for its owner alone.
#[derive(Debug)]
pub struct BackupDir {
    path: PathBuf,
}

impl BackupDir {
    /// Returns the store in that folder, which is made when the first backup is.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn failed(&self, verb: &str) -> impl Fn(io::Error) -> PortError {
        let action = format!("{verb} {}", self.path.display());
        move |error| port_error(action.clone(), error)
    }
}

impl BackupStore for BackupDir {
    fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
        let failed = self.failed("read");
        let folder = Folder::open_own(&self.path).map_err(&failed)?;
        let mut backups = Vec::new();
        for name in folder.names().map_err(&failed)?.iter().filter(|name| is_archive_name(name)) {
            // A name that vanished since is no backup any more.
            let stat = folder.stat(name).map_err(&failed)?;
            backups.extend(stat.and_then(|stat| record(name, &stat)));
        }
        Ok(backups)
    }

    fn draft(&self, name: &BackupName) -> Result<Box<dyn Draft + '_>, PortError> {
        let folder = Folder::make_own(&self.path).map_err(self.failed("use"))?;
        let draft =
            ArchiveDraft::begin(folder, name).map_err(self.failed(&format!("begin the backup {name} in")))?;
        Ok(Box::new(draft))
    }

    fn sweep(&self) -> Result<usize, PortError> {
        let failed = self.failed("clean up");
        match Folder::open_own(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            folder => sweep(&folder.map_err(&failed)?, ENDING).map_err(&failed),
        }
    }
}

fn is_archive_name(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    !bytes.starts_with(b".") && bytes.ends_with(ENDING.as_bytes())
}

/// Returns the backup in a file; what is not a regular file is none.
fn record(name: &OsStr, stat: &Stat) -> Option<BackupRecord> {
    (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then(|| BackupRecord {
        file_name: printable(name.as_encoded_bytes()),
        archive_bytes: u64::try_from(stat.st_size).unwrap_or(0),
        finished: finished(stat),
        sha256: None,
    })
}

fn finished(stat: &Stat) -> Moment {
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    moment(&SystemClock, DateTime::from_timestamp(stat.st_mtime, nanoseconds).unwrap_or_default())
}
