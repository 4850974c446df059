//! The loop behind `backup_service`: looks at the schedules, begins what is due, and waits.

mod drills;
mod history_health;
mod outages;
mod reconcile;
mod startup;
mod waiting;

use std::collections::HashMap;

use chrono::TimeDelta;

use crate::model::archive::BackupName;
use crate::model::event::{Ability, Event};
use crate::model::history::{HistoryNote, Outcome, RunKey};
use crate::model::job::{DrillJob, Job, RunResult};
use crate::model::schedule::ScheduleEntry;
use crate::operation::history_cache::HistoryCache;
use crate::operation::prune::{Occasion, tidy_up};
use crate::ports::{Crew, Ports, Wake};
use crate::service::outages::{Outages, Trouble};
use crate::time::Moment;
use waiting::Waiting;

/// How the service goes about its work.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSettings {
    /// The most backups under way at once; at least 1.
    pub workers: usize,
    /// How long a run waits before it is tried again while another process makes the same backup.
    pub retry: TimeDelta,
}

impl Default for ServiceSettings {
    /// Two workers, 45 seconds.
    fn default() -> Self {
        Self { workers: 2, retry: TimeDelta::seconds(45) }
    }
}

/// Makes each planned run happen once.
///
/// Works on ports alone: real ones make it the background service, manual ones a test of a year in a moment.
pub struct Service<'a> {
    ports: Ports<'a>,
    settings: ServiceSettings,
    memory: HistoryCache<'a>,
    troubles: Outages,
    /// What was seen at the last look that succeeded.
    seen: Option<reconcile::Seen>,
    /// The last look failed.
    is_blind: bool,
    /// Owed at the last look, and not begun.
    waiting: Vec<Waiting>,
    /// Begun and not finished.
    under_way: HashMap<RunKey, Job>,
    /// Drills begun and not finished.
    drilling: Vec<DrillJob>,
    /// What was before this service was looked at.
    is_past_settled: bool,
    /// Entries whose backup another process was making, and when to try again.
    postponed: HashMap<String, Moment>,
    /// When the next run is due, as far as the last look could tell.
    next_due: Option<Moment>,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Phase {
    Working,
    Leaving,
}

impl<'a> Service<'a> {
    /// Returns a service that has not begun.
    #[must_use]
    pub fn new(ports: Ports<'a>, settings: ServiceSettings) -> Self {
        Self {
            ports,
            settings,
            memory: HistoryCache::new(ports.history),
            troubles: Outages::default(),
            seen: None,
            is_blind: false,
            waiting: Vec::new(),
            under_way: HashMap::new(),
            drilling: Vec::new(),
            is_past_settled: false,
            postponed: HashMap::new(),
            next_due: None,
        }
    }

    /// Works until the crew brings a stop, or until the home is lost, which ends like a stop. All that had been found to be
    /// due is still made, unless it is [`Wake::StopNow`]. Drills end at any stop and stay owed. Nothing that becomes due
    /// afterwards is
    /// begun, so it is owed at the next start.
    pub fn run(&mut self, crew: &dyn Crew) {
        self.journal(&Event::ServiceStarted);
        self.sweep();
        let mut phase = Phase::Working;
        loop {
            if self.is_home_lost(crew) {
                phase = Phase::Leaving;
            }
            if phase == Phase::Working {
                self.look(crew);
            }
            self.begin_waiting(crew);
            if phase == Phase::Leaving && self.workers_at_work() == 0 {
                break;
            }
            match crew.wait(self.wake_at(phase)) {
                Wake::Time | Wake::Look => {}
                Wake::Finished(key, result) => {
                    if let Some(drill) = self.finish(&key, &result).filter(|_| phase == Phase::Working) {
                        self.begin_drill(drill, crew);
                    }
                }
                Wake::Drilled(drill, result) => self.finish_drill(&drill, result),
                Wake::Stop => {
                    phase = Phase::Leaving;
                    crew.cancel_drills();
                }
                Wake::StopNow => {
                    phase = Phase::Leaving;
                    self.waiting.clear();
                    crew.cancel();
                }
            }
        }
        self.part_from_history();
        self.journal(&Event::ServiceStopped);
    }

    /// Returns whether the service must leave its home, which is said once. What is under way is finished.
    fn is_home_lost(&mut self, crew: &dyn Crew) -> bool {
        let Err(error) = crew.tend() else { return false };
        if self.troubles.begin(Trouble::Without(Ability::KeepHome)) {
            self.journal(&Event::Failed(error.into()));
            crew.cancel_drills();
        }
        self.waiting.clear();
        true
    }

    /// Removes what a killed service left, before anything is begun.
    fn sweep(&mut self) {
        match self.ports.backups.sweep() {
            Ok(0) => {}
            Ok(files) => self.journal(&Event::DraftsSwept(files)),
            Err(error) => self.journal(&Event::Failed(error.into())),
        }
    }

    /// Begins what waits, as far as there are workers: in order, and never two of one name at once. Who is leaving looks
    /// no more, so what only a clock that was ahead had made due is passed over here.
    fn begin_waiting(&mut self, crew: &dyn Crew) {
        if self.is_blind {
            return;
        }
        let mut still_waiting = Vec::new();
        let now = self.ports.clock.now();
        let is_due = |run: &Waiting| run.key.planned.is_none_or(|planned| planned <= now);
        for run in std::mem::take(&mut self.waiting).into_iter().filter(is_due) {
            if self.workers_at_work() >= self.settings.workers.max(1) || self.is_name_busy(run.entry.name()) {
                still_waiting.push(run);
            } else {
                self.begin(run, crew);
            }
        }
        self.waiting = still_waiting;
    }

    fn is_name_busy(&self, name: &BackupName) -> bool {
        self.under_way.values().any(|other| other.entry.name() == name) || self.is_drilling(name)
    }

    /// Begins a run, going by what is known now: what it replaces may have been made while it waited.
    fn begin(&mut self, run: Waiting, crew: &dyn Crew) {
        // Who is leaving looks no more. What can't be read now was heard at the last look.
        let _ = self.memory.refresh();
        let now = self.ports.clock.now();
        let job = Job::new(run.key, run.entry, run.missed_runs, self.memory.ledger(), now);
        self.under_way.insert(job.key.clone(), job.clone());
        crew.begin(job);
    }

    /// Notes and tells how a run ended. Returns the drill that follows it, where one is due.
    fn finish(&mut self, key: &RunKey, result: &RunResult) -> Option<DrillJob> {
        let job = self.under_way.remove(key)?;
        let now = self.ports.clock.now();
        let mut drill = None;
        if let Some(record) = result.record(&job, now) {
            let outcome = record.outcome;
            drill = self.due_drill(&job, &record);
            self.memory.note(HistoryNote::Ended(record));
            self.tidy_up(&job.entry, outcome);
            self.shorten_history();
            self.troubles.end(&postponed(&job));
        } else {
            self.postponed.insert(job.key.entry.clone(), now + self.settings.retry);
            if !self.troubles.begin(postponed(&job)) {
                return None;
            }
        }
        for event in result.events(&job) {
            self.journal(&event);
        }
        drill
    }

    /// Sees to the older generations and the list of sums.
    fn tidy_up(&mut self, entry: &ScheduleEntry, outcome: Outcome) {
        let events = tidy_up(&self.ports, &mut self.memory, entry, Occasion::Run(outcome)).events;
        events.iter().for_each(|event| self.journal(event));
    }

    /// Who is leaving begins nothing that becomes due, so it needn't wake for it.
    fn wake_at(&self, phase: Phase) -> Option<Moment> {
        self.next_due.filter(|_| phase == Phase::Working)
    }

    fn journal(&self, event: &Event) {
        self.ports.journal.record(self.ports.clock.now(), event);
    }
}

fn postponed(job: &Job) -> Trouble {
    Trouble::Postponed(job.key.entry.clone())
}
