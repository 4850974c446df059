//! Difference: what became of an entry between two archives.

use std::cmp::Ordering;

use crate::model::archive::{ArchivedEntry, EntryKind};
use crate::ports::KnownContents;

/// A property of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Property {
    /// Its kind, for example a link instead of a file. Then only what both kinds have is compared.
    Kind,
    /// The size of a file.
    Size,
    /// The contents of a file.
    Contents,
    /// The target of a link.
    Link,
    /// The number of a device.
    Device,
    /// The permissions.
    Mode,
    /// The owner.
    Owner,
    /// The group.
    Group,
    /// The time of the last change. That of a folder isn't compared: it changes with every entry in it.
    Modified,
}

/// How thoroughly contents are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContentCheck {
    /// Files of the same size and time of change count as the same.
    #[default]
    IfTouched,
    /// The contents of all files of the same size are compared.
    Always,
}

/// Returns the properties that differ between two entries of one path, without contents.
#[must_use]
pub fn differing(old: &ArchivedEntry, new: &ArchivedEntry) -> Vec<Property> {
    let same_kind = old.kind == new.kind;
    let are = |kind: EntryKind| same_kind && old.kind == kind;
    let are_links = are(EntryKind::Symlink) || are(EntryKind::HardLink);
    let are_devices = are(EntryKind::CharDevice) || are(EntryKind::BlockDevice);
    let are_timed = old.kind != EntryKind::Folder && new.kind != EntryKind::Folder;
    [
        (Property::Kind, !same_kind),
        (Property::Size, are(EntryKind::File) && old.size_bytes != new.size_bytes),
        (Property::Link, are_links && old.link != new.link),
        (Property::Device, are_devices && old.device != new.device),
        (Property::Mode, old.mode != new.mode),
        (Property::Owner, old.owner != new.owner),
        (Property::Group, old.group != new.group),
        (Property::Modified, are_timed && modified(old) != modified(new)),
    ]
    .into_iter()
    .filter_map(|(property, differs)| differs.then_some(property))
    .collect()
}

/// Returns whether the contents of two entries of one path must be read to tell whether they are the same.
#[must_use]
pub fn needs_contents(old: &ArchivedEntry, new: &ArchivedEntry, check: ContentCheck) -> bool {
    let are_files = old.kind == EntryKind::File && new.kind == EntryKind::File;
    let may_be_same = are_files && old.size_bytes == new.size_bytes && old.size_bytes > 0;
    may_be_same && (check == ContentCheck::Always || modified(old) != modified(new))
}

/// Returns whether the contents of two files are the same, as far as that is known without reading them.
#[must_use]
pub fn same_contents(old: Option<KnownContents>, new: Option<KnownContents>) -> Option<bool> {
    let (old, new) = (old?, new?);
    match (old.has_holes, new.has_holes) {
        (false, false) => Some(old.digest == new.digest),
        (true, true) if old.digest == new.digest => Some(true),
        // The holes of the same file can be stored in several ways.
        _ => None,
    }
}

fn modified(entry: &ArchivedEntry) -> (i64, u32) {
    (entry.modified_seconds, entry.modified_nanos)
}

/// Compares two paths by the order in which an archiver writes them: a folder before its entries, and these in byte order
/// of their names.
#[must_use]
pub fn archive_order(one: &[u8], other: &[u8]) -> Ordering {
    let names = |path| <[u8]>::split(path, |byte| *byte == b'/');
    names(one).cmp(names(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EntryKind) -> ArchivedEntry {
        ArchivedEntry {
            path: b"a".to_vec(),
            kind,
            mode: 0o644,
            owner: b"ann".to_vec(),
            group: b"ann".to_vec(),
            size_bytes: 3,
            modified_seconds: 5,
            modified_nanos: 7,
            link: b"b".to_vec(),
            device: (8, 1),
        }
    }

    #[track_caller]
    fn check(kinds: [EntryKind; 2], change: fn(&mut ArchivedEntry), expected: &[Property]) {
        let (old, mut new) = (entry(kinds[0]), entry(kinds[1]));
        change(&mut new);
        assert_eq!(differing(&old, &new), expected, "{kinds:?}");
    }

    #[test]
    fn every_property_counts_where_the_kind_has_it() {
        use EntryKind::{BlockDevice, File, Folder, HardLink, Symlink};
        check([File; 2], |_| {}, &[]);
        check([File; 2], |new| new.mode = 0o600, &[Property::Mode]);
        check([File; 2], |new| new.owner = b"bob".to_vec(), &[Property::Owner]);
        check([File; 2], |new| new.group = b"bob".to_vec(), &[Property::Group]);
        check([File; 2], |new| new.size_bytes = 4, &[Property::Size]);
        check([File; 2], |new| new.modified_seconds = 6, &[Property::Modified]);
        check([File; 2], |new| new.modified_nanos = 8, &[Property::Modified]);
        check([File; 2], |new| new.link = b"c".to_vec(), &[]);
        check([File; 2], |new| new.device = (8, 2), &[]);
        check([Symlink; 2], |new| new.link = b"c".to_vec(), &[Property::Link]);
        check([HardLink; 2], |new| new.link = b"c".to_vec(), &[Property::Link]);
        check([BlockDevice; 2], |new| new.device = (8, 2), &[Property::Device]);
        check([Folder; 2], |new| (new.modified_seconds, new.size_bytes) = (6, 9), &[]);
        check([File, Symlink], |new| new.mode = 0o777, &[Property::Kind, Property::Mode]);
        check([File, Folder], |new| new.modified_seconds = 6, &[Property::Kind]);
    }

    #[test]
    fn contents_are_read_where_headers_dont_decide() {
        let needs = |change: fn(&mut ArchivedEntry), check| {
            let (old, mut new) = (entry(EntryKind::File), entry(EntryKind::File));
            change(&mut new);
            needs_contents(&old, &new, check)
        };
        for (change, if_touched, always) in [
            ((|_| {}) as fn(&mut ArchivedEntry), false, true),
            (|new| new.modified_nanos = 8, true, true),
            (|new| new.size_bytes = 4, false, false),
            (|new| new.kind = EntryKind::HardLink, false, false),
        ] {
            assert_eq!(needs(change, ContentCheck::IfTouched), if_touched);
            assert_eq!(needs(change, ContentCheck::Always), always);
        }
        let empty = ArchivedEntry { size_bytes: 0, ..entry(EntryKind::File) };
        assert!(!needs_contents(&empty, &empty, ContentCheck::Always));
    }

    #[test]
    fn digests_decide_where_contents_are_stored_alike() {
        let known = |digest, has_holes| Some(KnownContents { digest: [digest; 16], has_holes });
        for (old, new, expected) in [
            (known(1, false), known(1, false), Some(true)),
            (known(1, false), known(2, false), Some(false)),
            (known(1, true), known(1, true), Some(true)),
            (known(1, true), known(2, true), None),
            (known(1, true), known(1, false), None),
            (known(1, false), known(2, true), None),
            (None, known(1, false), None),
            (known(1, false), None, None),
            (None, None, None),
        ] {
            assert_eq!(same_contents(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn the_order_is_that_of_a_walk() {
        let walk = ["", "a", "a/b", "a/b/c", "a/b.c", "a b", "a.b", "b"];
        for (at, path) in walk.iter().enumerate() {
            for (other_at, other) in walk.iter().enumerate() {
                // A folder's entries come right behind it, before a name that merely begins like its name.
                let expected = at.cmp(&other_at);
                assert_eq!(archive_order(path.as_bytes(), other.as_bytes()), expected, "{path:?} {other:?}");
            }
        }
    }
}
