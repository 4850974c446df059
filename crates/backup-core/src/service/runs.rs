//! The runs: from waiting for a worker to the record of how they ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::archive::BackupName;
use crate::model::config::ServiceConfig;
use crate::model::history::{HistoryNote, Outcome, RunKey};
use crate::model::job::{DrillJob, RunJob, RunResult};
use crate::model::schedule::ScheduleEntry;
use crate::operation::prune::{Occasion, tidy_up};

use crate::ports::JobRunner;
use crate::service::Service;
use crate::service::outages::Outage;
use crate::service::waiting::Waiting;
use crate::time::Moment;

impl Service<'_> {
    /// Begins what waits, as far as there are workers: in order, and never two of one name at once.
    ///
    /// Where several schedules of one backup are due, only the run that was planned last begins: it settles the others.
    ///
    /// A service that is leaving doesn't read the schedules any more. So a run is dropped here if it was due only by a clock
    /// that was ahead, or if a run of another schedule of its backup has settled it since.
    pub(super) fn begin_waiting(&mut self, runner: &dyn JobRunner) {
        if self.is_blind || self.waiting.is_empty() || self.are_workers_busy() {
            return;
        }
        let now = self.ports.clock.now();
        let latest = latest_of_each_backup(&self.waiting, now);
        for (place, run) in std::mem::take(&mut self.waiting) {
            if self.is_no_longer_due(&run, now) {
                self.touch(&run.key.entry);
            } else if !latest.contains(&place)
                || self.are_workers_busy()
                || self.is_name_busy(run.entry.name())
            {
                self.waiting.insert(place, run);
            } else {
                self.begin(run, runner);
            }
        }
    }

    fn is_no_longer_due(&self, run: &Waiting, now: Moment) -> bool {
        let settled = self.history.ledger().settled(&run.key.entry, now);
        run.key.planned.is_some_and(|planned| planned > now || settled.is_some_and(|until| planned <= until))
    }

    /// Marks a schedule, which the next pass then evaluates.
    pub(super) fn touch(&mut self, identity: &str) {
        self.docket.iter_mut().for_each(|docket| docket.touch(identity));
    }

    fn are_workers_busy(&self) -> bool {
        let workers = self.settings.workers.or(self.config.config().service.workers);
        self.workers_at_work() >= workers.unwrap_or(ServiceConfig::WORKERS).max(1)
    }

    pub(super) fn is_name_busy(&self, name: &BackupName) -> bool {
        self.under_way.values().any(|other| other.entry.name() == name) || self.is_drilling(name)
    }

    /// Begins a run. What it replaces may have been made while it waited, so the history is read once more.
    fn begin(&mut self, run: Waiting, runner: &dyn JobRunner) {
        // A history that can't be read was reported by the last pass.
        let _ = self.history.refresh();
        let now = self.ports.clock.now();
        let job = RunJob::new(run.key, run.entry, run.missed_runs, self.history.ledger(), now);
        let job = job.with_config(self.config.config());
        self.under_way.insert(job.key.clone(), job.clone());
        self.tell_start(&job);
        runner.begin(job);
    }

    /// Records and reports how a run ended. Returns the drill that follows it, if one is due.
    pub(super) fn finish(&mut self, key: &RunKey, result: &RunResult) -> Option<DrillJob> {
        let job = self.under_way.remove(key)?;
        if job.settles_only {
            self.finish_settling(&job, result);
            return None;
        }
        let now = self.ports.clock.now();
        let mut drill = None;
        if let Some(record) = result.record(&job, now) {
            let outcome = record.outcome;
            drill = self.due_drill(&job, &record);
            self.history.note(HistoryNote::Ended(record));
            self.tidy_up(&self.as_of_now(&job), outcome);
            self.shorten_history();
            self.outages.end(&outage(&job));
        } else {
            self.postponed.insert(job.key.entry.clone(), now + self.settings.retry);
            self.touch(&job.key.entry);
            if !self.outages.begin(outage(&job)) {
                return None;
            }
        }
        for event in result.events(&job) {
            self.journal(&event);
        }
        drill
    }

    /// Returns the schedule of a run as the last pass saw it: its rules may have changed since the run began.
    fn as_of_now(&self, job: &RunJob) -> ScheduleEntry {
        let docket = self.docket.as_ref();
        let now = docket.and_then(|docket| Some(docket.entry(docket.place(&job.key.entry)?)));
        now.unwrap_or(&job.entry).clone()
    }

    /// Removes older generations that no rule keeps, and updates the list of checksums.
    fn tidy_up(&mut self, entry: &ScheduleEntry, outcome: Outcome) {
        let events = tidy_up(&self.ports, &mut self.history, entry, Occasion::Run(outcome)).events;
        events.iter().for_each(|event| self.journal(event));
    }
}

/// Returns the places of the runs that were planned last for their backup, up to now. Of several for the same moment, the
/// first counts.
fn latest_of_each_backup(waiting: &BTreeMap<usize, Waiting>, now: Moment) -> BTreeSet<usize> {
    let mut latest: HashMap<&BackupName, (usize, Option<Moment>)> = HashMap::new();
    for (place, run) in waiting.iter().filter(|(_, run)| run.key.planned.is_none_or(|planned| planned <= now))
    {
        let candidate = (*place, run.key.planned);
        let best = latest.entry(run.entry.name()).or_insert(candidate);
        if best.1 < candidate.1 {
            *best = candidate;
        }
    }
    latest.into_values().map(|(place, _)| place).collect()
}

/// Returns the outage that lasts while another process makes the same backup.
fn outage(job: &RunJob) -> Outage {
    Outage::Postponed(job.key.entry.clone())
}
