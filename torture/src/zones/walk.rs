//! The oracle: walks over the instants, reads the wall clock at each, and notes what it reads for the first time.
//!
//! A rule "daily at hh:mm" runs at the first instant at which the wall clock of a date reads hh:mm or later. So each
//! minute of a real date is planned when the clock first reaches or passes it. Nothing here but whole numbers.

use std::collections::BTreeSet;

use super::offsets::Offsets;

const DAY: i64 = 86_400;
const MINUTE: i64 = 60;
pub(super) const MINUTES_A_DAY: usize = 1_440;

/// The planned instants after `start`, up to and with `end`, for each minute of the day.
pub(super) struct Walk {
    pub(super) start: i64,
    pub(super) end: i64,
    /// The dates, as days since 1970, that have planned instants here.
    pub(super) dates: BTreeSet<i64>,
    planned: Vec<Vec<i64>>,
}

impl Walk {
    /// Walks from two days before `start`, so that it knows what had been read already, to a day after `end`, so that it
    /// knows which dates are real; `step_seconds` at a time.
    pub(super) fn new(offsets: &Offsets, start: i64, end: i64, step_seconds: i64) -> Self {
        let instants = || steps(start - 2 * DAY, end + DAY, step_seconds);
        let real: BTreeSet<i64> = changes_of_date(instants().map(|at| at + offsets.at(at))).collect();
        let mut walk = Self { start, end, dates: BTreeSet::new(), planned: vec![Vec::new(); MINUTES_A_DAY] };
        let mut reached = (start - 2 * DAY + offsets.at(start - 2 * DAY)).div_euclid(MINUTE);
        for instant in instants().take_while(|instant| *instant <= end) {
            let reading = (instant + offsets.at(instant)).div_euclid(MINUTE);
            while reached < reading {
                reached += 1;
                walk.reach(reached, instant, &real);
            }
        }
        walk
    }

    /// Returns the planned instants of a minute of the day.
    pub(super) fn planned(&self, minute: usize) -> &[i64] {
        self.planned.get(minute).map_or(&[], Vec::as_slice)
    }

    fn reach(&mut self, minute: i64, instant: i64, real: &BTreeSet<i64>) {
        let (date, of_day) = (minute.div_euclid(DAY / MINUTE), minute.rem_euclid(DAY / MINUTE));
        if instant > self.start && real.contains(&date) {
            self.dates.insert(date);
            let of_day = usize::try_from(of_day).ok().and_then(|of_day| self.planned.get_mut(of_day));
            of_day.into_iter().for_each(|planned| planned.push(instant));
        }
    }
}

fn steps(from: i64, to: i64, step_seconds: i64) -> impl Iterator<Item = i64> {
    (0..=(to - from) / step_seconds).map(move |step| from + step * step_seconds)
}

/// Returns the dates of the readings, one that goes on only once.
fn changes_of_date(readings: impl Iterator<Item = i64>) -> impl Iterator<Item = i64> {
    let mut latest = None;
    let dates = readings.map(|reading| reading.div_euclid(DAY));
    dates.filter(move |date| latest.replace(*date) != Some(*date))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600;
    /// A midnight in UTC.
    const MIDNIGHT: i64 = 20_000 * DAY;

    #[track_caller]
    fn check(offsets: &Offsets, hour: usize, minute: usize, expected: &[i64]) {
        for step_seconds in [1, 60] {
            let walk = Walk::new(offsets, MIDNIGHT - 60, MIDNIGHT + 2 * DAY - 60, step_seconds);
            let found: Vec<i64> = walk.planned(hour * 60 + minute).iter().map(|at| at - MIDNIGHT).collect();
            assert_eq!(found, expected, "{hour:02}:{minute:02}, {step_seconds} s at a time");
        }
    }

    fn zone(first: i64, changes: &[(i64, i64)]) -> Offsets {
        Offsets::new(first, changes.iter().map(|(after, offset)| (MIDNIGHT + after, *offset)))
    }

    #[test]
    fn each_minute_is_planned_when_it_is_first_read() {
        let plain = zone(0, &[]);
        check(&plain, 0, 0, &[0, DAY]);
        check(&plain, 2, 30, &[9_000, DAY + 9_000]);
        let gap = zone(0, &[(2 * HOUR, HOUR)]);
        check(&gap, 1, 59, &[2 * HOUR - 60, DAY + HOUR - 60]);
        check(&gap, 2, 0, &[2 * HOUR, DAY + HOUR]);
        check(&gap, 2, 59, &[2 * HOUR, DAY + 2 * HOUR - 60]);
        check(&gap, 3, 0, &[2 * HOUR, DAY + 2 * HOUR]);
        let overlap = zone(HOUR, &[(2 * HOUR, 0)]);
        check(&overlap, 1, 59, &[HOUR - 60, DAY + 2 * HOUR - 60]);
        check(&overlap, 2, 0, &[HOUR, DAY + 2 * HOUR]);
        check(&overlap, 2, 59, &[2 * HOUR - 60, DAY + 3 * HOUR - 60]);
        check(&overlap, 3, 0, &[3 * HOUR, DAY + 3 * HOUR]);
    }

    #[test]
    fn a_skipped_date_plans_nothing() {
        let skipping = zone(-12 * HOUR, &[(DAY / 2, 12 * HOUR)]);
        check(&skipping, 12, 0, &[0, DAY]);
        check(&skipping, 0, 0, &[DAY / 2, DAY + DAY / 2]);
    }
}
