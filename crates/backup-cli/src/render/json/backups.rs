//! The archives that exist.

use backup_core::model::archive::{ArchiveName, BackupRecord, Grade};
use backup_core::time::rfc3339;
use serde_json::{Value, json};

/// Returns an archive.
pub(crate) fn backup(record: &BackupRecord) -> Value {
    let name = ArchiveName::parse(&record.file_name);
    json!({
        "archive": record.file_name,
        "name": name.as_ref().map(|name| name.backup.as_str()),
        "state": state(name.as_ref()),
        "bytes": record.archive_bytes,
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
