//! Explanation: what happened to a planned run, and why.

use chrono::{NaiveDate, NaiveDateTime};

use crate::model::history::RunRecord;
use crate::policy::clock_change::ClockChange;
use crate::time::Moment;

/// Why a run of a schedule did or didn't happen.
///
/// Its text is one paragraph, and safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The identity of the schedule, or the text of a malformed line.
    pub schedule: String,
    /// The planned moment, if there is one.
    pub planned: Option<Moment>,
    /// How a clock change affected that moment, if one did.
    pub clock_change: Option<ClockChange>,
    /// What happened, and why.
    pub reason: Reason,
}

/// A run that ended before its backup was finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interruption {
    /// When the interruption was requested or noticed.
    pub at: Moment,
    /// Why, if that is known.
    pub reason: Option<String>,
}

/// What happened to a run, or why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It ran.
    Ran {
        /// The run.
        run: RunRecord,
        /// Whether it began in time, and if not, why.
        delay: Delay,
    },
    /// Nothing was planned, but there was a run by hand.
    ByHand(RunRecord),
    /// A run by hand made no good backup, whatever was planned.
    FailedByHand {
        /// The run.
        run: RunRecord,
        /// Whether nothing of this backup has run since.
        is_last: bool,
    },
    /// A run by hand began, and its process died.
    UnfinishedByHand {
        /// When it began.
        since: Moment,
        /// Whether nothing of this backup has run since.
        is_last: bool,
    },
    /// The history was lost. An archive shows that this run probably happened.
    ArchiveOnly(RunRecord),
    /// A later run made up for it.
    MadeUp {
        /// The later run.
        run: RunRecord,
        /// How many other missed runs were part of this.
        other_runs: u32,
    },
    /// It was skipped on purpose.
    Skipped {
        /// When that was decided.
        at: Moment,
        /// Why, if that is known.
        reason: Option<String>,
        /// How many other missed runs were part of this.
        other_runs: u32,
    },
    /// It is under way, or a run that makes up for it is.
    UnderWay {
        /// When the run under way began.
        since: Moment,
        /// The later moment that the run under way was planned for, if it makes up for this one.
        planned: Option<Moment>,
    },
    /// It is due.
    Due {
        /// The last attempt that was interrupted.
        interrupted: Option<Interruption>,
        /// When an attempt began whose end is unknown.
        unfinished_since: Option<Moment>,
        /// Whether the service runs.
        service_runs: bool,
        /// Whether it will be skipped, because it is late and its schedule doesn't catch up.
        will_be_skipped: bool,
    },
    /// It was interrupted, and isn't due any more.
    Abandoned(Interruption),
    /// The schedule is paused. Runs that weren't made are not planned.
    Paused,
    /// It is in the future.
    Future {
        /// Whether the service runs.
        service_runs: bool,
        /// The next planned run.
        next: Option<Moment>,
    },
    /// The schedule was added later. Earlier runs are not made up for.
    NotYet {
        /// When it was added.
        since: Moment,
        /// Whether the same schedule had existed before.
        existed_before: bool,
    },
    /// The schedule was deleted. This is the last moment that the history has a note of, if there is one.
    Deleted(Option<Moment>),
    /// The schedule never runs, for this reason.
    Refused(String),
    /// Nothing was planned at that moment.
    NotPlanned {
        /// The requested time.
        requested: NaiveDateTime,
        /// The time of the schedule, in words.
        rule: String,
        /// The nearest planned moment.
        nearest: Option<Moment>,
    },
    /// Nothing was planned on that date.
    NotPlannedThatDay {
        /// The requested date.
        requested: NaiveDate,
        /// The time of the schedule, in words.
        rule: String,
        /// The nearest planned moment.
        nearest: Option<Moment>,
    },
    /// The time zone has no such date.
    NoSuchDate(NaiveDate),
    /// A run was recorded for it by a clock that was ahead. This record doesn't count.
    ClockAhead {
        /// What that clock showed.
        shown: Moment,
        /// Whether the planned moment is still in the future.
        is_future: bool,
    },
    /// The history says nothing about it.
    Unknown {
        /// The first moment that the history has a note of for this schedule.
        first: Option<Moment>,
        /// The planned moment.
        planned: Moment,
    },
}

/// Whether a run began in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// It began in time.
    InTime,
    /// An earlier attempt was interrupted.
    AfterInterruption(Interruption),
    /// It waited: other backups and drills were under way all the time.
    Waited {
        /// The schedules of the backups.
        backups: Vec<String>,
        /// The schedules of the drills.
        drills: Vec<String>,
    },
    /// Nothing could run it: the service was down, or the machine was off or asleep.
    NothingRan,
}
