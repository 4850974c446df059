//! Ahead: which runs were recorded by a clock that was ahead?

use std::collections::BTreeSet;

use crate::model::history::{LARGEST_STEP_BACK, PastRun};
use crate::time::Moment;

/// Returns for each run whether the clock was ahead when it was recorded.
///
/// That is so if it began more than a day after now. It is also so if it began more than a day after the beginning of a later
/// run, while an earlier run began before that. [`Ledger::settled`](crate::model::history::Ledger::settled) has the same rule.
pub(super) fn ahead(runs: &[PastRun], now: Moment) -> Vec<bool> {
    let mut earliest = runs.iter().scan(None, |earliest: &mut Option<Moment>, run| {
        let before = *earliest;
        *earliest = Some(before.map_or(run.began, |before| before.min(run.began)));
        Some(before)
    });
    let earliest: Vec<_> = earliest.by_ref().collect();
    let mut later_runs = BTreeSet::new();
    let mut ahead: Vec<_> = runs
        .iter()
        .zip(earliest)
        .rev()
        .map(|(run, earliest)| {
            let day_before = run.began - LARGEST_STEP_BACK;
            let is_contradicted = earliest.is_some_and(|first| {
                first < day_before && later_runs.range(first..day_before).next().is_some()
            });
            later_runs.insert(run.began);
            is_contradicted || run.began > now + LARGEST_STEP_BACK
        })
        .collect();
    ahead.reverse();
    ahead
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::history::{RunEnd, RunKey};
    use crate::testing::at;

    fn run(day: i64) -> PastRun {
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        PastRun { key, began: at("2026-03-01 12:00") + TimeDelta::days(day), end: RunEnd::Unknown }
    }

    /// The days on which runs began, and those of them on which the clock was ahead. Today is the tenth.
    #[track_caller]
    fn check(days: &[i64], expected: &[i64]) {
        let runs: Vec<_> = days.iter().map(|day| run(*day)).collect();
        let ahead = ahead(&runs, run(10).began);
        let ahead: Vec<_> = days.iter().zip(ahead).filter_map(|(day, ahead)| ahead.then_some(*day)).collect();
        assert_eq!(ahead, expected, "{days:?}");
    }

    #[test]
    fn a_clock_that_was_ahead_shows_between_an_older_run_and_a_newer_one() {
        check(&[], &[]);
        check(&[1, 2, 3], &[]);
        check(&[1, 9, 3], &[9]);
        check(&[1, 9, 8, 3], &[9, 8]);
        check(&[1, 4, 3], &[]);
        check(&[1, 11, 12, 13], &[12, 13]);
        // The newer clock was behind, as far as can be told.
        check(&[5, 9, 3], &[]);
        check(&[5, 9, 3, 6], &[9]);
    }
}
