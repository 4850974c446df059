//! Remembers what was stored, so that a further name of it becomes a link.

use std::collections::HashMap;

use super::meta::{Identity, Kind, Meta};

/// The stored entries that have more names than were met so far.
///
/// An entry leaves once all its names were met; so the table grows with the hard links that are open, not with the
/// tree.
#[derive(Debug, Default)]
pub(super) struct Links {
    stored: HashMap<Identity, Stored>,
}

#[derive(Debug)]
struct Stored {
    member: Box<[u8]>,
    names_left: u32,
}

impl Links {
    /// Returns the path in the archive under which the entry was stored, and counts this name as met.
    pub(super) fn meet(&mut self, meta: &Meta) -> Option<Box<[u8]>> {
        if !may_be_linked(meta) {
            return None;
        }
        let stored = self.stored.get_mut(&meta.identity)?;
        stored.names_left -= 1;
        if stored.names_left > 0 {
            return Some(stored.member.clone());
        }
        self.stored.remove(&meta.identity).map(|stored| stored.member)
    }

    /// Notes that the entry was stored under this path.
    pub(super) fn remember(&mut self, meta: &Meta, member: &[u8]) {
        if may_be_linked(meta) {
            let stored = Stored { member: member.into(), names_left: meta.link_count - 1 };
            self.stored.insert(meta.identity, stored);
        }
    }
}

fn may_be_linked(meta: &Meta) -> bool {
    meta.link_count > 1 && meta.kind != Kind::Folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_an_entry_once_all_its_names_were_met() {
        let file = Meta { link_count: 3, ..Meta::of_nothing(Kind::File) };
        let mut links = Links::default();
        assert_eq!(links.meet(&file), None);
        links.remember(&file, b"docs/a");
        assert_eq!(links.meet(&file).as_deref(), Some(&b"docs/a"[..]));
        assert_eq!(links.meet(&file).as_deref(), Some(&b"docs/a"[..]));
        assert!(links.stored.is_empty());
        assert_eq!(links.meet(&file), None);
    }

    #[test]
    fn keeps_no_table_of_what_has_one_name() {
        let mut links = Links::default();
        links.remember(&Meta::of_nothing(Kind::File), b"docs/a");
        links.remember(&Meta { link_count: 5, ..Meta::of_nothing(Kind::Folder) }, b"docs");
        assert!(links.stored.is_empty());
    }
}
