//! What a run would pack and leave out.

use std::path::Path;

use backup_core::manager::Survey;
use backup_core::model::archive::Finding;
use backup_core::text::{printable, shell_word, size};

use super::{entries, json};

/// Returns the line of an entry that would be packed.
pub(crate) fn would_pack(path: &Path, content_bytes: u64) -> String {
    let path = path.as_os_str().as_encoded_bytes();
    let path = if path.is_empty() { "./".to_owned() } else { shell_word(path) };
    format!("{content_bytes:>12} {path}")
}

/// Returns the line of an entry that would be packed, as JSON.
pub(crate) fn json_packed(path: &Path, content_bytes: u64) -> String {
    json::line(&json::packed(path, content_bytes))
}

/// Returns the line of an entry that something is to be said of, as JSON.
pub(crate) fn json_found(finding: &Finding) -> String {
    json::line(&json::found(finding))
}

/// Returns how much would be packed, and how much would not.
pub(crate) fn survey(Survey { source, report }: &Survey) -> Vec<String> {
    let (packed, bytes) = (entries(report.entries), size(report.content_bytes));
    let source = printable(source.as_bytes());
    let unreadable = report.unreadable_entries;
    [
        Some(format!("A backup of {source} would hold {packed} ({bytes})")),
        Some(format!("{} left out on purpose", entries(report.excluded_entries))),
        (unreadable > 0).then(|| format!("{} could not be read, and would be missing", entries(unreadable))),
    ]
    .into_iter()
    .flatten()
    .collect()
}
