//! The use case that tells how the service and each schedule are.

use super::{ListedSchedule, ServiceDesk};
use crate::due::{Due, due, first_owed};
use crate::error::Error;
use crate::event::Event;
use crate::history::{Ledger, RunRecord};
use crate::ports::{Moment, RunningService};
use crate::schedule::{Admitted, Schedule, ScheduleBook, ScheduleEntry};

/// How everything is.
#[derive(Debug)]
pub struct Status {
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// Each schedule, in the order of the file; empty when there is no file.
    pub schedules: Vec<ScheduleStatus>,
}

/// How one schedule is.
#[derive(Debug)]
pub struct ScheduleStatus {
    /// The schedule.
    pub line: ListedSchedule,
    /// When it runs next.
    pub next_run: Option<Moment>,
    /// What it owes at this moment.
    pub owed: Option<Due>,
    /// Since when a run of it is under way.
    pub under_way_since: Option<Moment>,
    /// How its last run ended.
    pub last_run: Option<RunRecord>,
    /// The run that made the newest complete backup of its name, whatever ran or failed since.
    pub complete: Option<RunRecord>,
    /// The run that made an incomplete one, if no complete one has been made since.
    pub incomplete: Option<RunRecord>,
}

impl ServiceDesk<'_> {
    /// Returns how everything is.
    ///
    /// # Errors
    /// A failure to read what there is; a schedules file that isn't there is not one.
    pub fn status(&self) -> Result<Status, Error> {
        self.manager().logged(self.look(), |_| Event::StatusShown)
    }

    fn look(&self) -> Result<Status, Error> {
        let service = self.control.running()?;
        let book = match self.manager().load_book() {
            Err(Error::SchedulesMissing) => ScheduleBook::default(),
            book => book?,
        };
        let notes = self.ports.history.load()?;
        let ledger = Ledger::new(&notes);
        let lines = self.manager().admit(&book).into_iter();
        let schedules = lines.map(|line| self.describe(line, &book, &ledger, service.is_some())).collect();
        Ok(Status { service, schedules })
    }

    fn describe(
        &self,
        line: Admitted<'_>,
        book: &ScheduleBook,
        ledger: &Ledger,
        runs: bool,
    ) -> ScheduleStatus {
        let entry = line.entry.as_ref().ok().copied();
        let (next_run, owed) = entry.map(|entry| self.plan(entry, book, ledger)).unwrap_or_default();
        let under_way_since = entry.filter(|_| runs).and_then(|entry| ledger.under_way_since(entry));
        let last_run = entry.and_then(|entry| ledger.last_run(entry)).cloned();
        let standing = entry.map(|entry| ledger.standing(entry.name())).unwrap_or_default();
        let (complete, incomplete) = (standing.complete.cloned(), standing.incomplete.cloned());
        let line = line.into();
        ScheduleStatus { line, next_run, owed, under_way_since, last_run, complete, incomplete }
    }

    fn plan(
        &self,
        entry: &ScheduleEntry,
        book: &ScheduleBook,
        ledger: &Ledger,
    ) -> (Option<Moment>, Option<Due>) {
        let now = self.ports.clock.now();
        let fresh = || first_owed(now, None, book.last_change()) - chrono::TimeDelta::seconds(1);
        let settled = ledger.settled(&entry.identity(), now).unwrap_or_else(fresh);
        let rule = entry.rule();
        let next = rule.next_after(settled.max(now), self.ports.clock);
        (next, due(&rule, settled, now, self.ports.clock))
    }
}
