//! What a run would pack and leave out.

use std::path::Path;

use backup_core::manager::Survey;
use backup_core::model::archive::{Finding, FindingKind};
use serde_json::{Map, Value, json};

use super::put_bytes;

/// Returns an entry that would be packed.
pub(crate) fn packed(path: &Path, content_bytes: u64) -> Value {
    object(path, "packed", Some(content_bytes), None)
}

/// Returns an entry that something is to be said of.
pub(crate) fn found(finding: &Finding) -> Value {
    let (state, reason) = match &finding.kind {
        FindingKind::Unreadable(reason) => ("unreadable", Some(reason.as_str())),
        FindingKind::Vanished => ("vanished", None),
        FindingKind::Socket => ("socket", None),
        FindingKind::Own => ("own", None),
        FindingKind::Excluded => ("excluded", None),
        FindingKind::OtherFileSystem => ("other-file-system", None),
        FindingKind::Cache => ("cache", None),
        _ => ("torn", None),
    };
    object(&finding.path, state, None, reason)
}

/// Returns how much would be packed.
pub(crate) fn survey(Survey { source, report }: &Survey) -> Value {
    json!({
        "source": source,
        "entries": report.entries,
        "content_bytes": report.content_bytes,
        "excluded_entries": report.excluded_entries,
        "unreadable_entries": report.unreadable_entries,
    })
}

fn object(path: &Path, state: &str, bytes: Option<u64>, reason: Option<&str>) -> Value {
    let mut object = Map::new();
    put_bytes(&mut object, "path", path.as_os_str().as_encoded_bytes());
    object.insert("state".to_owned(), state.into());
    object.insert("bytes".to_owned(), bytes.into());
    object.insert("reason".to_owned(), reason.into());
    Value::Object(object)
}
