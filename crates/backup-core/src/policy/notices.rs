//! Notices: what is to be told about a backup now, given how it is and what was told before.
//!
//! A problem is reported when it begins, when it gets worse, once a day while it lasts, and when it is over. A reminder waits for
//! the end of a run that is under way.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::model::history::{Outcome, RunRecord};
use crate::model::notice::{NoticeKind, Told};
use crate::time::Moment;

/// How long a problem lasts before it is reported again.
pub const REMINDER_AFTER: TimeDelta = TimeDelta::days(1);

/// How a backup is, as far as notices go.
#[derive(Debug, Clone, Copy, Default)]
pub struct BackupFacts<'a> {
    /// The last run that ended.
    pub last_run: Option<&'a RunRecord>,
    /// Whether the last good backup is too old.
    pub is_overdue: bool,
    /// Whether the last drill failed.
    pub has_failed_drill: bool,
    /// Whether the source was suspicious, and nobody has accepted that.
    pub is_held: bool,
    /// Whether a run is under way, which may put an end to a problem.
    pub is_under_way: bool,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// Nothing.
    Nothing,
    /// A problem has begun, or is worse than what was told.
    Problem(NoticeKind),
    /// The problem lasts.
    Reminder(NoticeKind),
    /// The problem is over.
    Recovered,
}

impl BackupFacts<'_> {
    /// Returns what is wrong, if it is something of these kinds. Of several, it is the worst.
    #[must_use]
    pub fn problem(&self, of: &BTreeSet<NoticeKind>) -> Option<NoticeKind> {
        let last = self.last_run.map(|run| run.outcome);
        let problems = [
            (
                self.has_failed_drill || self.has_flawed_run() || last == Some(Outcome::Failed),
                NoticeKind::Failure,
            ),
            (self.is_overdue, NoticeKind::Overdue),
            (last == Some(Outcome::Incomplete), NoticeKind::Incomplete),
        ];
        problems.into_iter().find_map(|(is_so, kind)| (is_so && of.contains(&kind)).then_some(kind))
    }

    /// Returns whether nothing is wrong. A run that was ended early says nothing about that.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.last_run.is_some() && self.is_untroubled()
    }

    /// Returns whether nothing is wrong, or nothing is known yet.
    #[must_use]
    pub fn is_untroubled(&self) -> bool {
        let is_good = self.last_run.is_none_or(|run| run.outcome.is_good());
        is_good && !self.is_overdue && !self.has_failed_drill && !self.has_flawed_run()
    }

    /// Returns what the last run came to, if it came to its end. A good backup of a suspicious source is no success, and neither
    /// is one whose hook failed.
    #[must_use]
    pub fn ended_kind(&self) -> Option<NoticeKind> {
        match self.last_run?.outcome {
            Outcome::Done | Outcome::Torn if self.has_flawed_run() => Some(NoticeKind::Failure),
            Outcome::Done | Outcome::Torn => Some(NoticeKind::Success),
            Outcome::Incomplete => Some(NoticeKind::Incomplete),
            Outcome::Failed => Some(NoticeKind::Failure),
            Outcome::Interrupted | Outcome::Skipped => None,
        }
    }

    /// Returns whether something is wrong about the last run, though it may have made a good backup.
    fn has_flawed_run(&self) -> bool {
        self.is_held || self.last_run.is_some_and(|run| !run.hook_problems.is_empty())
    }
}

/// Returns what is to be told to a target that wants these kinds.
#[must_use]
pub fn tell(
    facts: &BackupFacts<'_>,
    wanted: &BTreeSet<NoticeKind>,
    told: Option<&Told>,
    now: Moment,
) -> Tell {
    match (facts.problem(wanted), told) {
        (Some(kind), None) => Tell::Problem(kind),
        (Some(kind), Some(told)) if kind > told.kind => Tell::Problem(kind),
        (None, Some(_)) if facts.is_well() => Tell::Recovered,
        (problem, Some(told)) if is_reminder_due(told, now) && !facts.is_under_way => {
            Tell::Reminder(problem.unwrap_or(told.kind))
        }
        (_, _) => Tell::Nothing,
    }
}

/// Returns whether a problem is to be told again. A clock that was far ahead delays that by a day at most.
fn is_reminder_due(told: &Told, now: Moment) -> bool {
    (told.at - now).abs() >= REMINDER_AFTER
}

/// Returns when a problem is to be told again, as far as that is known now.
#[must_use]
pub fn reminder_at(told: &Told, now: Moment) -> Moment {
    if is_reminder_due(told, now) { now } else { told.at + REMINDER_AFTER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, run_record};

    const NOW: &str = "2026-03-10 16:08";

    /// The last run, `overdue` and `drill` where it is so, what was told and when, and what is to be told.
    type Case<'a> = (Option<Outcome>, &'a str, Option<(NoticeKind, &'a str)>, Tell);

    #[track_caller]
    fn check_for(wanted: &BTreeSet<NoticeKind>, (last, also, told, expected): Case<'_>) {
        let run = last.map(|outcome| {
            let run = run_record("docs;16:07;docs").began(at("2026-03-10 16:00")).outcome(outcome).build();
            let problem =
                also.contains("hook").then(|| "finally of hook db ended with exit code 1".to_owned());
            RunRecord { hook_problems: problem.into_iter().collect(), ..run }
        });
        let facts = BackupFacts {
            last_run: run.as_ref(),
            is_overdue: also.contains("overdue"),
            has_failed_drill: also.contains("drill"),
            is_held: also.contains("held"),
            is_under_way: also.contains("running"),
        };
        let told = told.map(|(kind, moment)| Told { kind, since: at("2026-03-01 16:07"), at: at(moment) });
        let case = (last, also, told);
        assert_eq!(tell(&facts, wanted, told.as_ref(), at(NOW)), expected, "{case:?}");
    }

    #[track_caller]
    fn check(case: Case<'_>) {
        check_for(&BTreeSet::from([Failure, Incomplete, Overdue, NoticeKind::Recovered]), case);
    }

    use NoticeKind::{Failure, Incomplete, Overdue};
    use Outcome::{Done, Failed, Interrupted, Skipped, Torn};

    const JUST: &str = "2026-03-10 16:07";
    const A_DAY_AGO: &str = "2026-03-09 16:08";

    #[test]
    fn a_problem_is_told_when_it_begins() {
        check((None, "", None, Tell::Nothing));
        check((Some(Done), "", None, Tell::Nothing));
        check((Some(Torn), "", None, Tell::Nothing));
        check((Some(Failed), "", None, Tell::Problem(Failure)));
        check((Some(Outcome::Incomplete), "", None, Tell::Problem(Incomplete)));
        check((Some(Done), "overdue", None, Tell::Problem(Overdue)));
        check((None, "overdue", None, Tell::Problem(Overdue)));
        check((Some(Done), "drill", None, Tell::Problem(Failure)));
        check((Some(Done), "held", None, Tell::Problem(Failure)));
        check((Some(Done), "hook", None, Tell::Problem(Failure)));
        check((Some(Interrupted), "", None, Tell::Nothing));
        check((Some(Skipped), "", None, Tell::Nothing));
    }

    #[test]
    fn it_is_told_once_while_it_lasts() {
        check((Some(Failed), "", Some((Failure, JUST)), Tell::Nothing));
        check((Some(Failed), "overdue", Some((Failure, JUST)), Tell::Nothing));
        check((Some(Outcome::Incomplete), "", Some((Failure, JUST)), Tell::Nothing));
        check((Some(Done), "held", Some((Failure, JUST)), Tell::Nothing));
        check((Some(Interrupted), "", Some((Failure, JUST)), Tell::Nothing));
        check((Some(Skipped), "overdue", Some((Overdue, JUST)), Tell::Nothing));
    }

    #[test]
    fn it_is_told_again_when_it_gets_worse() {
        check((Some(Failed), "", Some((Incomplete, JUST)), Tell::Problem(Failure)));
        check((Some(Failed), "overdue", Some((Overdue, JUST)), Tell::Problem(Failure)));
        check((Some(Outcome::Incomplete), "overdue", Some((Incomplete, JUST)), Tell::Problem(Overdue)));
    }

    #[test]
    fn it_is_told_once_a_day() {
        check((Some(Failed), "", Some((Failure, "2026-03-09 16:08:01")), Tell::Nothing));
        check((Some(Failed), "", Some((Failure, A_DAY_AGO)), Tell::Reminder(Failure)));
        check((Some(Outcome::Incomplete), "", Some((Failure, A_DAY_AGO)), Tell::Reminder(Incomplete)));
        check((Some(Interrupted), "", Some((Failure, A_DAY_AGO)), Tell::Reminder(Failure)));
        check((Some(Failed), "running", Some((Failure, A_DAY_AGO)), Tell::Nothing));
    }

    #[test]
    fn its_end_is_told() {
        check((Some(Done), "", Some((Failure, JUST)), Tell::Recovered));
        check((Some(Torn), "", Some((Overdue, A_DAY_AGO)), Tell::Recovered));
        check((Some(Done), "overdue", Some((Failure, JUST)), Tell::Nothing));
    }

    #[test]
    fn nothing_known_is_no_recovery() {
        check((None, "", Some((Failure, JUST)), Tell::Nothing));
        check((Some(Interrupted), "", Some((Overdue, JUST)), Tell::Nothing));
    }

    #[test]
    fn a_clock_that_is_set_back_delays_a_reminder_by_a_day_at_most() {
        check((Some(Failed), "", Some((Failure, "2026-03-11 16:07")), Tell::Nothing));
        check((Some(Failed), "", Some((Failure, "2026-03-11 16:08")), Tell::Reminder(Failure)));
        check((Some(Failed), "", Some((Failure, "2036-01-01 00:00")), Tell::Reminder(Failure)));
    }

    #[test]
    fn only_what_is_wanted_is_told() {
        let only = BTreeSet::from([Overdue]);
        check_for(&only, (Some(Failed), "", None, Tell::Nothing));
        check_for(&only, (Some(Failed), "overdue", None, Tell::Problem(Overdue)));
        check_for(&only, (Some(Failed), "", Some((Overdue, JUST)), Tell::Nothing));
        check_for(&only, (Some(Done), "", Some((Overdue, JUST)), Tell::Recovered));
    }

    #[test]
    fn the_next_reminder_is_a_day_after_the_last() {
        let next = |told: &str| reminder_at(&Told { kind: Failure, since: at(told), at: at(told) }, at(NOW));
        assert_eq!(next(JUST), at("2026-03-11 16:07"));
        assert_eq!(next("2026-03-01 00:00"), at(NOW));
    }
}
