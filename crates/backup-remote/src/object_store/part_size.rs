//! Part size: in parts of which size an object is uploaded.

/// What a part has at least. Stores of the kind S3 take no smaller ones than 5 MiB.
const SMALLEST_BYTES: u64 = 8 << 20;

/// Stores of the kind S3 take no more parts.
const MOST_PARTS: u64 = 10_000;

const STEP_BYTES: u64 = 1 << 20;

/// Returns the size of the parts of an object.
///
/// Two parts are in memory at a time. With 28 MiB a part, which is enough for objects of 270 GiB, these are less than 64 MiB.
/// A larger object has larger parts and needs more.
pub(crate) fn part_bytes(size_bytes: u64) -> usize {
    let needed = size_bytes.div_ceil(MOST_PARTS).next_multiple_of(STEP_BYTES);
    usize::try_from(needed.max(SMALLEST_BYTES).min(size_bytes.max(1))).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_large_enough_and_few_enough() {
        let mib = 1 << 20;
        for (size, expected) in [
            (0, 1),
            (1, 1),
            (8 * mib, 8 * mib),
            (8 * mib + 1, 8 * mib),
            (80_000 * mib, 8 * mib),
            (80_000 * mib + 1, 9 * mib),
            (270 * 1_024 * mib, 28 * mib),
            (5 * 1_024 * 1_024 * mib, 525 * mib),
        ] {
            let part = part_bytes(size) as u64;
            assert_eq!(part, expected, "{size}");
            assert!(size.div_ceil(part) <= MOST_PARTS, "{size}");
        }
    }
}
