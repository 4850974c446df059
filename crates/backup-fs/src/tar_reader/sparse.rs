//! Collects the segments of a sparse file's map.

use super::damage::Fault;
use super::limits::MAX_SEGMENTS;
use crate::posix::sparse::{Segment, SparseMap};

/// Returns the map that was collected, if it is one.
pub(super) fn map(segments: Vec<Segment>, size_bytes: u64) -> Result<SparseMap, Fault> {
    SparseMap::new(segments, size_bytes).ok_or(Fault::SparseMap)
}

/// Adds a segment, unless there are too many.
pub(super) fn add(segments: &mut Vec<Segment>, offset: u64, length: u64) -> Result<(), Fault> {
    if segments.len() >= MAX_SEGMENTS {
        return Err(Fault::ManySegments);
    }
    segments.push(Segment { offset, length });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_so_many_segments_and_no_more() {
        let mut segments = vec![Segment { offset: 0, length: 0 }; MAX_SEGMENTS - 1];
        add(&mut segments, 0, 0).unwrap();
        assert_eq!(add(&mut segments, 0, 0), Err(Fault::ManySegments));
    }
}
