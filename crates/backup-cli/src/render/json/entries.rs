//! The entries of archives.

use backup_core::manager::Viewed;
use backup_core::model::archive::{ArchivedEntry, EntryKind};
use backup_core::time::Moment;
use serde_json::{Map, Value, json};

use super::{moment, put_bytes};

/// Returns an entry, with the archive that holds it.
pub(crate) fn entry(viewed: Viewed<'_>) -> Value {
    let mut object = properties(viewed.entry, viewed.modified);
    object.insert("archive".to_owned(), viewed.archive.file_name.clone().into());
    put_bytes(&mut object, "path", &viewed.entry.path);
    Value::Object(object)
}

/// Returns everything about an entry but its path.
pub(super) fn properties(entry: &ArchivedEntry, modified: Option<Moment>) -> Map<String, Value> {
    let mut object = Map::new();
    let has_link = matches!(entry.kind, EntryKind::Symlink | EntryKind::HardLink);
    let is_device = matches!(entry.kind, EntryKind::CharDevice | EntryKind::BlockDevice);
    object.insert("type".to_owned(), kind(entry.kind).into());
    object.insert("mode".to_owned(), format!("{:04o}", entry.mode).into());
    object.insert("bytes".to_owned(), entry.size_bytes.into());
    object.insert("modified".to_owned(), moment(modified).into());
    object.insert("device".to_owned(), is_device.then(|| json!([entry.device.0, entry.device.1])).into());
    object.insert("link".to_owned(), Value::Null);
    put_bytes(&mut object, "owner", &entry.owner);
    put_bytes(&mut object, "group", &entry.group);
    if has_link {
        put_bytes(&mut object, "link", &entry.link);
    }
    object
}

pub(super) fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::HardLink => "hard-link",
        EntryKind::Symlink => "symlink",
        EntryKind::CharDevice => "char-device",
        EntryKind::BlockDevice => "block-device",
        EntryKind::Folder => "folder",
        EntryKind::Fifo => "fifo",
        EntryKind::Other => "other",
    }
}
