//! Says what was missed, doubled and unplanned: a model of its own, which knows nothing of the core's rules.
//!
//! It hears what happens (the schedules change, the service looks, a run begins, an archive appears, a note is written)
//! and keeps account of each planned moment of each schedule. Its rules, which are the product's promises:
//!
//! - A planned moment is **required** when it lies at or after the minute from which the schedule counts: the minute
//!   of its `create` by the manager; for a line written by hand, that of the file's last change before the service's
//!   first look at it, or of the last look without it, whichever is later. A clock that was set back by less than a day
//!   takes nothing from what was noted before: then it counts from the minute of that note.
//! - **Missed**: the service waits after a look at which schedules and history could be read, a worker and the name are
//!   free, the clock is right, and a moment that is required and has passed is neither settled nor under way. Or it would
//!   sleep past the next such moment of a day: the runner wakes it every day, so what is further away may still move.
//! - **Doubled**: two runs settle one planned moment, or two archives are made for it.
//! - **Unplanned**: a run counts for a moment before its schedule was written, or for no moment of the plan at all.
//! - A run settles its moment and as many before it as it says it makes up for. Readings that a gap of the clocks moves into
//!   one instant are one moment.
//! - Lines of one name make one backup: a planned run of one settles what was planned for the others up to its moment. These
//!   may be made all the same if the run was begun before they were due, or if its end was noted before the history had any
//!   note of them: a schedule that is new counts from when it was written, also where the clock was set back after that run.
//! - A run whose service died between its archive and the note of its end is not made again, as long as the history
//!   could hold the note before the archive. Where it could not, it may be made again, or the archive be found: then
//!   what was planned before that was finished need not be made.
//! - After a change of the zone by hand, a date and time of the plan may come once more if its moment in the new zone is
//!   later than every moment that was settled; what isn't later is over. Plans that follow no dates have the moments of
//!   each zone. A schedule with a zone of its own has the same moments wherever the machine is.
//! - A delay belongs to the planned moment. It follows from the schedule and that moment alone, and is worked out anew here.
//! - A schedule that doesn't catch up skips what is late, and runs what is in time: see `skips`.
//!
//! A clock is **right** as long as all its readings lie within a span of 24 hours around the truth, and it **lies** when
//! it is further ahead or behind than that. Runs begun by a lying clock settle nothing and are not counted, but even
//! then no archive is made twice for one moment. What else a lie may do is this and no more:
//!
//! - ahead: once right time comes within a day of a note of its own, that note may mute what was planned up to the
//!   moment it settled, unless it stands out by more than a day between the schedule's note right before it and a newer one.
//!   What others of its name did before the history knew the schedule is no such note;
//! - behind: what it settled of the past may stay settled; and a note that it wrote for a schedule may make those notes of
//!   that schedule look like lies that lie more than a day after it, so each of their moments may be made up for once more;
//!   and of a schedule that it took in, what was planned before the dates of the episode may be made up for;
//! - either: a schedule that was written, or first seen, while the clock lied counts from the first look of a right one.

mod calendar;
mod line;
mod lines;
mod lives;
mod looks;
mod notes;
mod sharing;
mod skips;
mod unplanned;
mod verdicts;

use super::almanac::MINUTE;
use crate::model::history::{Outcome, RunKey};
use calendar::Planned;
use line::By;
pub(super) use line::Line;
use lines::active;
pub(super) use verdicts::Verdicts;

/// What the clock is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Honesty {
    Right,
    Ahead,
    Behind,
}

/// A time in which the clock lied: what it showed, and when that really was over.
#[derive(Debug)]
struct Lie {
    honesty: Honesty,
    from: i64,
    until: i64,
    ended: i64,
}

/// A planned run that was begun.
#[derive(Debug)]
struct Active {
    line: usize,
    by: By,
    began: i64,
    honesty: Honesty,
    /// How many lies of the clock there had been when it began.
    lies: usize,
    /// How many notes of a clock that was far ahead each line of its name had then.
    shadows: Vec<(usize, u64)>,
    /// What it is made for, the latest first, with the moments when it began.
    covered: Vec<Planned>,
    /// It is no run, but what is noted of moments that were skipped.
    is_skip: bool,
    /// The history holds what its archive is to be.
    is_sealed: bool,
    /// It has an archive.
    is_made: bool,
    /// It ended, and settled what it was made for.
    is_settled: bool,
}

/// The judge of one episode.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) lines: Vec<Line>,
    pub(super) verdicts: Verdicts,
    truth: i64,
    lies: Vec<Lie>,
    /// Whether the history refused the last note.
    is_history_full: bool,
    pub(super) now: i64,
    /// The last that it showed while it was right.
    right_now: i64,
    pub(super) honesty: Honesty,
    /// The place of the zone among those of the episode.
    zone: usize,
    /// That of the one before: who is leaving begins what was due in it.
    last_zone: usize,
    zone_changes: u64,
    workers: usize,
    active: Vec<Active>,
    /// Those whose service died after their archives had appeared, and before their end was noted; but the history can
    /// tell that they were made.
    outlived: Vec<Active>,
    /// When the file was last changed, as the store said at the last look.
    file_changed: Option<i64>,
    /// What the clock showed at the last look of the service that runs.
    last_look: Option<i64>,
    /// Whether the service has looked since it last waited.
    has_looked: bool,
}

impl Judge {
    pub(super) fn new(lines: Vec<Line>, verdicts: Verdicts, workers: usize) -> Self {
        Self {
            lines,
            verdicts,
            truth: 0,
            lies: Vec::new(),
            is_history_full: false,
            now: 0,
            right_now: 0,
            honesty: Honesty::Right,
            zone: 0,
            last_zone: 0,
            zone_changes: 0,
            workers,
            active: Vec::new(),
            outlived: Vec::new(),
            file_changed: None,
            last_look: None,
            has_looked: false,
        }
    }

    /// The clock shows this, and is worth that.
    pub(super) fn set_clock(&mut self, truth: i64, now: i64, honesty: Honesty) {
        self.truth = truth;
        match self.lies.last_mut().filter(|lie| lie.honesty == self.honesty && self.honesty == honesty) {
            Some(lie) => (lie.until, lie.ended) = (now, truth),
            None if honesty != Honesty::Right => {
                self.lies.push(Lie { honesty, from: now, until: now, ended: truth });
            }
            None => {}
        }
        self.now = now;
        self.right_now = if honesty == Honesty::Right { now } else { self.right_now };
        if self.honesty != honesty {
            self.honesty = honesty;
            self.lines.iter_mut().for_each(|line| line.made_in_lie.clear());
        }
    }

    /// The machine is in another zone, that of this place among the zones of the episode.
    pub(super) fn set_zone(&mut self, zone: usize) {
        self.verdicts.tell(self.now, || format!("another zone, number {zone}"));
        for line in self.lines.iter_mut().filter(|line| !line.has_own_zone) {
            line.leave_zone(self.right_now, self.zone);
            line.let_go_until(line.settled_until, zone);
        }
        self.last_zone = std::mem::replace(&mut self.zone, zone);
        self.zone_changes += 1;
    }

    /// The line was written into the file, or taken out of it.
    pub(super) fn edited(&mut self, line: usize, is_there: bool) {
        let written = (self.now, self.honesty == Honesty::Right);
        if let Some(line) = self.lines.get_mut(line) {
            line.is_there = is_there;
            self.verdicts.tell(self.now, || format!("edited: {} {is_there}", line.identity));
            if is_there {
                line.is_unseen = true;
                line.written = written;
            }
        }
    }

    /// The service began a planned run.
    pub(super) fn begun(&mut self, key: &RunKey, missed_runs: u32) {
        let (Some(place), Some(planned)) = (self.place(&key.entry), key.planned) else { return };
        let planned = planned.timestamp();
        self.verdicts.report.runs += 1;
        let is_again = |run: &Active| run.line == place && run.by.planned == planned && !run.is_sealed;
        self.outlived.retain(|run| !is_again(run));
        self.verdicts.tell(self.now, || format!("begun: {key:?}, for {missed_runs} more"));
        let (mut covered, zone) = self.covered_by(place, planned, missed_runs);
        match self.honesty {
            Honesty::Right => {
                self.verdicts.report.made_up += u64::from(missed_runs);
                self.look_for_unplanned(place, planned, &covered);
                self.look_for_late_run(place, planned, &covered);
            }
            Honesty::Ahead => {
                covered.clear();
                let now = self.now;
                self.lines_of_backup(place).for_each(|line| line.cast_shadow(planned, now));
            }
            Honesty::Behind => {
                covered.drain(..).for_each(|planned| self.lines[place].cell(planned).is_free = true);
            }
        }
        self.lines[place].waits = None;
        let run = self.run(place, By { planned, zone }, covered);
        self.active.push(run);
    }

    /// Returns a run that begins now.
    fn run(&self, line: usize, by: By, covered: Vec<Planned>) -> Active {
        Active {
            line,
            by,
            began: self.now,
            honesty: self.honesty,
            lies: self.lies.len(),
            shadows: self.shadows_cast(line),
            covered,
            is_skip: false,
            is_sealed: false,
            is_made: false,
            is_settled: false,
        }
    }

    /// The archive of that run appeared.
    pub(super) fn published(&mut self, key: &RunKey) {
        let Some(run) = active(&mut self.active, &self.lines, key) else { return };
        run.is_made = true;
        self.verdicts.tell(self.now, || format!("archive: {}", key.entry));
        let line = &mut self.lines[run.line];
        if run.honesty != Honesty::Right {
            if run.honesty == self.honesty && run.lies == self.lies.len() {
                made_in_lie(line, run.by.planned, self.now, &mut self.verdicts);
            }
            return;
        }
        for planned in &run.covered {
            self.verdicts.count(line, *planned, run.by, verdicts::Count::Made);
        }
    }

    /// The service was told how that run ended.
    pub(super) fn finished(&mut self, key: &RunKey, outcome: Option<Outcome>) {
        self.verdicts.tell(self.now, || format!("ended: {} {outcome:?}", key.entry));
        let settles = outcome.is_some_and(|outcome| outcome != Outcome::Interrupted);
        let Some(run) = active(&mut self.active, &self.lines, key) else { return };
        run.is_settled = settles;
        if !settles {
            let place = run.line;
            // Those before it may wait for their notes.
            self.active.retain(|run| run.line != place || run.is_settled);
            return;
        }
        let line = &mut self.lines[run.line];
        for planned in &run.covered {
            self.verdicts.count(line, *planned, run.by, verdicts::Count::Settled);
        }
        let (place, by, began, honesty) = (run.line, run.by, run.began, run.honesty);
        if honesty != Honesty::Ahead {
            self.settle_after_travel(place, by);
            self.settle_others(place, by.planned);
        }
        if honesty == Honesty::Behind {
            self.lines_of_backup(place).for_each(|line| line.forgive_after(began));
        }
    }
}

/// An archive was made while the clock lied.
fn made_in_lie(line: &mut Line, planned: i64, now: i64, verdicts: &mut Verdicts) {
    if line.made_in_lie.contains(&planned) {
        verdicts.doubled(line, planned, now, "two archives in one lie of the clock");
    }
    line.made_in_lie.push(planned);
}

fn start_of_minute(instant: i64) -> i64 {
    instant - instant.rem_euclid(MINUTE)
}
