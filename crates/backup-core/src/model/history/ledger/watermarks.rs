//! What settles an entry: a mark for each note that does, in the order of the notes, whatever their clocks said.

use chrono::TimeDelta;

use crate::model::history::clock_step::LARGEST_STEP_BACK;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::extremes::Extremes;
use crate::model::history::note::{HistoryNote, believed_adoption};
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::time::{Moment, start_of_minute};

/// The marks of an entry.
#[derive(Debug, Default)]
pub(super) struct Watermarks {
    marks: Vec<Mark>,
    extremes: Extremes,
    /// The place of the note of the beginning of the planned run whose end isn't noted yet.
    begun_at: Option<u64>,
    last_planned: Option<PlannedRun>,
}

/// A note that settles an entry's plan up to a moment.
#[derive(Debug, Clone, Copy)]
struct Mark {
    settled: Moment,
    /// When the note was written.
    written: Moment,
    /// The place of the note.
    place: u64,
    /// Where the note is of a run's end, the place of the note of its beginning.
    begun_at: u64,
    /// The latest that this mark and all before it settle.
    settled_so_far: Moment,
}

/// The planned run that ended last.
#[derive(Debug, Clone, Copy)]
struct PlannedRun {
    planned: Moment,
    began: Moment,
    /// The place of the note of its beginning; where there is none, of its end.
    begun_at: u64,
}

impl Watermarks {
    /// Returns up to when nothing is due; see [`settled`](crate::model::history::Ledger::settled).
    pub(super) fn settled(&self, now: Moment) -> Option<Moment> {
        let latest = now + LARGEST_STEP_BACK;
        let mut settled: Option<Moment> = None;
        for mark in self.marks.iter().rev() {
            if settled.is_some_and(|settled| mark.settled_so_far <= settled) {
                break;
            }
            if mark.written <= latest {
                settled = settled.max(Some(mark.settled));
            }
        }
        settled.map(|moment| moment.with_timezone(now.offset()))
    }

    /// See [`adopted_since`](crate::model::history::Ledger::adopted_since).
    pub(super) fn adopted_since(&self, now: Moment) -> Option<Moment> {
        let believed = |mark: &Mark| believed_adoption(mark.since(), mark.written, now);
        self.marks.iter().filter_map(believed).max()
    }

    /// An entry counts from that moment on, which was noted `at` that moment.
    pub(super) fn adopt(&mut self, place: u64, since: Moment, at: Moment) {
        // The first moment that counts must not be settled itself.
        self.mark(place, since - JUST_BEFORE, at, at, place);
    }

    /// An archive is found without a note of its run. Where nothing else is known of the entry, nothing is due for the
    /// time before that was finished, by the clock of then; what else is known knows better what is due.
    pub(super) fn find(&mut self, place: u64, finished: Moment) {
        if self.marks.is_empty() {
            self.mark(place, finished, finished, finished, place);
        }
    }

    /// A run begins.
    pub(super) fn begin(&mut self, place: u64, key: &RunKey) {
        self.begun_at.take_if(|_| key.planned.is_some());
        self.see_running(place, key);
    }

    /// A run has begun, if that wasn't noted before.
    pub(super) fn see_running(&mut self, place: u64, key: &RunKey) {
        if key.planned.is_some() {
            self.begun_at.get_or_insert(place);
        }
    }

    /// A run ended. Returns the place of the note of its beginning, where marks were made since that.
    pub(super) fn end(&mut self, place: u64, run: &RunRecord) -> Option<u64> {
        let planned = run.key.planned?;
        // An end that is heard of once more says nothing new.
        let again = self.last_planned.filter(|last| (last.planned, last.began) == (planned, run.began));
        let begun_at = self.begun_at.take().or(again.map(|last| last.begun_at)).unwrap_or(place);
        self.last_planned = Some(PlannedRun { planned, began: run.began, begun_at });
        let is_passed = self.marks.last().is_some_and(|mark| mark.place > begun_at);
        if run.outcome != Outcome::Interrupted {
            self.mark(place, planned, run.began, run.began.max(run.ended), begun_at);
        }
        is_passed.then_some(begun_at)
    }

    /// Returns the place of the note of the beginning of the planned run that ended last.
    pub(super) fn last_planned_begun_at(&self) -> Option<u64> {
        self.last_planned.map(|last| last.begun_at)
    }

    /// Adds notes that settle what these marks settle, as far as it still matters:
    ///
    /// - the first mark: a mark shows that its clock was ahead only beside an older one;
    /// - the last two marks, and the last two that settle more than all before them;
    /// - the last few that say since when the entry counts;
    /// - those before the last leaps of the clock: if a clock turns out to have been ahead, these count again.
    pub(super) fn add_to(&self, entry: &str, checkpoint: &mut Checkpoint) {
        let ends = self.marks.first().into_iter().chain(self.marks.iter().rev().take(2));
        let records: Vec<_> = self.marks.iter().filter(|mark| mark.settled == mark.settled_so_far).collect();
        let is_leap = |pair: &&[&Mark]| pair[1].written > pair[0].written + LEAP;
        let before_leaps = records.windows(2).rev().filter(is_leap).take(MOST_LEAPS).map(|pair| pair[0]);
        let adoptions = self.marks.iter().rev().filter(|mark| mark.is_adoption()).take(MOST_ADOPTIONS);
        let last_records = records.iter().copied().rev().take(2);
        for mark in ends.chain(last_records).chain(before_leaps).chain(adoptions) {
            // What was noted since a run began is no lie of the clock.
            checkpoint.add_instead(mark.place, mark.begun_at, mark.adopted(entry));
        }
    }

    /// `known` is the latest that was known of the clock when the mark was made: a run may last for days, and what was
    /// noted meanwhile is no lie. Nor is what was noted since it began, from the place `begun_at` on: when a service
    /// dies before it can note how a run ended, the next one does so, after all that was noted in between.
    fn mark(&mut self, place: u64, settled: Moment, written: Moment, known: Moment, begun_at: u64) {
        if self.extremes.may_leap_over(known.to_utc()) {
            self.drop_ahead_of(known, begun_at);
        }
        self.push(Mark { settled, written, place, begun_at, settled_so_far: settled });
    }

    fn push(&mut self, mark: Mark) {
        let before = self.marks.last().map_or(mark.settled, |before| before.settled_so_far);
        self.extremes.add(self.marks.len(), mark.written.to_utc());
        self.marks.push(Mark { settled_so_far: before.max(mark.settled), ..mark });
    }

    /// Drops the marks that a clock wrote while it was ahead, now that one follows which was `written` long before
    /// them, but not before the last mark in front of them. Otherwise it is the newer one whose clock was behind.
    fn drop_ahead_of(&mut self, written: Moment, begun_at: u64) {
        let mut before: Option<Moment> = None;
        self.extremes = Extremes::default();
        for mark in std::mem::take(&mut self.marks) {
            let is_behind_us = before.is_some_and(|before| before <= written);
            if !is_behind_us || !mark.is_ahead_of(written, begun_at) {
                before = Some(mark.written);
                self.push(mark);
            }
        }
    }
}

/// A daily schedule leaves no more time between two marks, unless nothing ran.
const LEAP: TimeDelta = TimeDelta::days(2);

const MOST_LEAPS: usize = 4;

/// The last one counts, but for those of a clock that was ahead.
const MOST_ADOPTIONS: usize = 3;

/// What lies between the moment up to which all is settled and the first one that counts.
const JUST_BEFORE: TimeDelta = TimeDelta::seconds(1);

impl Mark {
    /// Returns whether it was made in front of that place, and claims to be written long after what was known of the clock.
    fn is_ahead_of(&self, known: Moment, begun_at: u64) -> bool {
        self.place < begun_at && self.written > known + LARGEST_STEP_BACK
    }

    /// Returns the note that settles what this mark does.
    fn adopted(&self, entry: &str) -> HistoryNote {
        HistoryNote::Adopted { entry: entry.to_owned(), since: self.since(), at: self.written }
    }

    /// Returns whether it is of a note that tells since when the entry counts: that is a whole minute, where what a run
    /// settles is one.
    fn is_adoption(&self) -> bool {
        start_of_minute(self.since()) == self.since()
    }

    /// Returns the first moment that it doesn't settle.
    fn since(&self) -> Moment {
        self.settled + JUST_BEFORE
    }
}
