//! Which runs were noted by a clock that was ahead.

use std::collections::BTreeSet;

use crate::model::history::{LARGEST_STEP_BACK, PastRun};
use crate::time::Moment;

/// Returns of each run whether a clock noted it that was ahead, as [`Ledger::settled`](crate::model::history::Ledger::settled) tells
/// it: by more than a day after now, or after a later note while an older one isn't.
pub(super) fn ahead(runs: &[PastRun], now: Moment) -> Vec<bool> {
    let mut earliest = runs.iter().scan(None, |earliest: &mut Option<Moment>, run| {
        let before = *earliest;
        *earliest = Some(before.map_or(run.began, |before| before.min(run.began)));
        Some(before)
    });
    let earliest: Vec<_> = earliest.by_ref().collect();
    let mut later = BTreeSet::new();
    let mut ahead: Vec<_> = runs
        .iter()
        .zip(earliest)
        .rev()
        .map(|(run, earliest)| {
            let below = run.began - LARGEST_STEP_BACK;
            let is_lie =
                earliest.is_some_and(|first| first < below && later.range(first..below).next().is_some());
            later.insert(run.began);
            is_lie || run.began > now + LARGEST_STEP_BACK
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

    /// The days on which runs began, now being the tenth; and which of them a clock noted that was ahead.
    #[track_caller]
    fn check(days: &[i64], expected: &[i64]) {
        let runs: Vec<_> = days.iter().map(|day| run(*day)).collect();
        let ahead = ahead(&runs, run(10).began);
        let ahead: Vec<_> = days.iter().zip(ahead).filter_map(|(day, ahead)| ahead.then_some(*day)).collect();
        assert_eq!(ahead, expected, "{days:?}");
    }

    #[test]
    fn stands_out_between_an_older_note_and_a_newer_one() {
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
