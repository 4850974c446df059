//! How large files are: log-normal, as in the home folders of people, where half the files hold a few per cent of the bytes.

use crate::bench::random::Random;

/// Binary logarithms are kept in units of 1/65,536, so that no machine's floating point changes a tree.
const UNIT: u64 = 1 << 16;

/// The largest file, as a binary logarithm: 8 MiB.
const LARGEST: u64 = 23 * UNIT;

/// The median, as a binary logarithm: about 3 KiB. With the spread below this makes 15.6 KB on average.
const MEDIAN: u64 = 1161 * UNIT / 100;

/// Draws the size of one file.
///
/// Twelve uniform numbers sum up to a normal one (mean 6, deviation 1). The deviation of the logarithm is 2.6.
pub(crate) fn file_bytes(random: &mut Random) -> u64 {
    let normal: u64 = (0..12).map(|_| random.next() >> 48).sum();
    let logarithm = (MEDIAN + normal * 13 / 5).saturating_sub(6 * UNIT * 13 / 5);
    power_of_two(logarithm.min(LARGEST))
}

/// One file in so many of a home folder is a film or a disk image, of 4 to 36 MiB.
const LARGE_ONE_IN: u64 = 2_000;

/// Draws the size of one file in a home folder: as [`file_bytes`], but for a few large ones.
pub(crate) fn home_file_bytes(random: &mut Random) -> u64 {
    match random.below(LARGE_ONE_IN) {
        0 => (4 << 20) + random.below(32 << 20),
        _ => file_bytes(random),
    }
}

/// Raises 2 to a logarithm, on straight lines between the whole powers.
fn power_of_two(logarithm: u64) -> u64 {
    (1 << (logarithm / UNIT)) * (UNIT + logarithm % UNIT) / UNIT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn() -> Vec<u64> {
        let mut random = Random::seeded(7);
        let mut sizes: Vec<_> = (0..50_000).map(|_| file_bytes(&mut random)).collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn powers_are_exact_at_whole_logarithms_and_straight_between() {
        for (logarithm, expected) in [(0, 1), (UNIT, 2), (10 * UNIT, 1024), (10 * UNIT + UNIT / 2, 1536)] {
            assert_eq!(power_of_two(logarithm), expected, "{logarithm}");
        }
    }

    #[test]
    fn fifty_thousand_files_hold_about_780_megabytes() {
        let total: u64 = drawn().iter().sum();
        assert!((760_000_000..800_000_000).contains(&total), "{total}");
    }

    #[test]
    fn most_files_are_small_and_few_hold_most_bytes() {
        let sizes = drawn();
        assert!((2_500..4_000).contains(&sizes[25_000]), "median {}", sizes[25_000]);
        assert!((1_000_000..=8 << 20).contains(&sizes[49_999]), "largest {}", sizes[49_999]);
        let half: u64 = sizes[..25_000].iter().sum();
        assert!(half * 20 < sizes.iter().sum(), "the smaller half holds {half}");
    }
}
