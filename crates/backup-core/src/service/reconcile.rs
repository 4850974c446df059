//! One pass over the schedules: what is owed now, and when to look again.

use std::collections::BTreeSet;

use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::admission::{Admission, Admitted, admit};
use crate::ports::Crew;
use crate::service::Service;
use crate::service::last_pass::LastPass;

/// After how many schedules a pass asks whether a stop is waiting. A pass over fewer is never cut short.
const ENTRIES_BETWEEN_ASKS: usize = 100;

impl Service<'_> {
    /// Takes in what the schedules and the history say now.
    ///
    /// If something can't be read, nothing changes: what would have been owed meanwhile is owed at the next pass that
    /// succeeds. The same holds for what is left of a pass over very many schedules that a stop cuts short.
    pub(super) fn reconcile(&mut self, crew: &dyn Crew) {
        let Some(book) = self.read_ports() else { return self.see_nothing() };
        self.settle_startup(&book);
        self.take_in(&book, crew);
    }

    /// Begins nothing until everything can be read again. What waits for a worker goes on waiting.
    fn see_nothing(&mut self) {
        self.is_blind = true;
        self.next_due = None;
    }

    fn take_in(&mut self, book: &ScheduleBook, crew: &dyn Crew) {
        let now = self.ports.clock.now();
        let lines = admit(book, Admission::from(&self.ports));
        self.report_refused(&lines);
        self.is_blind = false;
        let waiting = std::mem::take(&mut self.waiting);
        let queued = waiting.iter().map(|run| (run.key.entry.clone(), run.key.planned)).collect();
        self.next_due = None;
        let entries: Vec<&ScheduleEntry> = lines.iter().filter_map(|line| line.entry.as_ref().ok()).collect();
        for (at, entry) in entries.iter().enumerate() {
            if at % ENTRIES_BETWEEN_ASKS == ENTRIES_BETWEEN_ASKS - 1 && crew.is_stop_waiting() {
                self.waiting = waiting;
                return;
            }
            let settled = self.settled(entry, book, now);
            self.take_due(entry, settled, now, &queued);
        }
        let refused = refused(&lines);
        let entries = entries.iter().map(|entry| entry.identity()).collect();
        let adoptions = self.memory.ledger().adoptions();
        self.last_pass = Some(LastPass { at: now, entries, adoptions, refused });
    }

    /// Reports each line that can't run or contradicts another, once as long as that lasts.
    fn report_refused(&self, lines: &[Admitted<'_>]) {
        for message in refused(lines) {
            if !self.last_pass.as_ref().is_some_and(|last| last.refused.contains(&message)) {
                self.journal(&Event::Failed(message));
            }
        }
    }
}

fn refused(lines: &[Admitted<'_>]) -> BTreeSet<String> {
    let faults = lines.iter().filter_map(|line| line.entry.as_ref().err().or(line.contradiction.as_ref()));
    faults.map(Error::to_string).collect()
}
