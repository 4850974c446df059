//! The archives that exist.

use backup_core::model::archive::{ArchiveName, BackupRecord, Grade};
use backup_core::operation::disk_use::DiskUse;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

/// Returns an archive, and what it takes on the disk if that is known.
pub(crate) fn backup(record: &BackupRecord, taken: Option<&DiskUse>) -> Value {
    let name = ArchiveName::parse(&record.file_name);
    json!({
        "archive": record.file_name,
        "name": name.as_ref().map(|name| name.backup.as_str()),
        "state": state(name.as_ref()),
        "bytes": record.archive_bytes,
        "disk_bytes": taken.map(|taken| taken.disk_bytes),
        "exclusive_bytes": taken.map(|taken| taken.exclusive_bytes),
        "finished": rfc3339(record.finished),
    })
}

fn state(name: Option<&ArchiveName>) -> &'static str {
    match name {
        None => "unknown",
        Some(name) if name.grade == Grade::Incomplete => "incomplete",
        Some(name) if name.stamp.is_some() => "older",
        Some(_) => "newest",
    }
}
