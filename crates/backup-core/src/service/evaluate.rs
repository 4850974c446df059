//! What one schedule asks for now.

use chrono::TimeDelta;

use crate::model::event::Event;
use crate::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::agenda::{Attendance, Facts, agenda};
use crate::policy::due::{Due, first_owed};
use crate::service::Service;
use crate::service::last_pass::LastPass;
use crate::service::waiting::{Queued, Waiting};
use crate::time::Moment;

impl Service<'_> {
    /// Returns the moment up to which `entry` owes nothing.
    ///
    /// An entry that the last pass didn't see counts from its appearance, and so does one that the history doesn't know.
    /// The history notes it.
    pub(super) fn settled(&mut self, entry: &ScheduleEntry, book: &ScheduleBook, now: Moment) -> Moment {
        let identity = entry.identity();
        let known = self.memory.ledger().settled(&identity, now);
        let ledger = self.memory.ledger();
        // If `create` has noted it since then, its note is more exact than the date of a file that others edit, too.
        let has_appeared = |last: &&LastPass| {
            !last.entries.contains(&identity) && !ledger.is_adopted_since(&identity, last.adoptions)
        };
        let appeared = self.last_pass.as_ref().filter(has_appeared).map(|last| last.at);
        if let (Some(settled), None) = (known, appeared) {
            return settled;
        }
        let since = first_owed(now, appeared, book.last_change());
        self.memory.note(HistoryNote::Adopted { entry: identity, since, at: now });
        let before = since - TimeDelta::seconds(1);
        known.map_or(before, |settled| settled.max(before))
    }

    /// Takes up what the entry asks for now, and notes when it asks for something again.
    pub(super) fn take_due(&mut self, entry: &ScheduleEntry, settled: Moment, now: Moment, queued: &Queued) {
        let identity = entry.identity();
        let again = self.postponed.get(&identity).copied();
        let agenda = agenda(&entry.rule(), &self.facts(entry, settled, now, queued), now, self.ports.clock);
        let again = again.filter(|again| *again > now);
        self.next_due = [self.next_due, again.or(agenda.next)].into_iter().flatten().min();
        if again.is_some() || agenda.under_way_since.is_some() {
            return;
        }
        self.postponed.remove(&identity);
        if let Some(skipped) = agenda.skipped {
            self.skip(entry, skipped, now);
        }
        if let Some(Due { planned, missed_runs }) = agenda.owed {
            let key = RunKey { entry: identity, planned: Some(planned) };
            self.waiting.push(Waiting { key, entry: entry.clone(), missed_runs });
        }
    }

    fn facts(&self, entry: &ScheduleEntry, settled: Moment, now: Moment, queued: &Queued) -> Facts {
        let identity = entry.identity();
        let queued = queued.get(&identity).copied().flatten();
        let was_postponed = self.postponed.contains_key(&identity);
        let under_way = self.under_way.values().find(|job| job.key.entry == identity);
        Facts {
            catches_up: entry.options().catches_up(),
            settled,
            begun: self.memory.ledger().begun_since(&identity, settled, now),
            under_way_since: under_way.map(|job| job.began),
            attendance: if was_postponed { Attendance::Postponed } else { Attendance::Queue(queued) },
        }
    }

    /// Records that runs are skipped.
    fn skip(&mut self, entry: &ScheduleEntry, due: Due, now: Moment) {
        let runs = due.missed_runs.saturating_add(1);
        self.journal(&Event::Skipped { source: entry.source().to_owned(), runs });
        let key = RunKey { entry: entry.identity(), planned: Some(due.planned) };
        let reason = "it was not made in time, and the schedule doesn't catch up".to_owned();
        let skipped = RunRecord {
            missed_runs: due.missed_runs,
            problems: vec![reason],
            ..RunRecord::without_archive(key, Outcome::Skipped, now, now)
        };
        self.memory.note(HistoryNote::Ended(skipped));
    }
}
