//! The loop behind the background service: reads the schedules, begins what is due, and waits.

mod backup_look;
mod backup_overdue;
mod configuration;
mod docket;
mod drills;
mod evaluate;
mod history_health;
mod hooks;
mod last_pass;
mod name_aliases;
mod notices;
mod notify;
mod outages;
mod read_ports;
mod reconcile;
mod refresh;
mod refreshes;
mod runs;
mod schedules;
mod startup;
mod verifications;
mod verify;
mod waiting;

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;

use crate::model::event::{Ability, Event};
use crate::model::history::{OwedHook, RunKey};
use crate::model::job::{DrillJob, RunJob};
use crate::operation::history_cache::HistoryCache;
use crate::ports::{JobRunner, Ports, Wake};
use crate::service::configuration::Configuration;
use crate::service::docket::Docket;
use crate::service::last_pass::LastPass;
use crate::service::notices::Notices;
use crate::service::outages::{Outage, Outages};
use crate::service::refreshes::Refreshes;
use crate::service::schedules::Schedules;
use crate::service::verifications::Verifications;
use crate::service::waiting::Waiting;
use crate::time::Moment;

/// How long a service that has nothing else to do stays for notices that are being sent.
const LINGERS_FOR: TimeDelta = TimeDelta::seconds(2);

/// How the service goes about its work.
#[derive(Debug, Clone, Copy)]
pub struct ServiceSettings {
    /// The most backups under way at once; at least 1. `None`: as many as the configuration says, or 2.
    pub workers: Option<usize>,
    /// How long a run waits before it is tried again while another process makes the same backup.
    pub retry: TimeDelta,
}

impl Default for ServiceSettings {
    /// As many workers as the configuration says, 45 seconds.
    fn default() -> Self {
        Self { workers: None, retry: TimeDelta::seconds(45) }
    }
}

/// Makes each planned run happen once.
///
/// It works on ports alone. Real ones make it the background service; those of the feature `testing` run a year in a moment.
pub struct Service<'a> {
    ports: Ports<'a>,
    settings: ServiceSettings,
    config: Configuration,
    history: HistoryCache<'a>,
    schedules: Schedules,
    outages: Outages,
    /// What the last pass that succeeded saw.
    last_pass: Option<LastPass>,
    /// What the passes so far derived, unless everything is to be derived anew.
    docket: Option<Docket>,
    /// Whether the last pass failed to read something.
    is_blind: bool,
    /// Runs that are due and not begun, as of the last pass, by the places of their schedules.
    waiting: BTreeMap<usize, Waiting>,
    /// Runs that have begun and not ended.
    under_way: HashMap<RunKey, RunJob>,
    /// The hooks that were owed and tried, and when each of them may be tried again if it is still owed.
    hooks_again: Vec<(OwedHook, Moment)>,
    /// Drills that have begun and not ended.
    drilling: Vec<DrillJob>,
    /// Whether what an earlier service left was dealt with.
    is_startup_settled: bool,
    /// The entries whose backup another process was making, and when to try again.
    postponed: HashMap<String, Moment>,
    /// When the next run is due, as of the last pass.
    next_due: Option<Moment>,
    refreshes: Refreshes,
    verifications: Verifications,
    /// What was reported to whom.
    notices: Notices,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Phase {
    Working,
    /// What was begun is finished.
    Leaving,
    /// What was begun ends as soon as it can, and nothing is waited for.
    LeavingNow,
}

impl<'a> Service<'a> {
    /// Returns a service that has not begun.
    #[must_use]
    pub fn new(ports: Ports<'a>, settings: ServiceSettings) -> Self {
        Self {
            ports,
            settings,
            config: Configuration::default(),
            history: HistoryCache::new(ports.history),
            schedules: Schedules::default(),
            outages: Outages::default(),
            last_pass: None,
            docket: None,
            is_blind: false,
            waiting: BTreeMap::new(),
            under_way: HashMap::new(),
            hooks_again: Vec::new(),
            drilling: Vec::new(),
            is_startup_settled: false,
            postponed: HashMap::new(),
            next_due: None,
            refreshes: Refreshes::default(),
            verifications: Verifications::default(),
            notices: Notices::default(),
        }
    }

    /// Works until the runner brings a stop or the home is lost.
    ///
    /// After [`Wake::Stop`], everything that was found to be due is still made. Where the home is lost, only what is under
    /// way is finished; after [`Wake::StopNow`], that ends as soon as it can. Drills and verifies end at any stop and stay due. What
    /// becomes due after a stop is not begun. It is due at the next start.
    pub fn run(&mut self, runner: &dyn JobRunner) {
        self.journal(&Event::ServiceStarted);
        self.remove_leftovers();
        self.start_over_next_time();
        let mut phase = Phase::Working;
        let mut linger = None;
        loop {
            if self.is_home_lost(runner) {
                phase = phase.max(Phase::Leaving);
            }
            if phase == Phase::Working {
                self.reconcile(runner);
            }
            self.begin_waiting(runner);
            if phase == Phase::Working {
                self.verify_at_leisure(runner);
                self.refresh_files(runner);
            }
            self.tell(runner);
            let is_done =
                phase != Phase::Working && self.workers_at_work() == 0 && !self.verifications.is_under_way;
            if is_done && !self.are_files_unfinished(runner) && !self.lingers(phase, &mut linger) {
                break;
            }
            let until = linger.filter(|_| is_done).or(self.wake_at(phase));
            runner.note_next_run(self.next_due.filter(|_| phase == Phase::Working));
            let wake = runner.wait(until);
            self.note_wake(until);
            phase = self.take_in(wake, phase, runner);
        }
        self.part_from_history();
        self.journal(&Event::ServiceStopped);
    }

    /// Takes in what a wait has brought. Returns whether the service goes on.
    fn take_in(&mut self, wake: Wake, phase: Phase, runner: &dyn JobRunner) -> Phase {
        match wake {
            Wake::Time => {}
            Wake::Notified(target, result) => self.finish_notice(target, result),
            Wake::Reload => self.start_over_next_time(),
            Wake::Finished(key, result) => {
                let drill = self.finish(&key, &result).filter(|_| phase == Phase::Working);
                drill.into_iter().for_each(|drill| self.begin_drill(drill, runner));
            }
            Wake::Drilled(drill, result) => self.finish_drill(&drill, result),
            Wake::Verified(_) => self.finish_verification(),
            Wake::Refreshed(result) => self.finish_refresh(result),
            Wake::Stop => {
                runner.cancel_drills();
                return phase.max(Phase::Leaving);
            }
            Wake::StopNow => {
                self.waiting.clear();
                self.refreshes.skip_last();
                runner.cancel();
                return Phase::LeavingNow;
            }
        }
        phase
    }

    /// Returns whether the service must leave its home. Says so once, and drops what waits.
    fn is_home_lost(&mut self, runner: &dyn JobRunner) -> bool {
        let Err(error) = runner.check_service() else { return false };
        if self.outages.begin(Outage::Without(Ability::KeepHome)) {
            self.journal(&Event::Failed(error.into()));
            runner.cancel_drills();
        }
        self.refreshes.skip_last();
        self.waiting.clear();
        true
    }

    /// Removes what a killed service left, before anything is begun.
    fn remove_leftovers(&mut self) {
        match self.ports.backups.remove_leftovers() {
            Ok(0) => {}
            Ok(files) => self.journal(&Event::DraftsSwept(files)),
            Err(error) => self.journal(&Event::Failed(error.into())),
        }
    }

    /// Returns when to wake for the next run, refresh or notice. A service that is leaving begins no run and no refresh, so it
    /// doesn't wake for them.
    fn wake_at(&self, phase: Phase) -> Option<Moment> {
        let begins = phase == Phase::Working;
        let next_run = self.next_due.filter(|_| begins);
        let next_refresh = self.refreshes.next(self.ports.clock.now()).filter(|_| begins);
        [next_run, next_refresh, self.next_notice()].into_iter().flatten().min()
    }

    /// Returns whether the service stays for notices that are being sent. It does so for a moment: what doesn't arrive is
    /// sent after the next start.
    fn lingers(&self, phase: Phase, until: &mut Option<Moment>) -> bool {
        if phase == Phase::LeavingNow {
            return false;
        }
        let now = self.ports.clock.now();
        let until = *until.get_or_insert(now + LINGERS_FOR);
        self.notices.is_sending() && now < until && until <= now + LINGERS_FOR
    }

    fn journal(&self, event: &Event) {
        self.ports.journal.record(self.ports.clock.now(), event);
    }
}
