//! Schedules that don't catch up: what they may skip, and what they may run.
//!
//! A moment is **late** when it passed more than ten minutes ago. It **waits** when a look of the service that runs found it
//! before it was late, as the latest one that had passed, and no run of its own schedule was under way; it waits until a look
//! finds another one to be the latest. It has **begun** when the history says so of the run that began last, and not that
//! this ended otherwise than by an interruption.
//!
//! - What is skipped is settled, for this schedule alone: it is not missed, and a run of it, or a second skip, doubles it.
//! - A skip is unplanned where a run would be. It is also unplanned for what isn't late or waits, unless a later moment has
//!   passed, of which one run makes both; and for what has begun.
//!   While the history can't be written, the judge hears of no skip: what may be skipped is missed only once it can.
//! - A run is unplanned for what is late, unless it waits or has begun; and if it makes up for earlier moments, unless one of
//!   them, or its own, has begun.

use super::super::almanac::MINUTE;
use super::calendar::Planned;
use super::line::By;
use super::verdicts::Count;
use super::{Honesty, Judge, Line};

/// How late something may be and still be in time.
const IN_TIME: i64 = 10 * MINUTE;

impl Judge {
    /// The service looks: what it finds in time waits until it is begun.
    pub(super) fn find_waiting(&mut self) {
        for place in 0..self.lines.len() {
            let is_busy = self.active.iter().any(|run| run.line == place && !run.is_settled);
            let latest = self.lines[place].calendar(self.zone).latest(self.now);
            let line = &mut self.lines[place];
            let waits = |latest: &i64| !is_late(*latest, self.now) && !is_busy || line.waits == Some(*latest);
            line.waits = latest.filter(|_| line.is_there).filter(waits);
        }
    }

    /// A run began by a clock that is right.
    pub(super) fn look_for_late_run(&mut self, place: usize, planned: i64, covered: &[Planned]) {
        let (line, now) = (&self.lines[place], self.now);
        if line.catches_up {
            return;
        }
        let has_begun = |since| line.begun.is_some_and(|begun| (since..=now).contains(&begun));
        let is_makeup = covered.iter().any(|earlier| earlier.moment < planned);
        if is_late(planned, now) && line.waits != Some(planned) && !has_begun(planned) {
            self.verdicts.unplanned(line, planned, now, "a late run of what doesn't catch up");
        } else if let Some(first) = covered.last().filter(|first| is_makeup && !has_begun(first.moment)) {
            self.verdicts.unplanned(line, first.moment, now, "made up for by what doesn't catch up");
        }
    }

    /// The service notes that it skips a moment and so many before it, by what the clock showed when it was `written`. That may
    /// have been a while ago: notes wait for each other. It may have been tried before, in vain.
    pub(super) fn skipped(&mut self, place: usize, planned: i64, missed_runs: u32, written: i64) {
        if self.active.iter().any(|run| run.is_skip && run.line == place && run.by.planned == planned) {
            return;
        }
        let is_news = written == self.now;
        let honesty = if is_news { self.honesty } else { self.honesty_of(written) };
        let (mut covered, zone) = self.covered_by(place, planned, missed_runs);
        let by = By { planned, zone };
        match honesty {
            Honesty::Right => {
                self.verdicts.report.skipped += u64::from(missed_runs) + 1;
                if is_news {
                    self.look_for_unplanned(place, planned, &covered);
                    self.look_for_wrong_skip(place, planned, &covered);
                }
                let line = &mut self.lines[place];
                covered.iter().for_each(|planned| self.verdicts.count(line, *planned, by, Count::Settled));
            }
            Honesty::Ahead => covered.clear(),
            Honesty::Behind => {
                covered.drain(..).for_each(|planned| self.lines[place].cell(planned).is_free = true);
            }
        }
        if honesty != Honesty::Ahead {
            let line = &mut self.lines[place];
            line.settled_until = line.settled_until.max(planned);
        }
        let mut skip = self.run(place, by, covered);
        skip.shadows.retain(|(line, _)| *line == place);
        (skip.is_skip, skip.is_settled, skip.honesty) = (true, true, honesty);
        self.active.push(skip);
    }

    /// Returns whether a moment may have been skipped without a word: no note of it can be written.
    pub(super) fn may_be_skipped(&self, line: &Line, planned: i64) -> bool {
        let is_open = line.waits == Some(planned) || line.begun == Some(planned);
        let is_skipped = planned <= line.unheard || is_late(planned, self.now) && !is_open;
        self.is_history_full && !line.catches_up && is_skipped
    }

    /// The service waits: a skip that a clock which is far ahead made it note may wait unheard behind what can't be written.
    pub(super) fn let_unheard_skips_cast_shadows(&mut self) {
        if self.honesty == Honesty::Ahead && self.is_history_full {
            let now = self.now;
            let skips = self.lines.iter_mut().filter(|line| line.is_there && !line.catches_up);
            skips.for_each(|line| line.cast_shadow(now, now));
        }
    }

    fn look_for_wrong_skip(&mut self, place: usize, planned: i64, covered: &[Planned]) {
        let (line, now) = (&self.lines[place], self.now);
        let first = covered.last().map_or(planned, |first| first.moment);
        let is_latest = line.calendar(self.zone).latest(now).is_none_or(|latest| latest <= planned);
        let what = if line.catches_up {
            "skipped by what catches up"
        } else if line.begun.is_some_and(|begun| (first..=planned).contains(&begun)) {
            "skipped though it had begun"
        } else if is_latest && !is_late(planned, now) {
            "skipped in time"
        } else if is_latest && line.waits == Some(planned) {
            "skipped while it waited"
        } else {
            return;
        };
        self.verdicts.unplanned(line, planned, now, what);
    }
}

fn is_late(planned: i64, now: i64) -> bool {
    now - planned > IN_TIME
}
