//! Reuse: whether a run may take over parts of an earlier archive.

use chrono::TimeDelta;

use crate::model::history::{LARGEST_STEP_BACK, RunRecord};
use crate::model::schedule::Cadence;
use crate::time::Moment;

/// A run at the same time of the day is near enough.
const SLACK: TimeDelta = TimeDelta::hours(12);

/// Returns whether the archive that a run made may be the base of one that is made `now`. `full` says how often everything is
/// read anew.
///
/// It must be complete. A clock that was ahead can cause one run too many that reads everything, but never prevents all.
#[must_use]
pub fn may_build_on(run: &RunRecord, full: Option<Cadence>, now: Moment) -> bool {
    let last_full = run.last_full.unwrap_or(run.began);
    let is_recent = full.is_none_or(|full| now - last_full < full.span() - SLACK);
    run.outcome.is_good() && is_recent && last_full <= now + LARGEST_STEP_BACK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{Outcome, RunKey};
    use crate::testing::at;

    #[test]
    fn a_complete_archive_is_a_base_until_everything_is_read_again() {
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        let (day, now) = (|day| at(&format!("2026-03-{day} 16:07")), at("2026-03-31 16:07"));
        let run = |outcome, began, last_full| RunRecord {
            last_full,
            ..RunRecord::without_archive(key.clone(), outcome, began, began)
        };
        for (outcome, began, last_full, full, expected) in [
            (Outcome::Done, day("30"), None, Some(Cadence::Monthly), true),
            (Outcome::Torn, day("30"), None, Some(Cadence::Monthly), true),
            (Outcome::Incomplete, day("30"), None, Some(Cadence::Monthly), false),
            (Outcome::Done, day("01"), None, Some(Cadence::Monthly), false),
            (Outcome::Done, day("02"), None, Some(Cadence::Monthly), true),
            (Outcome::Done, day("30"), Some(day("01")), Some(Cadence::Monthly), false),
            (Outcome::Done, day("30"), Some(day("01")), None, true),
            (Outcome::Done, day("30"), Some(day("25")), Some(Cadence::Weekly), true),
            (Outcome::Done, day("30"), Some(day("24")), Some(Cadence::Weekly), false),
            (Outcome::Done, day("30"), None, Some(Cadence::Daily), false),
            // The clock was ahead.
            (Outcome::Done, at("2036-03-30 16:07"), None, None, false),
        ] {
            let run = run(outcome, began, last_full);
            assert_eq!(may_build_on(&run, full, now), expected, "{outcome:?} {began} {last_full:?} {full:?}");
        }
    }
}
