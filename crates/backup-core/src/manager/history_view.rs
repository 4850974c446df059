//! History view: the use cases that show what ran, and why a run did or didn't happen.

use std::collections::BTreeSet;

use crate::manager::Manager;
use crate::manager::schedule_query::{FoundSchedule, find_name, find_schedules};
use crate::manager::service::ServiceManager;
use crate::model::archive::BackupName;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, LastName, LastNames, Ledger, PastRun, RunEnd, name_in, runs};
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::due::first_due;
use crate::policy::explain::{Evidence, ExplainedSchedule, Explanation, Reason, ScheduleState, explain};
use crate::policy::requested_moment::RequestedMoment;
use crate::ports::Cursor;

/// A past run, and what became of its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRun {
    /// The run.
    pub run: PastRun,
    /// The file name that the archive of this run has by now, or `None` if it doesn't exist (any more).
    ///
    /// If the archives can't be listed, what the history says counts.
    pub archive: Option<String>,
    /// What the archive of this run was called last, if it doesn't exist any more. Another archive may have that name now.
    pub gone: Option<LastName>,
}

impl Manager<'_> {
    /// Returns a warning if lines of the history can't be read.
    #[must_use]
    pub fn history_gap(&self) -> Option<Event> {
        let mut cursor = Cursor::default();
        self.ports.history.read(&mut cursor).ok()?;
        Event::history_gap(cursor.unreadable_lines)
    }
}

impl ServiceManager<'_> {
    /// Returns past runs, newest last, each with what its archive is called by now.
    ///
    /// `key` is the index of a schedule, or a name that schedules have or had. All runs of that backup are returned, whatever
    /// line of its name planned them: an edited time keeps its past. Without a key, the runs of all backups are returned.
    /// With `last`, only the last so many. The moments are in the time zone of the clock.
    ///
    /// # Errors
    /// [`Error::NothingKnownOf`], or any failure to read.
    pub fn history(&self, key: Option<&str>, last: Option<usize>) -> Result<Vec<ListedRun>, Error> {
        let service_runs = self.control.running()?.is_some();
        let notes = self.ports.history.load()?;
        let mut past_runs = self.runs_by_now(&notes, service_runs);
        if let Some(key) = key {
            let book = self.manager().load_schedules_if_any()?;
            let name = find_name(key, &self.manager().admit_for_view(&book), &notes)?;
            past_runs.retain(|run| name_in(&run.key.entry) == name);
        }
        let first = last.map_or(0, |last| past_runs.len().saturating_sub(last));
        let existing = self.existing_archives();
        let (ledger, names) = (Ledger::new(&notes), LastNames::new(&notes));
        let listed = past_runs.drain(first..).map(|run| {
            let archive = run.record().and_then(|record| ledger.archive_of(record));
            let archive = archive.filter(|name| existing.as_ref().is_none_or(|all| all.contains(*name)));
            let last = run.record().and_then(|record| names.of(record));
            let gone = last.filter(|_| archive.is_none()).cloned();
            ListedRun { archive: archive.map(str::to_owned), gone, run: run.in_zone_of(self.ports.clock) }
        });
        Ok(listed.collect())
    }

    /// Returns every run once. One by hand whose backup is being made is under way.
    fn runs_by_now(&self, notes: &[HistoryNote], service_runs: bool) -> Vec<PastRun> {
        let mut past_runs = runs(notes, service_runs);
        let mut seen = BTreeSet::new();
        for run in past_runs.iter_mut().rev().filter(|run| run.key.planned.is_none()) {
            let name = name_in(&run.key.entry);
            let is_last = seen.insert(name.to_owned());
            if is_last && run.end == RunEnd::Unknown && self.is_name_being_made(name) {
                run.end = RunEnd::UnderWay;
            }
        }
        past_runs
    }

    fn is_name_being_made(&self, name: &str) -> bool {
        name.parse::<BackupName>().is_ok_and(|name| self.is_being_made(&name))
    }

    /// Returns the file names of all archives, or `None` if that can't be found out.
    fn existing_archives(&self) -> Option<BTreeSet<String>> {
        match self.manager().list_backups() {
            Ok(backups) => Some(backups.into_iter().map(|backup| backup.file_name).collect()),
            Err(Error::BackupsMissing) => Some(BTreeSet::new()),
            Err(_) => None,
        }
    }

    /// Returns why a run did or didn't happen: one explanation for each schedule.
    ///
    /// `key` is an index, or a name that schedules have or had. [`RequestedMoment::parse`] reads `when`.
    ///
    /// # Errors
    /// [`Error::NothingKnownOf`], [`Error::UnclearMoment`], [`Error::WrongConfig`], or any failure to read.
    pub fn why(&self, key: &str, when: &str) -> Result<Vec<Explanation>, Error> {
        let when = RequestedMoment::parse(when, self.ports.clock.now(), self.ports.clock)?;
        let service = self.control.running()?;
        let notes = self.ports.history.load()?;
        let book = self.manager().load_schedules_if_any()?;
        let config = self.manager().config()?;
        let schedules = find_schedules(key, &self.manager().admit(&book, &config), &notes)?;
        let evidence =
            Evidence { notes: &notes, service, now: self.ports.clock.now(), clock: self.ports.clock };
        let explain = |schedule| self.explain(schedule, when, evidence, &book);
        let mut explanations: Vec<_> = schedules.iter().flat_map(explain).collect();
        // A deleted schedule that didn't run then is of interest only if there is nothing else to explain.
        if explanations.iter().any(|explanation| !is_deleted(explanation)) {
            explanations.retain(|explanation| !is_deleted(explanation));
        }
        Ok(explanations)
    }

    fn explain(
        &self,
        schedule: &FoundSchedule,
        when: RequestedMoment,
        evidence: Evidence<'_>,
        book: &ScheduleBook,
    ) -> Vec<Explanation> {
        let (entry, state) = match schedule {
            FoundSchedule::Listed(entry) => {
                let first_due = first_due(self.ports.clock.now(), None, book.last_change());
                (entry.clone(), ScheduleState::Listed { first_due })
            }
            FoundSchedule::Deleted(identity) => {
                let Ok(entry) = identity.parse::<ScheduleEntry>() else { return Vec::new() };
                (entry, ScheduleState::Deleted)
            }
            FoundSchedule::Refused { line, reason } => {
                let reason = Reason::Refused(reason.clone());
                return vec![Explanation {
                    schedule: line.clone(),
                    planned: None,
                    clock_change: None,
                    reason,
                }];
            }
        };
        let rule = self.ports.rules.rule(&entry);
        let explained = ExplainedSchedule { entry: entry.clone(), state };
        let mut explanations = explain(&explained, &*rule, when, evidence);
        explanations.iter_mut().for_each(|explanation| self.see_under_way(&mut explanation.reason, &entry));
        explanations
    }

    /// Only the folder of backups tells whether a run by hand is under way.
    fn see_under_way(&self, reason: &mut Reason, entry: &ScheduleEntry) {
        if let Reason::UnfinishedByHand { since, is_last: true } = *reason
            && self.is_being_made(entry.name())
        {
            *reason = Reason::UnderWay { since, planned: None };
        }
    }
}

fn is_deleted(explanation: &Explanation) -> bool {
    matches!(explanation.reason, Reason::Deleted(_))
}
