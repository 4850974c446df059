//! The table of stored entries with further names, which become hard links.

use std::collections::HashMap;

use rustix::fs::FileType;
use sha2::{Digest, Sha256};

use crate::posix::sparse::SparseMap;
use crate::posix::stat::{Identity, Meta};
use crate::posix::xattrs::Attribute;

/// The stored entries that have more names than were seen so far.
///
/// An entry leaves the table once all its names were seen. So the table grows with the number of unfinished hard
/// links and not with the tree.
///
/// Two entries with the same inode number are the same file if inode numbers are reliable on that disk and the entry
/// hasn't changed since it was stored; otherwise another file may have got the number. On any other disk two files
/// can share a number, so the contents must be the same as well. Two files there that are alike in everything can't
/// be told apart: both are restored with the right contents, as one file.
#[derive(Debug, Default)]
pub(super) struct Links {
    stored: HashMap<Identity, Stored>,
}

#[derive(Debug)]
struct Stored {
    meta: Meta,
    fingerprint: Option<Fingerprint>,
    member: Box<[u8]>,
    remaining_names: u32,
}

/// A digest of a file's contents and extended attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

/// Computes a fingerprint.
#[derive(Debug, Clone)]
pub(super) struct FingerprintBuilder(Sha256);

impl FingerprintBuilder {
    /// Starts with everything except the contents.
    pub(super) fn new(attributes: &[Attribute], map: Option<&SparseMap>) -> Self {
        let mut sum = Sha256::new();
        for Attribute { name, value } in attributes {
            sum.update(name);
            sum.update(b"\0");
            sum.update(value.len().to_le_bytes());
            sum.update(value);
        }
        sum.update(b"\0");
        sum.update(map.map(SparseMap::text).unwrap_or_default());
        Self(sum)
    }

    /// Adds the next contents.
    pub(super) fn update(&mut self, contents: &[u8]) {
        self.0.update(contents);
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

impl Links {
    /// Returns the path in the archive under which the entry was stored, and counts this name as seen.
    ///
    /// `fingerprint` is given if the inode numbers of the entry's disk aren't reliable.
    pub(super) fn take_first(&mut self, meta: &Meta, fingerprint: Option<&Fingerprint>) -> Option<Box<[u8]>> {
        if !may_be_linked(meta) {
            return None;
        }
        let stored = self.stored.get_mut(&meta.identity)?;
        if !stored.is(meta, fingerprint) {
            return None;
        }
        stored.remaining_names -= 1;
        if stored.remaining_names > 0 {
            return Some(stored.member.clone());
        }
        self.stored.remove(&meta.identity).map(|stored| stored.member)
    }

    /// Returns whether an entry was stored that is the same if its fingerprint is the same.
    pub(super) fn may_match(&self, meta: &Meta) -> bool {
        may_be_linked(meta) && self.stored.get(&meta.identity).is_some_and(|stored| stored.meta == *meta)
    }

    /// Remembers that the entry was stored under this path.
    pub(super) fn remember(&mut self, meta: &Meta, fingerprint: Option<Fingerprint>, member: &[u8]) {
        if may_be_linked(meta) {
            let remaining_names = meta.link_count - 1;
            let stored = Stored { meta: meta.clone(), fingerprint, member: member.into(), remaining_names };
            self.stored.insert(meta.identity, stored);
        }
    }
}

impl Stored {
    fn is(&self, meta: &Meta, fingerprint: Option<&Fingerprint>) -> bool {
        let has_same_fingerprint = fingerprint == self.fingerprint.as_ref();
        has_same_fingerprint
            && if fingerprint.is_some() { *meta == self.meta } else { meta.is_unchanged(&self.meta) }
    }
}

/// Returns whether the entry may have further names.
pub(super) fn may_be_linked(meta: &Meta) -> bool {
    meta.link_count > 1 && meta.kind != FileType::Directory
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posix::stat::Timestamp;

    fn fingerprint(contents: &[u8]) -> Fingerprint {
        let mut maker = FingerprintBuilder::new(&[], None);
        maker.update(contents);
        maker.finish()
    }

    #[test]
    fn forgets_an_entry_after_its_last_name() {
        let file = Meta { link_count: 3, ..Meta::of_nothing(FileType::RegularFile) };
        let mut links = Links::default();
        assert_eq!(links.take_first(&file, None), None);
        links.remember(&file, None, b"docs/a");
        assert_eq!(links.take_first(&file, None).as_deref(), Some(&b"docs/a"[..]));
        assert_eq!(links.take_first(&file, None).as_deref(), Some(&b"docs/a"[..]));
        assert!(links.stored.is_empty());
        assert_eq!(links.take_first(&file, None), None);
    }

    #[test]
    fn does_not_remember_entries_with_one_name() {
        let mut links = Links::default();
        links.remember(&Meta::of_nothing(FileType::RegularFile), None, b"docs/a");
        links.remember(&Meta { link_count: 5, ..Meta::of_nothing(FileType::Directory) }, None, b"docs");
        assert!(links.stored.is_empty());
    }

    /// Each case: the metadata of a second name, and whether it becomes a link on a reliable disk and on another one.
    #[test]
    fn links_only_names_of_the_same_file() {
        let first = Meta { link_count: 9, size_bytes: 5, ..Meta::of_nothing(FileType::RegularFile) };
        let later = Timestamp { seconds: 1, nanos: 0 };
        let cases = [
            (first.clone(), true, true),
            (Meta { size_bytes: 6, ..first.clone() }, false, false),
            (Meta { modified: later, ..first.clone() }, false, false),
            (Meta { changed: later, ..first.clone() }, false, false),
            // Only another name was removed.
            (Meta { changed: later, link_count: 8, ..first.clone() }, true, false),
            (Meta { uid: 1, ..first.clone() }, true, false),
            (Meta { mode: 1, ..first.clone() }, true, false),
        ];
        let mut links = Links::default();
        for (second, relied_on, otherwise) in cases {
            links.remember(&first, None, b"a");
            assert_eq!(links.take_first(&second, None).is_some(), relied_on, "{second:?}");
            links.remember(&first, Some(fingerprint(b"hello")), b"a");
            assert_eq!(
                links.take_first(&second, Some(&fingerprint(b"hello"))).is_some(),
                otherwise,
                "{second:?}"
            );
            assert_eq!(links.may_match(&second), otherwise, "{second:?}");
        }
        assert_eq!(links.take_first(&first, Some(&fingerprint(b"world"))), None, "other contents");
        assert_eq!(links.take_first(&first, None), None);
    }

    #[test]
    fn attributes_are_part_of_a_fingerprint() {
        let attribute = |value: &[u8]| Attribute { name: b"user.a".to_vec(), value: value.to_vec() };
        let of = |attributes: &[Attribute]| FingerprintBuilder::new(attributes, None).finish();
        assert_eq!(of(&[attribute(b"x")]), of(&[attribute(b"x")]));
        assert_ne!(of(&[attribute(b"x")]), of(&[attribute(b"y")]));
        assert_ne!(of(&[attribute(b"x")]), of(&[]));
    }
}
