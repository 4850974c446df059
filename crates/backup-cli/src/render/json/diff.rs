//! What differs between two archives.

use backup_core::manager::{DiffReport, EntryDifference};
use backup_core::model::archive::{ArchivedEntry, BackupRecord};
use backup_core::policy::difference::Property;
use backup_core::time::Moment;
use serde_json::{Map, Value, json};

use super::entries::properties;
use super::put_bytes;

/// Returns what became of one entry.
pub(crate) fn difference(
    difference: EntryDifference<'_>,
    modified: impl Fn(&ArchivedEntry) -> Option<Moment>,
) -> Value {
    let (change, old, new, differing) = match difference {
        EntryDifference::New(new) => ("new", None, Some(new), &[][..]),
        EntryDifference::Gone(old) => ("gone", Some(old), None, &[][..]),
        EntryDifference::Changed(old, new, differing) => ("changed", Some(old), Some(new), differing),
    };
    let entry = |entry: Option<&ArchivedEntry>| entry.map(|entry| properties(entry, modified(entry)));
    let mut object = Map::new();
    object.insert("change".to_owned(), change.into());
    object.insert("differs".to_owned(), differing.iter().map(|one| word(*one)).collect());
    object.insert("old".to_owned(), entry(old).into());
    object.insert("new".to_owned(), entry(new).into());
    let path = new.or(old).map_or(&[][..], |entry| &entry.path);
    put_bytes(&mut object, "path", path);
    Value::Object(object)
}

/// Returns how many entries differ.
pub(crate) fn diff_summary([old, new]: [&BackupRecord; 2], report: &DiffReport) -> Value {
    json!({
        "old_archive": old.file_name,
        "new_archive": new.file_name,
        "new_entries": report.new_entries,
        "gone_entries": report.gone_entries,
        "changed_entries": report.changed_entries,
        "same_entries": report.same_entries,
        "complete": report.is_complete(),
    })
}

fn word(property: Property) -> &'static str {
    match property {
        Property::Kind => "type",
        Property::Size => "bytes",
        Property::Contents => "contents",
        Property::Link => "link",
        Property::Device => "device",
        Property::Mode => "mode",
        Property::Owner => "owner",
        Property::Group => "group",
        Property::Modified => "modified",
    }
}
