//! Compares the members of an archive with what its catalog says of them.

use std::io::{self, Read};

use super::digest::{ContentDigest, ContentDigester};
use super::member::{CatalogMember, Listed};
use crate::posix::sparse::SparseMap;
use crate::tar_reader::{Member, TarReader};

/// How much of a file is read at once.
const READ_BYTES: usize = 256 * 1024;

/// Digests the contents of members.
#[derive(Debug)]
pub(crate) struct MemberDigester {
    digester: ContentDigester,
    buffer: Vec<u8>,
}

impl Default for MemberDigester {
    fn default() -> Self {
        Self { digester: ContentDigester::default(), buffer: vec![0; READ_BYTES] }
    }
}

impl MemberDigester {
    /// Returns the digest of the contents of the member at hand, as a catalog has it.
    ///
    /// `passed` hears how much was read.
    ///
    /// # Errors
    /// The contents can't be read, or the error of `passed`.
    pub(crate) fn digest<R: Read, E: From<io::Error>>(
        &mut self,
        reader: &mut TarReader<R>,
        member: &Member,
        mut passed: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<ContentDigest, E> {
        self.digester.finish();
        // A map without holes says nothing.
        let map = member.sparse.as_ref().filter(|map: &&SparseMap| map.data_bytes() < map.size_bytes());
        map.into_iter().for_each(|map| self.digester.update(&map.text()));
        let mut contents = reader.contents();
        loop {
            contents.pass_hole();
            match contents.read(&mut self.buffer)? {
                0 => return Ok(self.digester.finish()),
                read => {
                    self.digester.update(&self.buffer[..read]);
                    passed(read as u64)?;
                }
            }
        }
    }

    /// Returns the digest of bytes that are contents without a map.
    ///
    /// # Errors
    /// As [`digest`](Self::digest). There are fewer bytes.
    pub(crate) fn digest_bytes<E: From<io::Error>>(
        &mut self,
        source: &mut (impl Read + ?Sized),
        bytes: u64,
        mut passed: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<ContentDigest, E> {
        self.digester.finish();
        let mut left = bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            source.read_exact(&mut self.buffer[..most])?;
            self.digester.update(&self.buffer[..most]);
            left -= most as u64;
            passed(most as u64)?;
        }
        Ok(self.digester.finish())
    }
}

impl CatalogMember {
    /// Returns whether a member with these contents is at the place that the catalog says.
    pub(crate) fn is_at(&self, member: &Member, base: u64) -> bool {
        let place = (base.wrapping_add(member.contents_offset), member.stored_bytes);
        place == (self.contents_offset, self.stored_bytes)
    }

    /// Returns whether the header of that member says what the catalog says.
    pub(crate) fn has_header_of(&self, member: &Member) -> bool {
        let listed = Listed {
            path: &member.path,
            kind: member.kind,
            mode: member.mode,
            uid: member.uid,
            gid: member.gid,
            user: &member.user,
            group: &member.group,
            size_bytes: member.size_bytes,
            modified: member.modified,
            link: &member.link,
            device: member.device,
        };
        listed == self.listed()
    }

    /// Returns whether it is a file with holes, whose map is stored with it.
    pub(crate) fn is_sparse(&self) -> bool {
        self.stored_bytes != self.size_bytes
    }
}
