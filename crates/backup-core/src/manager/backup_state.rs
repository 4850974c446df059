//! Backup state: the one word that says how a backup is.

use crate::manager::schedule_status::ScheduleStatus;
use crate::model::error::Error;
use crate::model::history::{DrillReceipt, Flaw, Outcome};
use crate::policy::integrity::{ArchiveProblem, ProblemKind};

/// How a backup is, in one word. Worse states come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BackupState {
    /// The newest complete archive is gone.
    Missing,
    /// The newest complete archive isn't what was made.
    Changed,
    /// The last verify found the newest complete archive broken.
    Damaged,
    /// The last verify couldn't read the newest complete archive.
    Unreadable,
    /// The source is suspicious: nothing is removed until a person accepts that.
    Held,
    /// The last drill failed.
    DrillFailed,
    /// The last good backup is older than its plan allows.
    Overdue,
    /// An archive exists, but the history knows nothing of it.
    Unknown,
    /// The line isn't a schedule.
    Malformed,
    /// The line is a schedule, but must not run beside the others.
    Refused,
    /// Two lines of one name contradict each other.
    Conflict,
    /// A drill is overdue.
    DrillOverdue,
    /// The newest archive is complete, but may not survive a power cut.
    Unsure,
    /// The last run failed.
    Failed,
    /// The newest archive lacks something.
    Incomplete,
    /// A command of its hook failed at the last run, or the last one is owed. What it stops may still stand still.
    HookFailed,
    /// The last verify found an older archive broken or changed. As a newer one is good, nobody needs to act at once.
    OlderFlawed,
    /// The last run was ended before it was done.
    Interrupted,
    /// Something changed while the newest archive was read.
    Torn,
    /// A run is under way.
    Running,
    /// The schedule is paused.
    Paused,
    /// A run is due.
    Due,
    /// There has been no run yet.
    NeverRan,
    /// All is well.
    Ok,
}

impl BackupState {
    /// All states, worst first.
    pub const ALL: [Self; 24] = [
        Self::Missing,
        Self::Changed,
        Self::Damaged,
        Self::Unreadable,
        Self::Held,
        Self::DrillFailed,
        Self::Overdue,
        Self::Unknown,
        Self::Malformed,
        Self::Refused,
        Self::Conflict,
        Self::DrillOverdue,
        Self::Unsure,
        Self::Failed,
        Self::Incomplete,
        Self::HookFailed,
        Self::OlderFlawed,
        Self::Interrupted,
        Self::Torn,
        Self::Running,
        Self::Paused,
        Self::Due,
        Self::NeverRan,
        Self::Ok,
    ];

    /// Returns the state of one schedule: the worst that is true of it.
    #[must_use]
    pub fn of(schedule: &ScheduleStatus) -> Self {
        let alarm = of_line(schedule)
            .or_else(|| schedule.archive_problem.as_ref().map(of_archive))
            .or_else(|| of_promises(schedule));
        alarm.or_else(|| of_archives(schedule)).unwrap_or_else(|| of_agenda(schedule))
    }

    /// Returns whether somebody must act: a check of the backups fails.
    ///
    /// A run that failed or lacks something is an alarm at once, not only when the plan is broken.
    #[must_use]
    pub fn is_alarm(self) -> bool {
        self <= Self::HookFailed
    }

    /// Returns the word for programs. It never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Damaged => "damaged",
            Self::Unreadable => "unreadable",
            Self::Held => "held",
            Self::DrillFailed => "drill-failed",
            Self::Overdue => "overdue",
            Self::Unknown => "unknown",
            Self::Malformed => "malformed",
            Self::Refused => "refused",
            Self::Conflict => "conflict",
            Self::DrillOverdue => "drill-overdue",
            Self::Unsure => "unsure",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::HookFailed => "hook-failed",
            Self::OlderFlawed => "older-damaged",
            Self::Interrupted => "interrupted",
            Self::Torn => "torn",
            Self::Running => "running",
            Self::Due => "due",
            Self::Paused => "paused",
            Self::NeverRan => "never-ran",
            Self::Ok => "ok",
        }
    }
}

/// A line that doesn't run has no other state.
fn of_line(schedule: &ScheduleStatus) -> Option<BackupState> {
    Some(match schedule.line.refused.as_deref()? {
        Error::MalformedSchedule { .. } | Error::MalformedLine { .. } => BackupState::Malformed,
        _ => BackupState::Refused,
    })
}

fn of_archive(problem: &ArchiveProblem) -> BackupState {
    match &problem.kind {
        ProblemKind::Missing => BackupState::Missing,
        ProblemKind::Changed(_) => BackupState::Changed,
        ProblemKind::Flawed(verification) => match &verification.flaw {
            Some(Flaw::Damaged(_)) => BackupState::Damaged,
            Some(Flaw::Unreadable(_)) => BackupState::Unreadable,
            _ => BackupState::Changed,
        },
    }
}

/// Returns which promise is broken, if one is.
fn of_promises(schedule: &ScheduleStatus) -> Option<BackupState> {
    let failed_drill = schedule.last_drill.as_ref().is_some_and(|drill| !DrillReceipt::passed(drill))
        && !schedule.is_drilled_archive_gone;
    let broken = [
        (schedule.held.is_some(), BackupState::Held),
        (failed_drill, BackupState::DrillFailed),
        (schedule.overdue.is_some(), BackupState::Overdue),
        (schedule.unknown_archive.is_some(), BackupState::Unknown),
        (schedule.line.contradiction.is_some(), BackupState::Conflict),
        (schedule.drill_overdue_since.is_some(), BackupState::DrillOverdue),
    ];
    broken.into_iter().find_map(|(is_broken, state)| is_broken.then_some(state))
}

/// Returns what is wrong with the archives or with how the last run ended, while the plan is still kept.
fn of_archives(schedule: &ScheduleStatus) -> Option<BackupState> {
    let complete = schedule.complete.as_ref().map(|run| run.outcome);
    let last = schedule.last_run.as_ref().map(|run| run.outcome);
    let has_hook_problem = schedule.last_run.as_ref().is_some_and(|run| !run.hook_problems.is_empty());
    let facts = [
        (complete == Some(Outcome::Failed), BackupState::Unsure),
        (last == Some(Outcome::Failed), BackupState::Failed),
        (schedule.incomplete.is_some(), BackupState::Incomplete),
        (schedule.owed_hook.is_some() || has_hook_problem, BackupState::HookFailed),
        (!schedule.flawed_older.is_empty(), BackupState::OlderFlawed),
        (last == Some(Outcome::Interrupted), BackupState::Interrupted),
        (complete == Some(Outcome::Torn), BackupState::Torn),
    ];
    facts.into_iter().find_map(|(is_so, state)| is_so.then_some(state))
}

fn of_agenda(schedule: &ScheduleStatus) -> BackupState {
    if schedule.under_way_since.is_some() {
        BackupState::Running
    } else if schedule.is_paused {
        BackupState::Paused
    } else if schedule.due.is_some() {
        BackupState::Due
    } else if schedule.last_run.is_none() && schedule.complete.is_none() {
        BackupState::NeverRan
    } else {
        BackupState::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::held_backup::HeldBackup;
    use crate::manager::listed_schedule::ListedSchedule;
    use crate::model::history::{DrillOutcome, Hold, RunKey, RunRecord, SourceLevel, Verification};
    use crate::model::schedule::EntryError;
    use crate::policy::due::Due;
    use crate::policy::integrity::FlawedArchive;
    use crate::policy::overdue::Overdue;
    use crate::testing::{at, run_record};

    const DOCS: &str = "docs;16:07;docs";

    fn run(outcome: Outcome) -> RunRecord {
        run_record(DOCS).began(at("2026-03-09 16:07")).outcome(outcome).archive("docs.tar", 10_240).build()
    }

    fn base() -> ScheduleStatus {
        let text = DOCS.to_owned();
        let line = ListedSchedule {
            entry: None,
            index: 0,
            line_number: 1,
            text,
            refused: None,
            contradiction: None,
            seems_commented: false,
        };
        ScheduleStatus::of_line(line)
    }

    fn problem(kind: ProblemKind) -> Option<ArchiveProblem> {
        Some(ArchiveProblem { run: run(Outcome::Done), kind, older: None })
    }

    fn flawed(flaw: Flaw) -> Option<ArchiveProblem> {
        let (key, archive) = (RunKey { entry: DOCS.to_owned(), planned: None }, "docs.tar".to_owned());
        let (began, at) = (at("2026-03-09 10:00"), at("2026-03-09 10:00"));
        problem(ProblemKind::Flawed(Verification { key, began, archive, at, flaw: Some(flaw) }))
    }

    fn held() -> Option<Box<HeldBackup>> {
        let began = at("2026-03-10 16:07");
        let latest = SourceLevel { began, entries: 2, profile: None };
        let hold = Hold { began, since: began, anomalies: Vec::new(), before: None, latest };
        let name = "docs".parse().unwrap();
        Some(Box::new(HeldBackup { name, hold, archive: None, kept_archives: 0, kept_bytes: 0 }))
    }

    fn failed_drill() -> Option<DrillReceipt> {
        let times = (at("2026-03-10 17:00"), at("2026-03-10 17:01"));
        Some(DrillReceipt {
            key: RunKey { entry: DOCS.to_owned(), planned: None },
            archive: "docs.tar".to_owned(),
            sha256: [0; 32],
            made_by: None,
            is_summed: true,
            began: times.0,
            ended: times.1,
            entries: 1,
            content_bytes: 1,
            uncompared_entries: 0,
            outcome: DrillOutcome::Failed { differences: 1, reported: vec![] },
        })
    }

    /// Makes one thing true of a schedule.
    type Change = fn(&mut ScheduleStatus);

    /// Each state with what alone makes it so, worst first.
    const CASES: [(BackupState, Change); 24] = [
        (BackupState::Missing, |s| s.archive_problem = problem(ProblemKind::Missing)),
        (BackupState::Changed, |s| s.archive_problem = problem(ProblemKind::Changed(5))),
        (BackupState::Damaged, |s| s.archive_problem = flawed(Flaw::Damaged(String::new()))),
        (BackupState::Unreadable, |s| s.archive_problem = flawed(Flaw::Unreadable(String::new()))),
        (BackupState::Held, |s| s.held = held()),
        (BackupState::DrillFailed, |s| s.last_drill = failed_drill()),
        (BackupState::Overdue, |s| {
            s.overdue = Some(Overdue { planned: at("2026-03-10 16:07"), last_good: None });
        }),
        (BackupState::Unknown, |s| s.unknown_archive = Some("docs.tar".to_owned())),
        (BackupState::Malformed, |s| {
            let error = Error::MalformedLine { line_number: 1, fault: EntryError::EmptySource };
            s.line.refused = Some(Box::new(error));
        }),
        (BackupState::Refused, |s| {
            let error = Error::DuplicateSchedule { index: 0, text: DOCS.to_owned() };
            s.line.refused = Some(Box::new(error));
        }),
        (BackupState::Conflict, |s| s.line.contradiction = Some(Box::new(Error::AlreadyRunning))),
        (BackupState::DrillOverdue, |s| s.drill_overdue_since = Some(at("2026-03-10 16:07"))),
        (BackupState::Unsure, |s| s.complete = Some(run(Outcome::Failed))),
        (BackupState::Failed, |s| s.last_run = Some(run(Outcome::Failed))),
        (BackupState::Incomplete, |s| s.incomplete = Some(run(Outcome::Incomplete))),
        (BackupState::HookFailed, |s| {
            let hook_problems = vec!["finally of hook db ended with exit code 1".to_owned()];
            s.last_run = Some(RunRecord { hook_problems, ..run(Outcome::Done) });
        }),
        (BackupState::OlderFlawed, |s| {
            let Some(ProblemKind::Flawed(verification)) =
                flawed(Flaw::Damaged(String::new())).map(|problem| problem.kind)
            else {
                unreachable!("it is flawed")
            };
            s.flawed_older =
                vec![FlawedArchive { file_name: "docs.2026-03-08T16-07+0000.tar".to_owned(), verification }];
        }),
        (BackupState::Interrupted, |s| s.last_run = Some(run(Outcome::Interrupted))),
        (BackupState::Torn, |s| s.complete = Some(run(Outcome::Torn))),
        (BackupState::Running, |s| s.under_way_since = Some(at("2026-03-10 16:07"))),
        (BackupState::Paused, |s| s.is_paused = true),
        (BackupState::Due, |s| s.due = Some(Due { planned: at("2026-03-10 16:07"), missed_runs: 0 })),
        (BackupState::NeverRan, |s| s.last_run = None),
        (BackupState::Ok, |s| s.last_run = Some(run(Outcome::Done))),
    ];

    #[test]
    fn each_state_has_its_cause() {
        assert_eq!(CASES.map(|(state, _)| state), BackupState::ALL);
        for (state, change) in CASES {
            let mut schedule = base();
            change(&mut schedule);
            assert_eq!(BackupState::of(&schedule), state, "{schedule:#?}");
        }
    }

    #[test]
    fn the_worst_of_two_counts() {
        for (at, (worse, make_worse)) in CASES.into_iter().enumerate() {
            for (better, make_better) in CASES.into_iter().skip(at + 1) {
                let is_of_line = |state| matches!(state, BackupState::Malformed | BackupState::Refused);
                if is_of_line(better) || is_of_line(worse) {
                    continue;
                }
                let mut schedule = base();
                make_better(&mut schedule);
                make_worse(&mut schedule);
                let found = BackupState::of(&schedule);
                // The second change may have replaced the first: then the worse is what is left.
                assert!(
                    found == worse || worse == BackupState::NeverRan,
                    "{worse:?} and {better:?}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn a_failed_drill_is_over_once_its_archive_is_gone() {
        let drilled = |is_drilled_archive_gone| ScheduleStatus {
            last_drill: failed_drill(),
            is_drilled_archive_gone,
            last_run: Some(run(Outcome::Done)),
            ..base()
        };
        assert_eq!(BackupState::of(&drilled(false)), BackupState::DrillFailed);
        assert_eq!(BackupState::of(&drilled(true)), BackupState::Ok);
    }

    #[test]
    fn words_are_unique_and_alarms_come_first() {
        let words: std::collections::BTreeSet<_> = CASES.iter().map(|(state, _)| state.word()).collect();
        assert_eq!(words.len(), CASES.len());
        assert!(CASES.is_sorted_by_key(|(state, _)| *state), "worst first");
        let alarms: Vec<_> =
            CASES.iter().filter(|(state, _)| state.is_alarm()).map(|(s, _)| s.word()).collect();
        assert_eq!((alarms.len(), alarms.last()), (16, Some(&"hook-failed")));
    }
}
