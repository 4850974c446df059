//! The extremes of when marks were written: what tells, without a look at each mark, that no clock was ahead.

use chrono::{DateTime, Utc};

use crate::model::history::clock_step::LARGEST_STEP_BACK;

/// The places of marks, and when these were written.
#[derive(Debug, Default)]
pub(super) struct Extremes {
    /// Those that were written before all in front of them.
    lows: Vec<(usize, DateTime<Utc>)>,
    /// Those that were written after all behind them.
    highs: Vec<(usize, DateTime<Utc>)>,
}

impl Extremes {
    /// Takes in the next mark.
    pub(super) fn add(&mut self, place: usize, written: DateTime<Utc>) {
        if self.lows.last().is_none_or(|(_, low)| written < *low) {
            self.lows.push((place, written));
        }
        while self.highs.pop_if(|(_, high)| *high <= written).is_some() {}
        self.highs.push((place, written));
    }

    /// Returns whether any mark was written more than the largest step back after `known`, and another, in front of it,
    /// not after `known`. Where none was, no clock was ahead, as far as can be told by now.
    pub(super) fn may_leap_over(&self, known: DateTime<Utc>) -> bool {
        let first = self.lows.partition_point(|(_, low)| *low > known);
        let Some((first, _)) = self.lows.get(first) else { return false };
        let behind = self.highs.partition_point(|(place, _)| place <= first);
        self.highs.get(behind).is_some_and(|(_, high)| *high > known + LARGEST_STEP_BACK)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::testing::at;

    /// Whether a mark of one of these days leaps over the last day, found out one by one.
    fn leaps(days: &[i64], known: i64) -> bool {
        let ahead = |day: &i64| *day > known + 1;
        let first = days.iter().position(|day| *day <= known);
        first.is_some_and(|first| days[first..].iter().any(ahead))
    }

    #[test]
    fn tells_the_same_as_a_look_at_each() {
        let mut seed: u64 = 7;
        let mut throw = |sides: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 33) % sides).expect("it is small")
        };
        let instant = |day: i64| at("2026-01-01 00:00").to_utc() + TimeDelta::days(day);
        let mut seen = [0; 2];
        for _ in 0..500 {
            let days: Vec<i64> =
                (0..throw(12)).map(|day| if throw(4) == 0 { throw(30) } else { day }).collect();
            let mut extremes = Extremes::default();
            days.iter().enumerate().for_each(|(place, day)| extremes.add(place, instant(*day)));
            for known in 0..30 {
                let expected = leaps(&days, known);
                seen[usize::from(expected)] += 1;
                assert_eq!(extremes.may_leap_over(instant(known)), expected, "{days:?} {known}");
            }
        }
        assert!(seen.iter().all(|count| *count > 500), "{seen:?}");
    }

    #[test]
    fn of_clocks_that_go_on_little_is_held() {
        let mut extremes = Extremes::default();
        let day =
            |day: usize| at("2026-01-01 00:00").to_utc() + TimeDelta::days(i64::try_from(day).expect("few"));
        (0..1_000).for_each(|place| extremes.add(place, day(place)));
        assert_eq!((extremes.lows.len(), extremes.highs.len()), (1, 1));
        assert!(!extremes.may_leap_over(day(1_000)) && extremes.may_leap_over(day(500)));
    }
}
