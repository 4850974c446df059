//! What settles an entry: a mark for each note that does, in the order of the notes, whatever their clocks said.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::history::ledger::extremes::Extremes;
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::time::Moment;

/// A clock set back by no more than this is a correction, and what ran before it counts. Set back further, the clock
/// was wrong before, and what it claims to have run in the future settles nothing.
pub const LARGEST_STEP_BACK: TimeDelta = TimeDelta::hours(24);

/// The marks of an entry.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marks: Vec<Mark>,
    extremes: Extremes,
    /// How many were ever made.
    made: u64,
    /// How many had been made when the planned run began whose end isn't noted yet.
    before_run: Option<u64>,
    /// The planned run that ended last, its planned moment and its beginning, and how many had been made before it.
    last_planned: Option<(Moment, Moment, u64)>,
}

/// A note that settles an entry's plan up to a moment, and when it was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) settled: DateTime<Utc>,
    pub(super) written: DateTime<Utc>,
    /// How many had been made before.
    pub(super) earlier: u64,
    /// The latest that this mark and all before it settle.
    settled_so_far: DateTime<Utc>,
}

impl Marks {
    /// Returns them, oldest first.
    pub(super) fn all(&self) -> &[Mark] {
        &self.marks
    }

    /// Returns up to when nothing is owed; see [`settled`](crate::model::history::ledger::Ledger::settled).
    pub(super) fn settled(&self, now: Moment) -> Option<Moment> {
        let latest = now.to_utc() + LARGEST_STEP_BACK;
        let mut settled: Option<DateTime<Utc>> = None;
        for mark in self.marks.iter().rev() {
            if settled.is_some_and(|settled| mark.settled_so_far <= settled) {
                break;
            }
            if mark.written <= latest {
                settled = settled.max(Some(mark.settled));
            }
        }
        settled.map(|instant| instant.with_timezone(now.offset()))
    }

    /// All up to `settled` is no matter of this entry, which was noted `at` that moment.
    pub(super) fn adopt(&mut self, settled: Moment, at: Moment) {
        self.mark(settled, at, at, self.made);
    }

    /// An archive is found without a note of its run. Where nothing else is known of the entry, nothing is owed for the
    /// time before that was finished, by the clock of then; what else is known knows better what is owed.
    pub(super) fn find(&mut self, finished: Moment) {
        if self.marks.is_empty() {
            self.adopt(finished, finished);
        }
    }

    /// A run begins.
    pub(super) fn begin(&mut self, key: &RunKey) {
        self.before_run.take_if(|_| key.planned.is_some());
        self.see_running(key);
    }

    /// A run has begun, if that wasn't noted before.
    pub(super) fn see_running(&mut self, key: &RunKey) {
        if key.planned.is_some() {
            self.before_run.get_or_insert(self.made);
        }
    }

    /// A run ended.
    pub(super) fn end(&mut self, run: &RunRecord) {
        let Some(planned) = run.key.planned else { return };
        // An end that is heard of once more says nothing new.
        let again =
            self.last_planned.filter(|last| (last.0, last.1) == (planned, run.began)).map(|last| last.2);
        let earlier = self.before_run.take().or(again).unwrap_or(self.made);
        self.last_planned = Some((planned, run.began, earlier));
        if run.outcome != Outcome::Interrupted {
            self.mark(planned, run.began, run.began.max(run.ended), earlier);
        }
    }

    /// `known` is the latest that was known of the clock when the mark was made: a run may last for days, and what was
    /// noted meanwhile is no lie. Nor is what was noted since it began, behind the first `earlier` marks: when a service
    /// dies before it can note how a run ended, the next one does so, after all that was noted in between.
    fn mark(&mut self, settled: Moment, written: Moment, known: Moment, earlier: u64) {
        let (settled, written, known) = (settled.to_utc(), written.to_utc(), known.to_utc());
        if self.extremes.may_leap_over(known) {
            self.drop_ahead_of(known, earlier);
        }
        self.push(Mark { settled, written, earlier: self.made, settled_so_far: settled });
        self.made += 1;
    }

    fn push(&mut self, mark: Mark) {
        let before = self.marks.last().map_or(mark.settled, |before| before.settled_so_far);
        self.extremes.take_in(self.marks.len(), mark.written);
        self.marks.push(Mark { settled_so_far: before.max(mark.settled), ..mark });
    }

    /// Drops the marks that a clock wrote while it was ahead, now that one follows which was `written` long before
    /// them, but not before the last mark in front of them. Otherwise it is the newer one whose clock was behind.
    fn drop_ahead_of(&mut self, written: DateTime<Utc>, earlier: u64) {
        let mut before: Option<DateTime<Utc>> = None;
        self.extremes = Extremes::default();
        for mark in std::mem::take(&mut self.marks) {
            let is_behind_us = before.is_some_and(|before| before <= written);
            if !is_behind_us || !mark.is_ahead_of(written, earlier) {
                before = Some(mark.written);
                self.push(mark);
            }
        }
    }
}

impl Mark {
    /// Returns whether it is one of the first so many, and claims to be written long after what was known of the clock.
    fn is_ahead_of(&self, known: DateTime<Utc>, earlier: u64) -> bool {
        self.earlier < earlier && self.written > known + LARGEST_STEP_BACK
    }
}
