//! One look at the schedules: what is owed now, and when to look again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;

use crate::model::error::{Error, PortError};
use crate::model::event::{Ability, Event};
use crate::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::admission::{Admission, Admitted, admit};
use crate::policy::agenda::{Attendance, Facts, agenda};
use crate::policy::due::{Due, first_owed};
use crate::ports::Crew;
use crate::service::Service;
use crate::service::outages::Trouble;
use crate::service::waiting::Waiting;
use crate::time::Moment;

/// How many schedules are looked at before somebody is asked whether to go on: a stop waits for no more of them, and where
/// there are fewer, no look is cut short.
const ENTRIES_BETWEEN_ASKS: usize = 100;

/// What each entry's run was planned for that waited at the last look.
type Queued = HashMap<String, Option<Moment>>;

/// What a look saw.
pub(super) struct Seen {
    /// When it was.
    at: Moment,
    /// The identities of the schedules.
    entries: BTreeSet<String>,
    /// How many notes there were that say since when an entry counts.
    adoptions: u64,
    /// Why lines can't run, by what there is to say of it.
    refused: BTreeMap<String, Error>,
}

impl Service<'_> {
    /// Takes in what the schedules and the history say now. What can't be read changes nothing: everything that
    /// would have been owed meanwhile is owed at the next look that succeeds. So is what is left of a look among very many
    /// schedules that a stop cuts short.
    pub(super) fn look(&mut self, crew: &dyn Crew) {
        let unwritten = self.memory.settle().map_or(Ok(()), Err);
        self.follow(Ability::WriteHistory, unwritten);
        let zone = self.ports.clock.check_zone().map_err(PortError::from);
        self.follow(Ability::ReadZone, zone);
        let book = self.ports.schedules.load();
        let Some(book) = self.follow(Ability::ReadSchedules, book) else {
            return self.see_nothing();
        };
        let history = self.memory.refresh();
        if self.follow(Ability::ReadHistory, history).is_none() {
            return self.see_nothing();
        }
        self.settle_past(&book);
        self.see(&book, crew);
    }

    /// Nothing is begun on the strength of what can no longer be read; what waits for a worker goes on waiting.
    fn see_nothing(&mut self) {
        self.is_blind = true;
        self.next_due = None;
    }

    fn see(&mut self, book: &ScheduleBook, crew: &dyn Crew) {
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
        self.seen = Some(Seen { at: now, entries, adoptions, refused });
    }

    /// Returns up to when nothing is owed by `entry`. One that was not there at the last look, or never, counts from
    /// its appearance, and the history notes it.
    fn settled(&mut self, entry: &ScheduleEntry, book: &ScheduleBook, now: Moment) -> Moment {
        let identity = entry.identity();
        let known = self.memory.ledger().settled(&identity, now);
        let ledger = self.memory.ledger();
        // What `create` has noted since then says it better than the date of a file that others edit, too.
        let has_appeared = |seen: &&Seen| {
            !seen.entries.contains(&identity) && !ledger.is_adopted_since(&identity, seen.adoptions)
        };
        let appeared = self.seen.as_ref().filter(has_appeared).map(|seen| seen.at);
        if let (Some(settled), None) = (known, appeared) {
            return settled;
        }
        let since = first_owed(now, appeared, book.last_change());
        self.memory.note(HistoryNote::Adopted { entry: identity, since, at: now });
        let before = since - TimeDelta::seconds(1);
        known.map_or(before, |settled| settled.max(before))
    }

    fn take_due(&mut self, entry: &ScheduleEntry, settled: Moment, now: Moment, queued: &Queued) {
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

    /// Notes that what is due is not made up for.
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

    /// Says once of each line that it can't run, or contradicts another, as long as that is so.
    fn report_refused(&self, lines: &[Admitted<'_>]) {
        for (message, error) in refused(lines) {
            if !self.seen.as_ref().is_some_and(|seen| seen.refused.contains_key(&message)) {
                self.journal(&Event::Failed(error));
            }
        }
    }

    /// Returns what worked. Says once when it stops working, and once when it works again.
    pub(super) fn follow<T>(&mut self, ability: Ability, result: Result<T, PortError>) -> Option<T> {
        match result {
            Ok(value) => {
                if self.troubles.end(&Trouble::Without(ability)) {
                    self.journal(&Event::Recovered(ability));
                }
                Some(value)
            }
            Err(cause) => {
                if self.troubles.begin(Trouble::Without(ability)) {
                    self.journal(&Event::Outage { ability, cause });
                }
                None
            }
        }
    }
}

fn refused(lines: &[Admitted<'_>]) -> BTreeMap<String, Error> {
    let faults = lines.iter().filter_map(|line| line.entry.as_ref().err().or(line.contradiction.as_ref()));
    faults.map(|error| (error.to_string(), error.clone())).collect()
}
