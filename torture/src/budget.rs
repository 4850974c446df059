//! How long a proof may take, and the order in which it tries its points.

use std::time::{Duration, Instant};

/// The time that a proof has. One that runs out of it leaves points out, and says how many.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    until: Option<Instant>,
}

impl Budget {
    /// As long as it takes.
    pub const UNLIMITED: Self = Self { until: None };

    /// Returns the budget of so much time from now on.
    #[must_use]
    pub fn of(time: Duration) -> Self {
        Self { until: Some(Instant::now() + time) }
    }

    /// Returns the first of `shares` equal parts of the time that is left.
    pub(crate) fn share(self, shares: usize) -> Self {
        let shares = u32::try_from(shares.max(1)).unwrap_or(u32::MAX);
        self.until.map_or(self, |until| Self::of(until.saturating_duration_since(Instant::now()) / shares))
    }

    /// Returns the part of the time that is left that `weight` has in `weights`.
    pub(crate) fn weighed(self, weight: u32, weights: u32) -> Self {
        self.until.map_or(self, |until| {
            let left = until.saturating_duration_since(Instant::now());
            Self::of(left * weight / weights.max(1))
        })
    }

    /// Returns whether no time is left.
    pub(crate) fn is_spent(self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// Returns the same items in an order in which each beginning of the list is spread evenly over all of it: the binary
/// digits of the places are read backwards.
pub(crate) fn spread_order<T>(items: Vec<T>) -> Vec<T> {
    let digits = items.len().next_power_of_two().trailing_zeros();
    let mut placed: Vec<(u32, T)> = (0_u32..)
        .map(|place| place.reverse_bits().checked_shr(32 - digits).unwrap_or(0))
        .zip(items)
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_spread_over_all() {
        assert_eq!(spread_order((0..8).collect()), [0, 4, 2, 6, 1, 5, 3, 7]);
        assert_eq!(spread_order((0..5).collect()), [0, 4, 2, 1, 3]);
        assert_eq!(spread_order(vec!["one"]), ["one"]);
        assert!(spread_order(Vec::<u8>::new()).is_empty());
        let mut all = spread_order((0..1000).collect());
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1000));
    }

    #[test]
    fn time_is_shared_and_runs_out() {
        assert!(!Budget::UNLIMITED.share(4).is_spent() && !Budget::UNLIMITED.weighed(0, 4).is_spent());
        assert!(Budget::of(Duration::ZERO).is_spent());
        let hour = Budget::of(Duration::from_secs(3_600));
        assert!(!hour.share(2).is_spent() && !hour.weighed(1, 60).is_spent());
        assert!(hour.weighed(0, 60).is_spent());
        assert!(hour.share(2).until < hour.until);
    }
}
