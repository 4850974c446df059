//! Sparse map: the parts of a file that hold data.

use std::sync::Arc;

/// A range of data in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The offset in the file, in bytes.
    pub offset: u64,
    /// The length in bytes. It may be 0 at the end of a file that ends with a hole: that is how tools mark its size.
    pub length: u64,
}

/// The data of a sparse file. Everything else in it is a hole. Clones share the segments.
///
/// Promises: the segments are in order, don't overlap, and end within the file, whose size fits an `i64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparseMap {
    segments: Arc<[Segment]>,
    size_bytes: u64,
}

impl SparseMap {
    /// Returns the ranges of data, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the size of the file, including its holes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Returns the map of these segments, or `None` if they break what [`SparseMap`] promises.
    pub(crate) fn new(segments: Vec<Segment>, size_bytes: u64) -> Option<Self> {
        let mut end = 0;
        for segment in &segments {
            if segment.offset < end {
                return None;
            }
            end = segment.offset.checked_add(segment.length)?;
        }
        let is_within = end <= size_bytes && i64::try_from(size_bytes).is_ok();
        is_within.then(|| Self { segments: segments.into(), size_bytes })
    }

    /// Returns the number of bytes of data. It is at most the size of the file.
    pub(crate) fn data_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.length).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(segments: &[(u64, u64)], size_bytes: u64, expected_bytes: Option<u64>) {
        let segments = segments.iter().map(|(offset, length)| Segment { offset: *offset, length: *length });
        let map = SparseMap::new(segments.collect(), size_bytes);
        assert_eq!(map.map(|map| map.data_bytes()), expected_bytes);
    }

    #[test]
    fn is_in_order_and_within_the_file() {
        check(&[], 0, Some(0));
        check(&[], 9, Some(0));
        check(&[(0, 3), (3, 2), (7, 2)], 9, Some(7));
        check(&[(2, 3), (9, 0)], 9, Some(3));
        check(&[(0, 3), (2, 1)], 9, None);
        check(&[(3, 1), (0, 1)], 9, None);
        check(&[(8, 2)], 9, None);
        check(&[(u64::MAX, 2)], 9, None);
        check(&[], 1 << 63, None);
    }
}
