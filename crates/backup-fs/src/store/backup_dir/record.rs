//! Records: what the metadata of a file tells of a backup.

use std::ffi::OsStr;

use backup_core::model::archive::BackupRecord;
use backup_core::time::{Moment, moment};
use chrono::DateTime;
use rustix::fs::{FileType, Stat};

use crate::clock::system_clock::SystemClock;
use crate::store::own_archive::own_archive;

/// Returns the name if it can be that of a backup. Other files in the folder are ignored.
pub(super) fn archive_name(name: &OsStr) -> Option<&str> {
    name.to_str().filter(|name| own_archive(name).is_some())
}

/// Returns the record of a backup, or `None` if it is not a regular file.
pub(super) fn record(name: &str, stat: &Stat) -> Option<BackupRecord> {
    (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then(|| BackupRecord {
        file_name: name.to_owned(),
        archive_bytes: u64::try_from(stat.st_size).unwrap_or(0),
        finished: finished(stat),
        sha256: None,
    })
}

fn finished(stat: &Stat) -> Moment {
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    moment(&SystemClock, DateTime::from_timestamp(stat.st_mtime, nanoseconds).unwrap_or_default())
}
