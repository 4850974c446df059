//! The explanation of a run: what happened, and why.

use chrono::{NaiveDate, NaiveDateTime};

use crate::model::history::RunRecord;
use crate::time::Moment;

/// Why a run of a schedule did or didn't happen. Its text is one paragraph, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The schedule's identity, or the line that should be one.
    pub schedule: String,
    /// The planned moment that it is about, where there is one.
    pub planned: Option<Moment>,
    /// What the wall clock did to that moment.
    pub oddity: Option<Oddity>,
    /// What happened.
    pub verdict: Reason,
}

/// A wall clock that didn't show a planned time exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// It skipped the time, which therefore ran right after the gap; the time.
    Skipped(String),
    /// It showed the time twice, of which the first counts; the time.
    Twice(String),
}

/// A run that was ended before it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interruption {
    /// When it was found out, or asked for.
    pub at: Moment,
    /// Why, where that is known.
    pub reason: Option<String>,
}

/// What happened, or didn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It ran.
    Ran {
        /// How it ended.
        run: RunRecord,
        /// Whether it began in time, and if not, why.
        lateness: Delay,
    },
    /// Nothing was planned, but it was made by hand.
    ByHand(RunRecord),
    /// Only the archive is known of the run that it may have been.
    Found(RunRecord),
    /// A later run made up for it, and for so many others besides the one it was planned for.
    MadeUp {
        /// That run.
        run: RunRecord,
        /// How many more.
        other_runs: u32,
    },
    /// It was skipped on purpose, with so many others.
    Skipped {
        /// When that was found out.
        at: Moment,
        /// Why.
        reason: Option<String>,
        /// How many more.
        other_runs: u32,
    },
    /// It is under way.
    UnderWay {
        /// Since when.
        since: Moment,
        /// The later moment that the run is planned for, if it makes up for this one.
        planned: Option<Moment>,
    },
    /// It is owed.
    Owed {
        /// Earlier attempts that were ended before they were done: the last of them.
        interrupted: Option<Interruption>,
        /// Since when no end is known of an attempt.
        unfinished_since: Option<Moment>,
        /// Whether the service runs.
        service_runs: bool,
        /// Whether its schedule skips it, its time having passed.
        will_be_skipped: bool,
    },
    /// It was begun, and no longer counts.
    Abandoned(Interruption),
    /// It lies ahead.
    Ahead {
        /// Whether the service runs.
        service_runs: bool,
        /// The next run.
        next: Option<Moment>,
    },
    /// The schedule counts only from a later moment on.
    NotYet {
        /// Which.
        since: Moment,
        /// Whether the history knows the schedule from before.
        is_anew: bool,
    },
    /// There is no such schedule any more; the last that the history knows of it.
    Gone(Option<Moment>),
    /// The schedule never runs; why.
    Refused(String),
    /// Nothing was planned at that moment.
    NotPlanned {
        /// What was asked for.
        asked: NaiveDateTime,
        /// When the schedule runs, each day.
        daily: String,
        /// The planned moment that is nearest.
        nearest: Option<Moment>,
    },
    /// The zone has no such date.
    NoSuchDate(NaiveDate),
    /// The run that was noted for it was noted by a clock that was ahead.
    ClockAhead {
        /// What that clock showed.
        shown: Moment,
        /// Whether the moment still lies ahead.
        is_ahead: bool,
    },
    /// The history tells nothing of it.
    Unknown {
        /// The first that it tells of the schedule.
        first: Option<Moment>,
        /// The moment.
        planned: Moment,
    },
}

/// Whether a run began in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// It did.
    InTime,
    /// An earlier attempt was ended before it was done.
    AfterInterruption(Interruption),
    /// Other backups and drills were under way all the time.
    Waited {
        /// The entries of the backups.
        backups: Vec<String>,
        /// Those of the drills.
        drills: Vec<String>,
    },
    /// Nothing was running: the service was down, or the machine off or asleep.
    NothingRan,
}
