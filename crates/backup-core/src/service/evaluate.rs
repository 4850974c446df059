//! What one schedule asks for now.

use chrono::TimeDelta;

use crate::model::event::Event;
use crate::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use crate::model::schedule::ScheduleEntry;
use crate::policy::agenda::{AgendaInput, ServiceState, agenda};
use crate::policy::due::{Due, first_due};
use crate::service::Service;
use crate::service::last_pass::LastPass;
use crate::service::waiting::Waiting;
use crate::time::Moment;

impl Service<'_> {
    /// Returns the run of `entry` that is due now, and when it must be evaluated again. Records the runs that it skips.
    ///
    /// `queued` is the planned moment of its run that has waited for a worker until now, if there is one.
    pub(super) fn evaluate(
        &mut self,
        entry: &ScheduleEntry,
        queued: Option<Moment>,
        now: Moment,
    ) -> (Option<Waiting>, Option<Moment>) {
        let identity = entry.identity();
        let settled = self.settled(entry, now);
        let input = self.agenda_input(entry, settled, now, queued);
        let rule = self.ports.rules.rule(entry);
        let agenda = agenda(&*rule, &input, now, self.ports.clock);
        let again = self.postponed.get(&identity).copied().filter(|again| *again > now);
        if again.is_some() || agenda.under_way_since.is_some() {
            return (None, again.or(agenda.next));
        }
        self.postponed.remove(&identity);
        if let Some(skipped) = agenda.skipped {
            self.skip(entry, skipped, now);
        }
        let due = agenda.due.map(|Due { planned, missed_runs }| {
            let key = RunKey { entry: identity, planned: Some(planned) };
            Waiting { key, entry: entry.clone(), missed_runs }
        });
        (due, agenda.next)
    }

    /// Returns the moment up to which no run of `entry` is due.
    ///
    /// An entry that the last pass didn't see counts from its appearance, and so does one that the history doesn't know.
    /// The history notes it.
    fn settled(&mut self, entry: &ScheduleEntry, now: Moment) -> Moment {
        let identity = entry.identity();
        let known = self.history.ledger().settled(&identity, now);
        let ledger = self.history.ledger();
        // If `create` has noted it since then, its note is more exact than the date of a file that others edit, too.
        let has_appeared = |last: &&LastPass| {
            !last.entries.contains(&identity) && !ledger.is_adopted_since(&identity, last.adoptions)
        };
        let appeared = self.last_pass.as_ref().filter(has_appeared).map(|last| last.at);
        if let (Some(settled), None) = (known, appeared) {
            return settled;
        }
        let since = first_due(now, appeared, self.schedules.book().last_change());
        self.history.note(HistoryNote::Adopted { entry: identity, since, at: now });
        let before = since - TimeDelta::seconds(1);
        known.map_or(before, |settled| settled.max(before))
    }

    fn agenda_input(
        &self,
        entry: &ScheduleEntry,
        settled: Moment,
        now: Moment,
        queued: Option<Moment>,
    ) -> AgendaInput {
        let identity = entry.identity();
        let was_postponed = self.postponed.contains_key(&identity);
        let under_way = self.under_way.values().find(|job| job.key.entry == identity);
        AgendaInput {
            catches_up: entry.options().catches_up(),
            settled,
            begun: self.history.ledger().begun_since(&identity, settled, now),
            under_way_since: under_way.map(|job| job.began),
            service: if was_postponed { ServiceState::Postponed } else { ServiceState::Queued(queued) },
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
        self.history.note(HistoryNote::Ended(skipped));
    }
}
