//! One look at the schedules: what is owed now, and when to look again.

use std::collections::{BTreeSet, HashSet};

use chrono::TimeDelta;

use super::Service;
use crate::due::{Due, due, first_owed};
use crate::error::{Error, Failure, PortError};
use crate::event::Event;
use crate::history::{HistoryNote, Outcome, RunKey, RunRecord};
use crate::ports::{Clock, Moment};
use crate::run::Job;
use crate::schedule::{Admission, Admitted, Schedule, ScheduleBook, ScheduleEntry, admit};

const SCHEDULES: &str = "backup_schedules.txt can be read";
const ZONE: &str = "the time zone can be read";
const HISTORY: &str = "logs/history.jsonl can be read";
pub(super) const HISTORY_WRITTEN: &str = "logs/history.jsonl can be written";

/// What a look saw.
pub(super) struct Seen {
    /// When it was.
    at: Moment,
    /// The identities of the schedules.
    entries: BTreeSet<String>,
    /// How many notes there were that say since when an entry counts.
    adoptions: u64,
    /// The messages about lines that can't run.
    refused: BTreeSet<String>,
}

impl Service<'_> {
    /// Takes in what the schedules and the history say now. What can't be read changes nothing: everything that
    /// would have been owed meanwhile is owed at the next look that succeeds.
    pub(super) fn look(&mut self) {
        let unwritten = self.memory.settle().map_or(Ok(()), Err);
        self.follow(HISTORY_WRITTEN, unwritten, ToString::to_string);
        let zone = self.ports.clock.check_zone();
        self.follow(ZONE, zone, |error| format!("{error}; the times stay those of the zone before"));
        let book = self.ports.schedules.load();
        let Some(book) = self.follow(SCHEDULES, book, unreadable_schedules) else {
            return self.see_nothing();
        };
        let history = self.memory.refresh();
        if self.follow(HISTORY, history, ToString::to_string).is_none() {
            return self.see_nothing();
        }
        self.settle_past(&book);
        self.see(&book);
    }

    /// Nothing is begun on the strength of what can no longer be read; what waits for a worker goes on waiting.
    fn see_nothing(&mut self) {
        self.is_blind = true;
        self.next_due = None;
    }

    fn see(&mut self, book: &ScheduleBook) {
        let now = self.ports.clock.now();
        let lines = admit(book, Admission::from(&self.ports));
        self.report_refused(&lines);
        self.is_blind = false;
        let waited: HashSet<_> = std::mem::take(&mut self.waiting).into_iter().map(|job| job.key).collect();
        self.next_due = None;
        let entries: Vec<&ScheduleEntry> = lines.iter().filter_map(|line| line.entry.as_ref().ok()).collect();
        for entry in &entries {
            let settled = self.settled(entry, book, now);
            self.take_due(entry, settled, now, &waited);
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

    fn take_due(&mut self, entry: &ScheduleEntry, settled: Moment, now: Moment, waited: &HashSet<RunKey>) {
        let clock: &dyn Clock = self.ports.clock;
        let rule = entry.rule();
        let identity = entry.identity();
        let again = self.postponed.get(&identity).copied().filter(|again| *again > now);
        let next = again.or_else(|| rule.next_after(settled.max(now), clock));
        self.next_due = [self.next_due, next].into_iter().flatten().min();
        if again.is_some() || self.under_way.keys().any(|key| key.entry == identity) {
            return;
        }
        let was_postponed = self.postponed.remove(&identity).is_some();
        let Some(mut due) = due(&rule, settled, now, clock) else { return };
        let key = |due: Due| RunKey { entry: identity.clone(), planned: Some(due.planned) };
        if !entry.options().catches_up() {
            let begun = self.memory.ledger().begun_since(&identity, settled, now);
            if due.is_late(now) && !was_postponed && !waited.contains(&key(due)) {
                // What began in time and was interrupted is owed all the same. What came after it is skipped behind it.
                match begun.and_then(|begun| self::due(&rule, settled, begun, clock)) {
                    Some(begun) => due = begun,
                    None => return self.skip(entry, due, now),
                }
            } else if begun.is_none()
                && let Some(missed) =
                    self::due(&rule, settled, due.planned - TimeDelta::nanoseconds(1), clock)
            {
                self.skip(entry, missed, now);
                due.missed_runs = 0;
            }
        }
        let key = key(due);
        self.waiting.push(Job::new(key, entry.clone(), due.missed_runs, self.memory.ledger(), now));
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
        for message in refused(lines) {
            if !self.seen.as_ref().is_some_and(|seen| seen.refused.contains(&message)) {
                self.journal(&Event::Failed(message));
            }
        }
    }

    /// Returns what worked. Says once when it stops working, and once when it works again.
    pub(super) fn follow<T>(
        &mut self,
        what: &str,
        result: Result<T, PortError>,
        say: fn(&PortError) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                if self.troubles.end(what) {
                    self.journal(&Event::Recovered(what.to_owned()));
                }
                Some(value)
            }
            Err(error) => {
                if self.troubles.begin(what.to_owned()) {
                    self.journal(&Event::Failed(say(&error)));
                }
                None
            }
        }
    }
}

fn unreadable_schedules(error: &PortError) -> String {
    match error.failure {
        Failure::Missing => "can't read backup_schedules.txt".to_owned(),
        _ => error.to_string(),
    }
}

fn refused(lines: &[Admitted<'_>]) -> BTreeSet<String> {
    let faults = |line| -> [Option<&Error>; 2] {
        let line: &Admitted<'_> = line;
        [line.entry.as_ref().err(), line.contradiction.as_ref()]
    };
    lines.iter().flat_map(faults).flatten().map(Error::to_string).collect()
}
