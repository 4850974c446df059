//! Oracle: generated rules, and their moments found by a walk over the minutes.

/// Numbers that look like chance and are the same for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(super) fn one_in(&mut self, sides: u32) -> bool {
        self.below(sides) == 0
    }

    /// Returns a mask with at least one of these bits, all of them every third time.
    pub(super) fn mask(&mut self, first: u32, last: u32) -> u32 {
        if self.one_in(3) {
            return (first..=last).fold(0, |mask, bit| mask | 1 << bit);
        }
        (0..=self.below(4)).fold(0, |mask, _| mask | 1 << (first + self.below(last - first + 1)))
    }
}
