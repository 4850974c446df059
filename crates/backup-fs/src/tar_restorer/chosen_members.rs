//! Members that were chosen, and the part of the archive that they are.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use crate::catalog::CatalogMember;
use crate::tar_reader::MemberKind;

/// Members that were chosen, by their offsets.
#[derive(Debug, Default)]
pub(super) struct ChosenMembers {
    pub(super) members: BTreeMap<u64, Place>,
    pub(super) hasher: RandomState,
    /// The files that chosen hard links lead to.
    pub(super) links: Vec<Vec<u8>>,
}

/// Where a member ends, and a hash of what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) end: u64,
    pub(super) hash: u64,
}

/// A part of the archive without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Where it is in the chosen part.
    pub(super) at: u64,
    /// Where it is in the archive.
    pub(super) from: u64,
    pub(super) bytes: u64,
}

impl Stretch {
    pub(super) fn end(&self) -> u64 {
        self.at + self.bytes
    }
}

impl ChosenMembers {
    pub(super) fn add(&mut self, member: &CatalogMember) {
        let (end, hash) = (member.end(), self.hash(member));
        self.members.insert(member.offset, Place { end, hash });
        if member.kind == MemberKind::HardLink {
            self.links.push(member.link.clone());
        }
    }

    /// Returns a hash of what a header says, the number of bytes included.
    pub(super) fn hash(&self, member: &CatalogMember) -> u64 {
        let kind = match member.kind {
            MemberKind::Folder => 0,
            MemberKind::HardLink => 1,
            _ => 2,
        };
        let header_bytes = member.contents_offset.wrapping_sub(member.offset);
        let lengths = (header_bytes, member.stored_bytes, member.size_bytes);
        let modified = (member.modified.seconds, member.modified.nanos);
        // Records that count for all members to come may give them other owners.
        let owner = (&member.user, &member.group, member.uid, member.gid);
        let is = (kind, member.mode, member.device);
        self.hasher.hash_one((&member.path, &member.link, is, owner, lengths, modified))
    }

    pub(super) fn stretches(&self) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (from, place) in &self.members {
            let bytes = place.end.saturating_sub(*from);
            match stretches.last_mut() {
                Some(last) if last.from + last.bytes == *from => last.bytes += bytes,
                last => {
                    let at = last.map_or(0, |last| last.end());
                    stretches.push(Stretch { at, from: *from, bytes });
                }
            }
        }
        stretches
    }
}
