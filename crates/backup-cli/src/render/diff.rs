//! What differs between two archives.

use backup_core::manager::{DiffReport, EntryDifference};
use backup_core::model::archive::{ArchivedEntry, BackupRecord, EntryKind};
use backup_core::policy::difference::Property;
use backup_core::text::{grouped, printable, shell_word};
use backup_core::time::Moment;

/// Returns the line of one entry: a sign, the path, and which properties differ.
pub(crate) fn difference(
    difference: EntryDifference<'_>,
    modified: impl Fn(&ArchivedEntry) -> Option<Moment>,
) -> String {
    match difference {
        EntryDifference::New(new) => format!("+ {}", new.name()),
        EntryDifference::Gone(old) => format!("- {}", old.name()),
        EntryDifference::Changed(old, new, differing) => {
            let told = differing.iter().map(|property| told(*property, [old, new], &modified));
            format!("~ {} ({})", new.name(), told.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns how many entries differ.
pub(crate) fn diff_summary([old, new]: [&BackupRecord; 2], report: &DiffReport) -> String {
    let counts = [report.new_entries, report.gone_entries, report.changed_entries, report.same_entries];
    let [added, gone, changed, same] = counts.map(grouped);
    let (old, new) = (&old.file_name, &new.file_name);
    format!("{added} new, {gone} gone, {changed} changed, {same} the same: {old} -> {new}")
}

fn told(
    property: Property,
    pair: [&ArchivedEntry; 2],
    modified: impl Fn(&ArchivedEntry) -> Option<Moment>,
) -> String {
    let both = |word: &str, show: &dyn Fn(&ArchivedEntry) -> String| {
        let [old, new] = pair.map(show);
        if old == new { word.to_owned() } else { format!("{word} {old} -> {new}") }
    };
    match property {
        Property::Kind => both("kind", &|entry| kind(entry.kind).to_owned()),
        Property::Size => both("size", &|entry| entry.size_bytes.to_string()),
        Property::Contents => "contents".to_owned(),
        Property::Link => both("link", &|entry| shell_word(&entry.link)),
        Property::Device => both("device", &|entry| format!("{},{}", entry.device.0, entry.device.1)),
        Property::Mode => both("mode", &|entry| format!("{:04o}", entry.mode)),
        Property::Owner => both("owner", &|entry| printable(&entry.owner)),
        Property::Group => both("group", &|entry| printable(&entry.group)),
        Property::Modified => both("time", &|entry| time(modified(entry))),
    }
}

fn time(modified: Option<Moment>) -> String {
    modified.map_or_else(|| "?".to_owned(), |moment| moment.format("%Y-%m-%d %H:%M:%S").to_string())
}

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::HardLink => "hard link",
        EntryKind::Symlink => "symbolic link",
        EntryKind::CharDevice => "character device",
        EntryKind::BlockDevice => "block device",
        EntryKind::Folder => "folder",
        EntryKind::Fifo => "FIFO",
        EntryKind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_says_what_was_and_what_is() {
        let old = ArchivedEntry {
            path: b"a\nb".to_vec(),
            kind: EntryKind::File,
            mode: 0o644,
            owner: b"ann".to_vec(),
            group: b"ann".to_vec(),
            size_bytes: 4,
            modified_seconds: 0,
            modified_nanos: 0,
            link: b"x".to_vec(),
            device: (8, 1),
        };
        let new = ArchivedEntry {
            kind: EntryKind::Symlink,
            mode: 0o600,
            owner: b"bob".to_vec(),
            group: b"b\x1b".to_vec(),
            size_bytes: 6,
            link: b"y z".to_vec(),
            device: (8, 2),
            ..old.clone()
        };
        let all = [
            Property::Kind,
            Property::Size,
            Property::Contents,
            Property::Link,
            Property::Device,
            Property::Mode,
            Property::Owner,
            Property::Group,
            Property::Modified,
        ];
        let line = difference(EntryDifference::Changed(&old, &new, &all), |_| None);
        insta::assert_snapshot!(line, @r"~ $'a\nb' (kind file -> symbolic link, size 4 -> 6, contents, link x -> 'y z', device 8,1 -> 8,2, mode 0644 -> 0600, owner ann -> bob, group ann -> b\u{1b}, time)");
        assert_eq!(difference(EntryDifference::New(&old), |_| None), r"+ $'a\nb'");
        assert_eq!(difference(EntryDifference::Gone(&old), |_| None), r"- $'a\nb'");
    }
}
