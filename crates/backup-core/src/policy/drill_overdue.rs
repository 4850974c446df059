//! Drill overdue: should a backup of this schedule have been drilled by now?

use chrono::TimeDelta;

use crate::model::history::{DrillReceipt, LARGEST_STEP_BACK, RunRecord};
use crate::model::schedule::Cadence;
use crate::policy::drill_due::is_drill_due;
use crate::time::Moment;

/// How late a drill that is due may be. A drill that was interrupted or could not begin is repeated with the next backup,
/// a day later. Both may take most of a day.
pub const DRILL_GRACE: TimeDelta = TimeDelta::days(2);

/// Returns since when a drill is overdue: the end of the first backup that should have been drilled. `None` if no drill is.
///
/// `runs` are the runs of the schedule, `last` is its last drill. [`is_drill_due`] says which good backups need a drill,
/// planned or by hand. A drill is overdue [`DRILL_GRACE`] after such a backup.
///
/// - Runs that began before the schedules were last `edited` need no drill: nobody can tell whether one was wanted then.
/// - A failed drill is not overdue. It is reported as failed.
/// - Runs and drills that are dated more than a day after now don't count.
#[must_use]
pub fn drill_overdue_since<'r>(
    period: Cadence,
    last: Option<&DrillReceipt>,
    runs: impl IntoIterator<Item = &'r RunRecord>,
    edited: Option<Moment>,
    now: Moment,
) -> Option<Moment> {
    let is_believed = |moment: Moment| moment <= now + LARGEST_STEP_BACK;
    if last.is_some_and(|last| !last.passed() && is_believed(last.began)) {
        return None;
    }
    let edited = edited.filter(|edited| is_believed(*edited));
    let asks = |run: &&RunRecord| {
        run.outcome.is_good()
            && edited.is_none_or(|edited| run.began >= edited)
            && is_drill_due(period, last, run.made_for(), now)
    };
    let ended = runs.into_iter().filter(asks).map(|run| run.ended).min()?;
    (now - ended > DRILL_GRACE).then_some(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::history::{DifferenceKind, DrillReport};
    use crate::model::history::{Outcome, RunKey};
    use crate::testing::{at, run_record};

    fn key(planned: Option<Moment>) -> RunKey {
        RunKey { entry: "docs;16:07;docs".to_owned(), planned }
    }

    /// A run that began at that time of that day, and took five hours.
    fn run(began: &str, outcome: Outcome, is_planned: bool) -> RunRecord {
        let began = at(began);
        let record = run_record("docs;16:07;docs").planned(is_planned.then_some(began)).began(began);
        record.took(TimeDelta::hours(5)).outcome(outcome).build()
    }

    /// The good runs of each day from then on, at 16:07.
    fn daily(first: &str, days: i64) -> Vec<RunRecord> {
        let first = at(first) + TimeDelta::hours(16) + TimeDelta::minutes(7);
        let began = |day| (first + TimeDelta::days(day)).to_rfc3339();
        (0..days).map(|day| run(&began(day), Outcome::Done, true)).collect()
    }

    fn drilled(began: &str, passes: bool) -> DrillReceipt {
        let mut report = DrillReport::new(ArchiveDigest { archive_bytes: 1, sha256: [1; 32] });
        (!passes).then(|| report.add("docs", DifferenceKind::Missing));
        let times = (at(began), at(began));
        DrillReceipt::new(key(Some(at(began))), "docs.tar".to_owned(), &report, &[], times)
    }

    const WEEKLY: Cadence = Cadence::Weekly;
    const DAY_2: &str = "2026-03-02 16:07";

    #[track_caller]
    fn check(
        (last, runs): (Option<&DrillReceipt>, &[RunRecord]),
        edited: &str,
        now: &str,
        expected: Option<&str>,
    ) {
        let edited = (!edited.is_empty()).then(|| at(edited));
        let since = drill_overdue_since(WEEKLY, last, runs, edited, at(now));
        assert_eq!(since, expected.map(at), "{last:?}, edited {edited:?}, now {now}");
    }

    #[test]
    fn it_is_two_days_after_the_backup_that_should_have_been_drilled() {
        let (last, runs) = (drilled(DAY_2, true), daily("2026-03-02 00:00", 20));
        let since = "2026-03-09 21:07";
        check((Some(&last), &runs), "", "2026-03-11 21:07", None);
        check((Some(&last), &runs), "", "2026-03-11 21:07:01", Some(since));
        check((Some(&last), &runs), "", "2026-05-01 12:00", Some(since));
        check((Some(&drilled("2026-03-10 16:07", true)), &runs), "", "2026-03-12 21:08", None);
        check((Some(&last), &runs[..7]), "", "2026-05-01 12:00", None);
    }

    #[test]
    fn each_period_has_its_own() {
        let (last, runs) = (drilled(DAY_2, true), daily("2026-03-02 00:00", 90));
        let late = |period| drill_overdue_since(period, Some(&last), &runs, None, at("2026-05-30 12:00"));
        let expected = ["2026-03-03 21:07", "2026-03-09 21:07", "2026-04-01 21:07"];
        assert_eq!(Cadence::ALL.map(late), expected.map(|since| Some(at(since))));
    }

    #[test]
    fn without_any_drill_the_first_good_backup_counts() {
        let unfit = [Outcome::Incomplete, Outcome::Failed, Outcome::Interrupted, Outcome::Skipped];
        let mut runs: Vec<_> =
            unfit.into_iter().map(|outcome| run("2026-03-01 16:07", outcome, true)).collect();
        check((None, &runs), "", "2026-05-01 12:00", None);
        runs.push(run(DAY_2, Outcome::Torn, false));
        runs.extend(daily("2026-03-03 00:00", 9));
        check((None, &runs), "", "2026-03-04 21:07", None);
        check((None, &runs), "", "2026-03-04 21:07:01", Some("2026-03-02 21:07"));
    }

    #[test]
    fn what_began_before_the_last_edit_asks_for_nothing() {
        let runs = daily("2026-03-02 00:00", 9);
        check((None, &runs), "2026-03-05 16:07:01", "2026-03-08 21:07", None);
        check((None, &runs), "2026-03-05 16:07:01", "2026-03-08 21:08", Some("2026-03-06 21:07"));
        check((None, &runs), "2026-03-05 16:07", "2026-03-08 21:07", Some("2026-03-05 21:07"));
        check(
            (Some(&drilled("2026-01-01 16:07", true)), &runs),
            "2026-03-11 00:00",
            "2026-05-01 12:00",
            None,
        );
        // Edited by a clock that was ahead.
        check((None, &runs), "2036-01-01 00:00", "2026-03-04 21:08", Some("2026-03-02 21:07"));
    }

    #[test]
    fn a_failed_drill_is_reported_and_not_overdue() {
        check((Some(&drilled(DAY_2, false)), &daily("2026-03-02 00:00", 20)), "", "2026-05-01 12:00", None);
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nothing() {
        let runs = daily("2026-03-02 00:00", 9);
        for passes in [true, false] {
            let ahead = drilled("2036-03-02 16:07", passes);
            check((Some(&ahead), &runs), "", "2026-03-04 21:08", Some("2026-03-02 21:07"));
        }
        check((None, &[run("2036-03-02 16:07", Outcome::Done, true)]), "", "2026-03-05 12:00", None);
    }
}
