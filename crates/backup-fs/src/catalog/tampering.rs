//! Catalogs that are put together wrongly for the tests, and ways to read them.

use std::io::{self, Cursor, ErrorKind};

use zstd::bulk::{compress, decompress};

use super::index::{BlockEntry, DIGESTS, Index, header, written};
use super::limits::MAX_GROUP_BYTES;
use super::made_up::open;
use super::{CatalogMember, digest};

/// Reads everything in every way. An error is always of the same kind, and everything else an answer.
pub(super) fn read_all(catalog: &[u8]) -> Result<Vec<CatalogMember>, String> {
    let invalid = |error: io::Error| {
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        error.to_string()
    };
    let mut reader = open(catalog).map_err(invalid)?;
    let listed = reader.each_listed(&mut |_| true).map_err(invalid);
    let found = reader.find(b"a/b").map_err(invalid);
    let members: Result<Vec<_>, _> = reader.members().collect();
    let members = members.map_err(invalid)?;
    assert!(listed.is_ok() && found.is_ok());
    Ok(members)
}

/// Reads everything, whatever is in it.
pub(super) fn read_any(catalog: &[u8]) -> io::Result<usize> {
    let mut reader = open(catalog)?;
    let _ = reader.find(b"a/b")?;
    reader.each_listed(&mut |_| true)?;
    reader.members().try_fold(0, |count, member| member.map(|_| count + 1))
}

pub(super) fn check_error(catalog: &[u8], expected: &str) {
    assert_eq!(read_all(catalog).map(|members| members.len()), Err(expected.to_owned()));
}

/// A catalog that is taken apart to be put together wrongly, with right checksums.
pub(super) struct Parts {
    pub(super) index: Index,
    /// For each block, its groups as they were before they were compressed.
    plain: Vec<[Vec<u8>; 4]>,
}

impl Parts {
    pub(super) fn of(catalog: &[u8]) -> Self {
        let index = Index::read(&mut Cursor::new(catalog)).unwrap();
        let group = |block: &BlockEntry, group: usize| {
            let begin = usize::try_from(block.group_offset(group)).unwrap();
            let stored = &catalog[begin..][..block.groups[group].stored_bytes];
            if group == DIGESTS { stored.to_vec() } else { decompress(stored, MAX_GROUP_BYTES).unwrap() }
        };
        let plain =
            index.blocks.iter().map(|block| [0, 1, 2, 3].map(|number| group(block, number))).collect();
        Self { index, plain }
    }

    pub(super) fn with_plain(mut self, group: usize, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.plain[0][group]);
        self
    }

    pub(super) fn catalog(mut self) -> Vec<u8> {
        let (mut catalog, mut entries) = (header(), Vec::new());
        for (entry, plain) in self.index.blocks.iter_mut().zip(&self.plain) {
            for (number, (group, plain)) in entry.groups.iter_mut().zip(plain).enumerate() {
                let frame = if number == DIGESTS { plain.clone() } else { compress(plain, 1).unwrap() };
                (group.stored_bytes, group.plain_bytes) = (frame.len(), plain.len());
                group.checksum = digest::checksum(&frame);
                catalog.extend(frame);
            }
            entry.put(&mut entries);
        }
        catalog.extend(written(self.index.totals, &entries).unwrap());
        catalog
    }
}
