//! Remembers what was stored, so that a further name of it becomes a link.

use std::collections::HashMap;

use rustix::fs::FileType;
use sha2::{Digest, Sha256};

use crate::posix::sparse::SparseMap;
use crate::posix::stat::{Identity, Meta};
use crate::posix::xattrs::Attribute;

/// The stored entries that have more names than were met so far.
///
/// An entry leaves once all its names were met; so the table grows with the hard links that are open, not with the
/// tree.
///
/// Two entries of the same inode number are one where the disk's inode numbers can be relied on, unless one has changed
/// since the other was stored: then the number may have come to another file. On any other disk two files can share a
/// number, so a link must also have the contents of the first name. Not told apart are two files there that are alike in
/// everything: they come back with the right contents, as one file.
#[derive(Debug, Default)]
pub(super) struct Links {
    stored: HashMap<Identity, Stored>,
}

#[derive(Debug)]
struct Stored {
    meta: Meta,
    likeness: Option<Likeness>,
    member: Box<[u8]>,
    names_left: u32,
}

/// What stands for the contents and extended attributes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Likeness([u8; 32]);

/// Takes in what a likeness stands for.
#[derive(Debug, Clone)]
pub(super) struct LikenessMaker(Sha256);

impl LikenessMaker {
    /// Begins with all but the contents.
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

    /// Takes in the next of the contents.
    pub(super) fn take(&mut self, contents: &[u8]) {
        self.0.update(contents);
    }

    pub(super) fn finish(self) -> Likeness {
        Likeness(self.0.finalize().into())
    }
}

impl Links {
    /// Returns the path in the archive under which the entry was stored, and counts this name as met. A likeness is given
    /// for what lies on a disk whose inode numbers can't be relied on.
    pub(super) fn meet(&mut self, meta: &Meta, likeness: Option<&Likeness>) -> Option<Box<[u8]>> {
        if !may_be_linked(meta) {
            return None;
        }
        let stored = self.stored.get_mut(&meta.identity)?;
        if !stored.is(meta, likeness) {
            return None;
        }
        stored.names_left -= 1;
        if stored.names_left > 0 {
            return Some(stored.member.clone());
        }
        self.stored.remove(&meta.identity).map(|stored| stored.member)
    }

    /// Returns true when an entry was stored that is the same, if it has the same likeness.
    pub(super) fn may_be_met(&self, meta: &Meta) -> bool {
        may_be_linked(meta) && self.stored.get(&meta.identity).is_some_and(|stored| stored.meta == *meta)
    }

    /// Notes that the entry was stored under this path.
    pub(super) fn remember(&mut self, meta: &Meta, likeness: Option<Likeness>, member: &[u8]) {
        if may_be_linked(meta) {
            let names_left = meta.link_count - 1;
            let stored = Stored { meta: meta.clone(), likeness, member: member.into(), names_left };
            self.stored.insert(meta.identity, stored);
        }
    }
}

impl Stored {
    fn is(&self, meta: &Meta, likeness: Option<&Likeness>) -> bool {
        let is_alike = likeness == self.likeness.as_ref();
        is_alike && if likeness.is_some() { *meta == self.meta } else { meta.is_unchanged(&self.meta) }
    }
}

/// Returns true when the entry may have further names.
pub(super) fn may_be_linked(meta: &Meta) -> bool {
    meta.link_count > 1 && meta.kind != FileType::Directory
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posix::stat::Instant;

    fn likeness(contents: &[u8]) -> Likeness {
        let mut maker = LikenessMaker::new(&[], None);
        maker.take(contents);
        maker.finish()
    }

    #[test]
    fn forgets_an_entry_once_all_its_names_were_met() {
        let file = Meta { link_count: 3, ..Meta::of_nothing(FileType::RegularFile) };
        let mut links = Links::default();
        assert_eq!(links.meet(&file, None), None);
        links.remember(&file, None, b"docs/a");
        assert_eq!(links.meet(&file, None).as_deref(), Some(&b"docs/a"[..]));
        assert_eq!(links.meet(&file, None).as_deref(), Some(&b"docs/a"[..]));
        assert!(links.stored.is_empty());
        assert_eq!(links.meet(&file, None), None);
    }

    #[test]
    fn keeps_no_table_of_what_has_one_name() {
        let mut links = Links::default();
        links.remember(&Meta::of_nothing(FileType::RegularFile), None, b"docs/a");
        links.remember(&Meta { link_count: 5, ..Meta::of_nothing(FileType::Directory) }, None, b"docs");
        assert!(links.stored.is_empty());
    }

    /// Of each: what is seen of a second name, and whether it is a link on a disk that is relied on, and on another one.
    #[test]
    fn links_only_what_is_one_file() {
        let first = Meta { link_count: 9, size_bytes: 5, ..Meta::of_nothing(FileType::RegularFile) };
        let later = Instant { seconds: 1, nanos: 0 };
        let cases = [
            (first.clone(), true, true),
            (Meta { size_bytes: 6, ..first.clone() }, false, false),
            (Meta { modified: later, ..first.clone() }, false, false),
            (Meta { changed: later, ..first.clone() }, false, false),
            // Only a name was removed meanwhile.
            (Meta { changed: later, link_count: 8, ..first.clone() }, true, false),
            (Meta { uid: 1, ..first.clone() }, true, false),
            (Meta { mode: 1, ..first.clone() }, true, false),
        ];
        let mut links = Links::default();
        for (second, relied_on, otherwise) in cases {
            links.remember(&first, None, b"a");
            assert_eq!(links.meet(&second, None).is_some(), relied_on, "{second:?}");
            links.remember(&first, Some(likeness(b"hello")), b"a");
            assert_eq!(links.meet(&second, Some(&likeness(b"hello"))).is_some(), otherwise, "{second:?}");
            assert_eq!(links.may_be_met(&second), otherwise, "{second:?}");
        }
        assert_eq!(links.meet(&first, Some(&likeness(b"world"))), None, "other contents");
        assert_eq!(links.meet(&first, None), None);
    }

    #[test]
    fn attributes_are_part_of_a_likeness() {
        let attribute = |value: &[u8]| Attribute { name: b"user.a".to_vec(), value: value.to_vec() };
        let of = |attributes: &[Attribute]| LikenessMaker::new(attributes, None).finish();
        assert_eq!(of(&[attribute(b"x")]), of(&[attribute(b"x")]));
        assert_ne!(of(&[attribute(b"x")]), of(&[attribute(b"y")]));
        assert_ne!(of(&[attribute(b"x")]), of(&[]));
    }
}
