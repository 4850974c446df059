//! Drill due: does the service drill the backup that it has just made?

use chrono::TimeDelta;

use crate::model::history::{DrillReceipt, LARGEST_STEP_BACK};
use crate::model::schedule::Cadence;
use crate::time::Moment;

/// Tolerance for two things: a clock change between two planned moments, and a drill by hand at any time of the day.
const SLACK: TimeDelta = TimeDelta::hours(12);

/// Returns whether the backup that was planned for `planned` is due for a drill. `last` is the last drill of its schedule.
///
/// The period counts from planned moment to planned moment. So the duration of backups and drills shifts nothing. A failed
/// drill is repeated with the next backup. A drill that is dated more than a day after now doesn't count. So a wrong clock
/// can cause one drill too many, but never prevents all.
#[must_use]
pub fn is_drill_due(period: Cadence, last: Option<&DrillReceipt>, planned: Moment, now: Moment) -> bool {
    let believed = last.filter(|last| last.passed() && last.began <= now + LARGEST_STEP_BACK);
    let stands_for = |last: &DrillReceipt| last.key.planned.unwrap_or(last.began);
    believed.is_none_or(|last| planned - stands_for(last) >= period.span() - SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::DrillOutcome;
    use crate::model::history::RunKey;
    use crate::testing::at;

    fn drilled(planned: Option<&str>, began: &str, passed: bool) -> DrillReceipt {
        let failed = DrillOutcome::Failed { differences: 1, reported: Vec::new() };
        DrillReceipt {
            key: RunKey { entry: "docs;16:07;docs".to_owned(), planned: planned.map(at) },
            archive: "docs.tar".to_owned(),
            made_by: None,
            sha256: [0; 32],
            is_summed: true,
            began: at(began),
            ended: at(began),
            entries: 0,
            content_bytes: 0,
            uncompared_entries: 0,
            outcome: if passed { DrillOutcome::Passed } else { failed },
        }
    }

    #[test]
    fn a_drill_is_due_a_period_after_the_last() {
        use Cadence::{Daily, Monthly, Weekly};
        let (by_plan, by_hand) = (Some("2026-03-02 16:07"), None);
        let cases = [
            // Six days, and seven; the backup took five hours, and the next one is quick.
            (Weekly, by_plan, "2026-03-02 21:00", "2026-03-08 16:07", false),
            (Weekly, by_plan, "2026-03-02 21:00", "2026-03-09 16:07", true),
            // It took longer than a day.
            (Weekly, by_plan, "2026-03-03 18:00", "2026-03-09 16:07", true),
            // The clocks went forward between them: 6 days and 23 hours.
            (Weekly, by_plan, "2026-03-02 16:07", "2026-03-09 15:07", true),
            (Daily, by_plan, "2026-03-02 16:08", "2026-03-02 16:07", false),
            (Daily, by_plan, "2026-03-02 23:59", "2026-03-03 16:07", true),
            (Monthly, by_plan, "2026-03-02 16:08", "2026-03-31 16:07", false),
            (Monthly, by_plan, "2026-03-02 16:08", "2026-04-01 16:07", true),
            // By hand in the evening: the seventh day's run is near enough.
            (Weekly, by_hand, "2026-03-02 23:00", "2026-03-08 16:07", false),
            (Weekly, by_hand, "2026-03-02 23:00", "2026-03-09 16:07", true),
            // Noted while the clock was behind, or a little ahead.
            (Weekly, Some("1970-01-02 16:07"), "1970-01-02 16:08", "2026-03-08 16:07", true),
            (Weekly, Some("2026-03-08 16:07"), "2026-03-09 16:00", "2026-03-08 16:07", false),
            // Noted while it was far ahead.
            (Weekly, Some("2036-03-02 16:07"), "2036-03-02 16:08", "2026-03-08 16:07", true),
            (Monthly, by_hand, "2026-03-10 16:10", "2026-03-08 16:07", true),
        ];
        for (period, drilled_for, began, planned, expected) in cases {
            let now = at(planned) + TimeDelta::minutes(2);
            let last = drilled(drilled_for, began, true);
            let due = is_drill_due(period, Some(&last), at(planned), now);
            assert_eq!(due, expected, "{period:?} after {began}, for {planned}");
            assert!(is_drill_due(period, None, at(planned), now));
            let failed = drilled(drilled_for, began, false);
            assert!(is_drill_due(period, Some(&failed), at(planned), now), "a failed one is made again");
        }
    }

    #[test]
    fn a_weekly_drill_stays_weekly_for_a_year() {
        let (mut last, mut drills) = (None, Vec::new());
        for day in 0..365 {
            let planned = at("2026-01-01 16:07") + TimeDelta::days(day);
            // Backups take up to nine hours.
            let began = planned + TimeDelta::hours(day % 10);
            if is_drill_due(Cadence::Weekly, last.as_ref(), planned, began) {
                let mut receipt = drilled(None, "2026-01-01 16:07", true);
                (receipt.key.planned, receipt.began, receipt.ended) = (Some(planned), began, began);
                last = Some(receipt);
                drills.push(day);
            }
        }
        assert!(drills.iter().copied().eq((0..365).step_by(7)), "{drills:?}");
    }
}
