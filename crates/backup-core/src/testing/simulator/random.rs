//! Numbers that look like chance and come again with their seed: `SplitMix64`.

/// A generator of numbers.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Returns a number from `least` to `most`, each as likely as the others.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = most.abs_diff(least).saturating_add(1);
        least.saturating_add_unsigned(self.next() % span)
    }

    /// Returns a number from `least` (at least 1) to `most`, each order of magnitude as likely as the others.
    pub(super) fn any_size(&mut self, least: i64, most: i64) -> i64 {
        let doublings = (most / least).max(1).ilog2();
        let low = least << self.between(0, i64::from(doublings));
        self.between(low, (low * 2).min(most))
    }

    /// Returns true once in so many.
    pub(super) fn one_in(&mut self, many: i64) -> bool {
        self.between(1, many) == 1
    }

    /// Returns a place in a list of that length.
    pub(super) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % length.max(1) as u64).unwrap_or(0)
    }

    /// Returns true and false alike.
    pub(super) fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }
}
