//! The map of a sparse file as text, as it stands before the data in the PAX format 1.0.

use crate::posix::sparse::SparseMap;

/// The block size to which the map is padded.
const BLOCK_BYTES: usize = 512;

impl SparseMap {
    /// Returns the map as text, padded to whole blocks: the number of ranges, then the offset and the length of each,
    /// one number a line.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut ranges: Vec<_> =
            self.segments().iter().map(|segment| (segment.offset, segment.length)).collect();
        // A hole at the end is stored as an empty range, as in GNU tar.
        if ranges.last().is_none_or(|(offset, length)| offset + length < self.size_bytes()) {
            ranges.push((self.size_bytes(), 0));
        }
        let mut text = format!("{}\n", ranges.len());
        for (offset, length) in ranges {
            text.push_str(&format!("{offset}\n{length}\n"));
        }
        let mut text = text.into_bytes();
        text.resize(text.len().next_multiple_of(BLOCK_BYTES), 0);
        text
    }
}
