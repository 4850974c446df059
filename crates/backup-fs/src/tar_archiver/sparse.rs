//! The map of a sparse file, as the archive stores it.

use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use crate::posix::disk::Disk;
use crate::posix::sparse::{Segment, SparseMap};
use crate::posix::stat::Meta;

/// The least number of bytes that holes must save to be worth a second header and a map.
const MIN_SAVED_BYTES: u64 = 16 * 1024;

/// The most ranges in a map. Data after the last one is stored with its holes as zeros.
const MAX_PIECES: usize = 256 * 1024;

/// The archive stores a map in front of the data, in the PAX format 1.0 of GNU tar, which bsdtar and Python read as
/// well.
impl SparseMap {
    /// Returns the map of a file. Returns `None` if its holes aren't worth it or can't be determined.
    ///
    /// The map describes the file at this moment. A later change shows in its metadata, as for any other file.
    pub(super) fn find(disk: &dyn Disk, file: BorrowedFd<'_>, meta: &Meta) -> Option<Self> {
        // Most files return here, without a system call.
        if !may_have_holes(meta) {
            return None;
        }
        let pieces = data(disk, file, meta.size_bytes).ok()?;
        let segment = |piece: Range<u64>| Segment {
            offset: piece.start,
            length: piece.end.saturating_sub(piece.start),
        };
        let map = Self::new(pieces.into_iter().map(segment).collect(), meta.size_bytes)?;
        (map.stored_bytes() + MIN_SAVED_BYTES <= map.size_bytes()).then_some(map)
    }

    /// Returns the ranges that hold data.
    pub(super) fn data(&self) -> Vec<Range<u64>> {
        self.segments().iter().map(|segment| segment.offset..segment.offset + segment.length).collect()
    }

    /// Returns how many bytes the map and the data take in the archive.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.text().len() as u64 + self.data_bytes()
    }

    /// Returns whether `contents` has the size of the file and is zero wherever the map has a hole.
    pub(super) fn fits(&self, contents: &[u8]) -> bool {
        let data = self.data();
        let starts = data.iter().map(|piece| piece.start).chain([self.size_bytes()]);
        let ends = [0].into_iter().chain(data.iter().map(|piece| piece.end));
        let mut holes = ends.zip(starts).map(|(end, start)| end..start);
        contents.len() as u64 == self.size_bytes()
            && holes.all(|hole| slice_of(contents, &hole).iter().all(|byte| *byte == 0))
    }
}

/// Returns whether a file may have holes that are worth a map.
pub(super) fn may_have_holes(meta: &Meta) -> bool {
    meta.size_bytes.saturating_sub(meta.allocated_bytes) >= MIN_SAVED_BYTES
}

/// Returns a range of `contents`, or nothing if it isn't completely inside.
pub(super) fn slice_of<'a>(contents: &'a [u8], piece: &Range<u64>) -> &'a [u8] {
    let [Ok(start), Ok(end)] = [piece.start, piece.end].map(usize::try_from) else { return &[] };
    contents.get(start..end).unwrap_or_default()
}

/// Returns the ranges of data in the first `size` bytes of a file.
fn data(disk: &dyn Disk, file: BorrowedFd<'_>, size: u64) -> io::Result<Vec<Range<u64>>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < size
        && let Some(piece) = disk.next_data(file, at)?
    {
        if piece.start >= size {
            break;
        }
        let is_last = pieces.len() + 1 == MAX_PIECES;
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
        assert_eq!(text.len() % 512, 0);
        assert_eq!(String::from_utf8(text).unwrap().trim_end_matches('\0'), expected);
    }

    #[test]
    fn writes_the_data_ranges_and_the_end_of_the_file() {
        check(&map(100, &[]), "1\n100\n0\n");
        check(&map(100, &[(0, 10)]), "2\n0\n10\n100\n0\n");
        check(&map(100, &[(90, 100)]), "1\n90\n10\n");
        check(&map(100, &[(0, 10), (50, 60)]), "3\n0\n10\n50\n10\n100\n0\n");
    }

    #[test]
    fn omits_only_zeros() {
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
    fn counts_the_bytes_of_the_map() {
        assert_eq!(map(1 << 40, &[(0, 10), (50, 60)]).stored_bytes(), 512 + 20);
        assert_eq!(map(1 << 40, &[(0, 10), (50, 60)]).data_bytes(), 20);
    }
}
