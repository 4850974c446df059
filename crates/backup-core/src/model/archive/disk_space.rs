//! Disk space: where on a disk the bytes of an archive are.

/// A part of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiskRange {
    /// What `start` and `end` count in. Parts of different pools are never the same.
    pub pool: u64,
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last one.
    pub end: u64,
}

impl DiskRange {
    /// Returns its length.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// The parts of a disk that an archive occupies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskSpace {
    ranges: Vec<DiskRange>,
}

impl DiskSpace {
    /// Returns the space that consists of these parts. They may overlap and come in any order.
    #[must_use]
    pub fn new(mut ranges: Vec<DiskRange>) -> Self {
        ranges.retain(|range| range.bytes() > 0);
        ranges.sort_unstable();
        ranges.dedup_by(|next, last| {
            let touches = next.pool == last.pool && next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
        Self { ranges }
    }

    /// Returns its parts in order. No two of them overlap or touch each other.
    #[must_use]
    pub fn ranges(&self) -> &[DiskRange] {
        &self.ranges
    }

    /// Returns how many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.ranges.iter().map(|range| range.bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_overlap_count_once() {
        let range = |(pool, start, end)| DiskRange { pool, start, end };
        let check = |parts: &[(u64, u64, u64)], expected: &[(u64, u64, u64)], bytes| {
            let space = DiskSpace::new(parts.iter().copied().map(range).collect());
            let expected: Vec<_> = expected.iter().copied().map(range).collect();
            assert_eq!((space.ranges(), space.bytes()), (&*expected, bytes), "{parts:?}");
        };
        check(&[], &[], 0);
        check(&[(0, 5, 5), (0, 7, 3)], &[], 0);
        check(&[(0, 8, 9), (0, 0, 4)], &[(0, 0, 4), (0, 8, 9)], 5);
        check(&[(0, 0, 4), (0, 4, 8)], &[(0, 0, 8)], 8);
        check(&[(0, 2, 6), (0, 0, 9), (0, 5, 7)], &[(0, 0, 9)], 9);
        check(&[(0, 0, 4), (1, 2, 6)], &[(0, 0, 4), (1, 2, 6)], 8);
    }
}
