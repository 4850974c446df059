//! One pass over the schedules: what is due now, and when to look again.
//!
//! A pass does work only for what has changed and for what is due. It keeps what it derives in a [`Docket`] for the next
//! pass. When something happens that may concern all schedules, the docket is dropped and a pass starts over:
//!
//! - The schedules have changed, or their file has another date.
//! - The configuration has changed.
//! - Something couldn't be read, or a stop cut the last pass short.
//! - The clock was set back, or the docket is a day old.
//! - The offsets of the local zone have changed.
//! - The disk takes other names of backups for the same than before.
//! - The history was shortened.
//! - Somebody asks the service to look at the schedules.
//!
//! Otherwise a pass evaluates a schedule when its next moment has come, when the history has a new note about it, when
//! another process was making its backup, and when its run was dropped because the clock showed an earlier time.

use std::collections::BTreeMap;

use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::schedule::ScheduleEntry;
use crate::operation::admission::{Admission, Admitted, admit};
use crate::ports::JobRunner;
use crate::service::Service;
use crate::service::docket::Docket;
use crate::service::last_pass::LastPass;
use crate::service::name_aliases::NameAliases;
use crate::service::waiting::Waiting;
use crate::time::Moment;

/// After how many schedules a pass asks whether a stop is waiting. A pass over fewer is never cut short.
const ENTRIES_BETWEEN_ASKS: usize = 100;

impl Service<'_> {
    /// Takes in what the schedules and the history say now.
    ///
    /// If something can't be read, nothing changes: what would have been due meanwhile is due at the next pass that
    /// succeeds. The same holds for what is left of a pass over very many schedules that a stop cuts short.
    pub(super) fn reconcile(&mut self, runner: &dyn JobRunner) {
        let Some(is_changed) = self.read_ports() else { return self.see_nothing() };
        self.settle_startup(runner.own_work());
        self.settle_hooks(runner);
        self.is_blind = false;
        if is_changed {
            self.refreshes.touch();
        }
        let now = self.ports.clock.now();
        let docket = self.docket.take().filter(|docket| !is_changed && self.holds(docket, now));
        let docket = match docket {
            Some(docket) => self.continue_with(docket, now, runner),
            None => self.start_over(now, runner),
        };
        self.next_due = docket.as_ref().and_then(Docket::next);
        self.docket = docket;
    }

    /// Begins nothing until everything can be read again. What waits for a worker goes on waiting.
    fn see_nothing(&mut self) {
        self.is_blind = true;
        self.next_due = None;
        self.start_over_next_time();
    }

    /// Makes the next pass read all schedules and start over.
    pub(super) fn start_over_next_time(&mut self) {
        self.docket = None;
        self.schedules.distrust();
        self.config.distrust();
    }

    fn holds(&self, docket: &Docket, now: Moment) -> bool {
        self.last_pass.as_ref().is_some_and(|last| docket.holds(last.at, now, self.ports.clock))
    }

    /// Evaluates the schedules for which something has changed, or whose time has come.
    fn continue_with(&mut self, mut docket: Docket, now: Moment, runner: &dyn JobRunner) -> Option<Docket> {
        self.history.take_touched().iter().for_each(|entry| docket.touch(entry));
        let places = docket.take_due(now);
        let is_quiet = places.is_empty() && self.waiting.is_empty();
        if !is_quiet && !docket.names().hold(self.ports.backups) {
            return self.start_over(now, runner);
        }
        if !self.evaluate_all(&mut docket, &places, now, runner) {
            return None;
        }
        let adoptions = self.history.ledger().adoptions();
        self.last_pass.iter_mut().for_each(|last| (last.at, last.adoptions) = (now, adoptions));
        Some(docket)
    }

    /// Evaluates all schedules. Returns `None` if a stop cuts that short.
    fn start_over(&mut self, now: Moment, runner: &dyn JobRunner) -> Option<Docket> {
        let book = self.schedules.book();
        // A store that wrongly says that nothing has changed does no harm for longer than a day.
        self.schedules.distrust();
        self.config.distrust();
        // Asked before the lines are judged, so that the next pass sees what the disk finds out in between.
        let names = NameAliases::of(book.entries(), self.ports.backups);
        let config = self.config.config();
        let lines = admit(&book, Admission::new(&self.ports, &config));
        self.report_refused(&lines);
        let refused = refused(&lines);
        // A paused line is as good as absent: once it is resumed, it counts as one that has just appeared.
        let entries = lines.into_iter().filter_map(Admitted::into_entry);
        let entries: Vec<ScheduleEntry> = entries.filter(|entry| !entry.options().is_paused()).collect();
        let mut docket = Docket::new(entries, names, now, self.ports.clock);
        self.notices.start_over();
        self.history.take_touched();
        let waiting = std::mem::take(&mut self.waiting).into_values();
        let placed = waiting.filter_map(|run| Some((docket.place(&run.key.entry)?, run)));
        self.waiting = placed.collect();
        let places = docket.take_due(now);
        if !self.evaluate_all(&mut docket, &places, now, runner) {
            return None;
        }
        let (entries, adoptions) = (docket.identities(), self.history.ledger().adoptions());
        self.last_pass = Some(LastPass { at: now, entries, adoptions, refused });
        Some(docket)
    }

    /// Evaluates the schedules at these places. Returns false if a stop cuts that short. Then the same runs wait as before.
    fn evaluate_all(
        &mut self,
        docket: &mut Docket,
        places: &[usize],
        now: Moment,
        runner: &dyn JobRunner,
    ) -> bool {
        let mut before = Vec::new();
        for (count, place) in places.iter().copied().enumerate() {
            if count % ENTRIES_BETWEEN_ASKS == ENTRIES_BETWEEN_ASKS - 1 && runner.is_stop_waiting() {
                restore(&mut self.waiting, before);
                return false;
            }
            let waited = self.waiting.remove(&place);
            let queued = waited.as_ref().and_then(|run| run.key.planned);
            before.push((place, waited));
            let (due, again) = self.evaluate(docket.entry(place), queued, now);
            self.waiting.extend(due.map(|run| (place, run)));
            docket.put(place, again);
        }
        true
    }

    /// Reports each line that can't run or that contradicts another. A line is reported once, as long as that lasts.
    fn report_refused(&self, lines: &[Admitted<'_>]) {
        for (message, error) in refused(lines) {
            if !self.last_pass.as_ref().is_some_and(|last| last.refused.contains_key(&message)) {
                self.journal(&Event::Failed(error));
            }
        }
    }
}

/// Puts back the runs that waited before, and removes what else waits at these places.
fn restore(waiting: &mut BTreeMap<usize, Waiting>, before: Vec<(usize, Option<Waiting>)>) {
    for (place, waited) in before {
        waiting.remove(&place);
        waiting.extend(waited.map(|run| (place, run)));
    }
}

fn refused(lines: &[Admitted<'_>]) -> BTreeMap<String, Error> {
    let faults = lines.iter().filter_map(|line| line.entry.as_ref().err().or(line.contradiction.as_ref()));
    faults.map(|error| (error.to_string(), Error::clone(error))).collect()
}
