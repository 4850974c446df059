//! The holes of a sparse file, and how an archive says where they were.

use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use crate::posix::disk::Disk;
use crate::posix::sparse::{Segment, SparseMap};
use crate::posix::stat::Meta;

/// What the holes must save. Below that they aren't worth a second header and a map.
const LEAST_SAVED_BYTES: u64 = 16 * 1024;

/// How many pieces of data are told apart. What lies behind the last is stored as it reads, its holes as zeros.
const MOST_PIECES: usize = 256 * 1024;

/// What the text of the map is padded to.
const BLOCK_BYTES: usize = 512;

/// A map goes into the archive in front of the data, in the PAX format 1.0 of GNU tar, which bsdtar and Python read, too.
impl SparseMap {
    /// Returns the map of a file; `None` where it has no holes worth the trouble, or they can't be told.
    ///
    /// It describes the file at this moment. Whether the file changed later shows in a later look at it, as for any
    /// other file.
    pub(super) fn find(disk: &dyn Disk, file: BorrowedFd<'_>, meta: &Meta) -> Option<Self> {
        // Most files end here, without a call.
        if meta.size_bytes.saturating_sub(meta.allocated_bytes) < LEAST_SAVED_BYTES {
            return None;
        }
        let pieces = data(disk, file, meta.size_bytes).ok()?;
        let segment = |piece: Range<u64>| Segment {
            offset: piece.start,
            length: piece.end.saturating_sub(piece.start),
        };
        let map = Self::new(pieces.into_iter().map(segment).collect(), meta.size_bytes)?;
        (map.stored_bytes() + LEAST_SAVED_BYTES <= map.size_bytes()).then_some(map)
    }

    /// Returns where there is data.
    pub(super) fn data(&self) -> Vec<Range<u64>> {
        self.segments().iter().map(|segment| segment.offset..segment.offset + segment.length).collect()
    }

    /// Returns how much of the archive the contents take: the map, then the data.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.text().len() as u64 + self.data_bytes()
    }

    /// Returns true where these are the contents of such a file, and zeros wherever it has no data.
    pub(super) fn fits(&self, contents: &[u8]) -> bool {
        let data = self.data();
        let starts = data.iter().map(|piece| piece.start).chain([self.size_bytes()]);
        let ends = [0].into_iter().chain(data.iter().map(|piece| piece.end));
        let mut holes = ends.zip(starts).map(|(end, start)| end..start);
        contents.len() as u64 == self.size_bytes()
            && holes.all(|hole| within(contents, &hole).iter().all(|byte| *byte == 0))
    }

    /// Returns the map as text, in whole blocks: how many pieces, then offset and length of each, a line a number.
    pub(super) fn text(&self) -> Vec<u8> {
        // A hole at the end is told by a piece of no length, as GNU tar does it.
        let (mut pieces, size_bytes) = (self.data(), self.size_bytes());
        if pieces.last().is_none_or(|piece| piece.end < size_bytes) {
            pieces.push(size_bytes..size_bytes);
        }
        let mut text = format!("{}\n", pieces.len());
        for piece in pieces {
            text.push_str(&format!("{}\n{}\n", piece.start, piece.end - piece.start));
        }
        let mut text = text.into_bytes();
        text.resize(text.len().next_multiple_of(BLOCK_BYTES), 0);
        text
    }
}

/// Returns a piece of what is in memory; none of it where it isn't all there.
pub(super) fn within<'a>(contents: &'a [u8], piece: &Range<u64>) -> &'a [u8] {
    let [Ok(start), Ok(end)] = [piece.start, piece.end].map(usize::try_from) else { return &[] };
    contents.get(start..end).unwrap_or_default()
}

/// Returns the pieces of data in the first `size` bytes of a file.
fn data(disk: &dyn Disk, file: BorrowedFd<'_>, size: u64) -> io::Result<Vec<Range<u64>>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < size
        && let Some(piece) = disk.next_data(file, at)?
    {
        if piece.start >= size {
            break;
        }
        let is_last = pieces.len() + 1 == MOST_PIECES;
        at = if is_last { size } else { piece.end.min(size) };
        pieces.push(piece.start..at);
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(size_bytes: u64, data: &[(u64, u64)]) -> SparseMap {
        let segment = |(start, end): &(u64, u64)| Segment { offset: *start, length: end - start };
        SparseMap::new(data.iter().map(segment).collect(), size_bytes).unwrap()
    }

    fn check(map: &SparseMap, expected: &str) {
        let text = map.text();
        assert_eq!(text.len() % BLOCK_BYTES, 0);
        assert_eq!(String::from_utf8(text).unwrap().trim_end_matches('\0'), expected);
    }

    #[test]
    fn tells_where_data_is_and_where_the_file_ends() {
        check(&map(100, &[]), "1\n100\n0\n");
        check(&map(100, &[(0, 10)]), "2\n0\n10\n100\n0\n");
        check(&map(100, &[(90, 100)]), "1\n90\n10\n");
        check(&map(100, &[(0, 10), (50, 60)]), "3\n0\n10\n50\n10\n100\n0\n");
    }

    #[test]
    fn leaves_out_only_zeros() {
        let mut contents = [0; 100];
        contents[20..30].fill(1);
        for (size, data, expected) in [
            (100, &[(20, 30)][..], true),
            (100, &[(10, 25), (25, 100)], true),
            (100, &[(20, 29)], false),
            (100, &[(21, 30)], false),
            (100, &[], false),
            (101, &[(20, 30)], false),
        ] {
            assert_eq!(map(size, data).fits(&contents), expected, "{size} {data:?}");
        }
    }

    #[test]
    fn counts_the_map_as_stored() {
        assert_eq!(map(1 << 40, &[(0, 10), (50, 60)]).stored_bytes(), 512 + 20);
        assert_eq!(map(1 << 40, &[(0, 10), (50, 60)]).data_bytes(), 20);
    }
}
