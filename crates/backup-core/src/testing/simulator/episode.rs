//! One episode: a machine and its stores from the first day to the last.

use std::cell::RefCell;

use chrono::{DateTime, Utc};

use super::almanac::{DAY, HOUR, MINUTE};
use super::desk::{Desk, Trouble};
use super::guarded::Guarded;
use super::judge::{Honesty, Judge, Line, Verdicts};
use super::random::Random;
use super::runner::{SimulatedRunner, UnderWay, ports};
use super::spelling::Spelled;
use super::verifying::Verifying;
use super::zones::Zones;
use super::{EPISODE_DAYS, Simulation, SimulationReport, Stores};
use crate::manager::Verify;
use crate::model::config::ServiceConfig;
use crate::model::history::RunKey;
use crate::ports::Wake;
use crate::service::{Service, ServiceSettings};
use crate::testing::{ManualClock, Zone};

/// The last days of an episode, in which nothing happens any more and all that is required must be made.
const QUIET: i64 = 3 * DAY;
/// So many waits in a row without any time passing are no accident.
const MOST_IDLE_WAITS: u32 = 200;
/// How many schedules an episode has, if they are made up.
const SCHEDULES: usize = 5;
/// The days of the plan before an episode and after it: some planned moments of every plan.
const MARGIN: i64 = 70;

/// A machine, its stores, and what becomes of them.
pub(super) struct Episode<'a> {
    pub(super) desk: Desk,
    pub(super) stores: &'a Stores,
    pub(super) clock: ManualClock,
    pub(super) state: RefCell<State>,
    /// Runs that a dead service believes to be under way.
    pub(super) lost: RefCell<Vec<RunKey>>,
}

/// Where the machine stands in time, and what is to come. All times are true ones, in seconds.
#[derive(Debug)]
pub(super) struct State {
    pub(super) random: Random,
    pub(super) truth: i64,
    /// What the clock shows more than is true.
    pub(super) skew: i64,
    /// The least that a clock which is right shows more than is true, and the most.
    pub(super) right: (i64, i64),
    pub(super) zones: Vec<Zone>,
    pub(super) jobs: Vec<UnderWay>,
    pub(super) verifying: Option<Verifying>,
    pub(super) next_slow: bool,
    pub(super) is_leaving: bool,
    pub(super) next_event: i64,
    pub(super) look_at: i64,
    pub(super) lie_ends: i64,
    pub(super) trouble_ends: i64,
    pub(super) quiet_from: i64,
    pub(super) end: i64,
    idle_waits: u32,
}

impl<'a> Episode<'a> {
    /// Runs the episode of that seed.
    pub(super) fn run(simulation: &Simulation<'_>, seed: u64) -> SimulationReport {
        let mut random = Random::new(seed);
        let start = random.between(19_700, 20_900) * DAY + random.between(0, DAY - 1);
        let zones = Zones::some(start, &mut random);
        let clock = zones.clock(start);
        let stores = (simulation.stores)(&clock);
        let settings = ServiceSettings::default();
        let lines = lines(&schedules(simulation, &mut random), &zones, start / DAY);
        let verdicts = Verdicts::new(seed, simulation.is_telling);
        let judge = Judge::new(lines, verdicts, settings.workers.unwrap_or(ServiceConfig::WORKERS));
        let desk = Desk::new(judge);
        let state = RefCell::new(State::new(random, start, zones.machine));
        let episode = Episode { desk, stores: &stores, clock, state, lost: RefCell::default() };
        episode.begin();
        episode.live(settings);
        let mut report = episode.desk.into_judge().verdicts.report;
        report.days = EPISODE_DAYS;
        report
    }

    fn live(&self, settings: ServiceSettings) {
        while self.state.borrow().truth < self.state.borrow().end {
            self.desk.revive();
            self.desk.state().service_started();
            self.tell("the service starts");
            self.state.borrow_mut().is_leaving = false;
            let guarded = Guarded::service(&self.desk, self.stores, &self.clock);
            let ports = ports(&guarded, &self.clock);
            Service::new(ports, settings).run(&SimulatedRunner {
                episode: self,
                ports,
                drills: RefCell::default(),
                verify: Verify::new(ports),
            });
            self.state.borrow_mut().jobs.clear();
            self.state.borrow_mut().verifying = None;
            self.lost.borrow_mut().clear();
            self.tell("the service has gone");
            self.desk.state().judge.service_gone();
            self.be_down();
        }
    }

    /// Nothing runs for a while, but things happen.
    fn be_down(&self) {
        let up = {
            let state = &mut *self.state.borrow_mut();
            let most = if state.random.one_in(4) { 5 * DAY } else { 2 * HOUR };
            let up = state.truth + state.random.any_size(1, most);
            up.min(state.quiet_from.max(state.truth + 1)).min(state.end)
        };
        while self.state.borrow().truth < up {
            let next = self.state.borrow().next_happening().min(up);
            self.let_pass(next);
            // There is nobody to be woken.
            let _ = self.happen();
            self.state.borrow_mut().is_leaving = false;
        }
    }

    /// Lets time pass until then, if that is still to come.
    pub(super) fn let_pass(&self, until: i64) {
        let mut state = self.state.borrow_mut();
        state.idle_waits = if until > state.truth { 0 } else { state.idle_waits + 1 };
        state.truth = until.max(state.truth);
        self.show(&state);
        assert!(
            state.idle_waits < MOST_IDLE_WAITS,
            "the service waits over and over for a moment that has passed"
        );
    }

    /// Sets the machine's clock, and tells the judge what it is worth.
    pub(super) fn show(&self, state: &State) {
        let reading = state.truth + state.skew;
        self.clock.set(instant(reading));
        self.desk.state().judge.set_clock(state.truth, reading, state.honesty());
    }

    /// Lets happen whose time has come; returns what the service is told of it.
    pub(super) fn happen(&self) -> Option<Wake> {
        let now = self.state.borrow().truth;
        if now >= self.state.borrow().lie_ends {
            self.end_lie();
        }
        if now >= self.state.borrow().trouble_ends {
            self.set_trouble(None, i64::MAX);
        }
        if now >= self.state.borrow().next_event
            && let Some(wake) = self.next_event()
        {
            return Some(wake);
        }
        if now >= self.state.borrow().end && !self.state.borrow().is_leaving {
            self.state.borrow_mut().is_leaving = true;
            return Some(Wake::Stop);
        }
        let state = &mut *self.state.borrow_mut();
        (now >= state.look_at).then(|| {
            state.look_at = state.next_look();
            Wake::Time
        })
    }

    /// Adds to the story, with what the clock shows.
    pub(super) fn tell(&self, line: &str) {
        let judge = &mut self.desk.state().judge;
        judge.verdicts.tell(judge.now, || line.to_owned());
    }

    fn end_lie(&self) {
        self.desk.state().judge.verdicts.report.jumps += 1;
        let state = &mut *self.state.borrow_mut();
        (state.skew, state.lie_ends) = (0, i64::MAX);
        state.look_soon();
        self.show(state);
        self.tell("the clock is right again");
    }

    pub(super) fn set_trouble(&self, trouble: Option<Trouble>, ends: i64) {
        self.desk.state().trouble = trouble;
        self.tell(&format!("trouble: {trouble:?}"));
        let mut state = self.state.borrow_mut();
        state.trouble_ends = ends;
        state.look_soon();
    }
}

impl State {
    fn new(mut random: Random, start: i64, zones: Vec<Zone>) -> Self {
        let end = start + i64::try_from(EPISODE_DAYS).unwrap_or(0) * DAY;
        let least = [0, -HOUR, -12 * HOUR, -23 * HOUR][random.place(4)];
        Self {
            truth: start,
            skew: 0,
            right: (least, least + 23 * HOUR),
            zones,
            jobs: Vec::new(),
            verifying: None,
            next_slow: false,
            is_leaving: false,
            next_event: start + random.between(0, DAY),
            look_at: start + DAY,
            lie_ends: i64::MAX,
            trouble_ends: i64::MAX,
            quiet_from: end - QUIET,
            end,
            idle_waits: 0,
            random,
        }
    }

    pub(super) fn honesty(&self) -> Honesty {
        match self.skew {
            skew if skew > self.right.1 => Honesty::Ahead,
            skew if skew < self.right.0 => Honesty::Behind,
            _ => Honesty::Right,
        }
    }

    pub(super) fn next_happening(&self) -> i64 {
        let ends = if self.is_leaving { i64::MAX } else { self.end };
        [self.next_event, self.look_at, self.lie_ends, self.trouble_ends].into_iter().fold(ends, i64::min)
    }

    /// Something changed of which nobody tells the service: it looks again within 45 seconds.
    pub(super) fn look_soon(&mut self) {
        self.look_at = self.look_at.min(self.truth + self.random.between(0, 45));
    }

    /// Looks at which nothing has changed are mostly left out: one a day is enough where something else wakes the service.
    fn next_look(&mut self) -> i64 {
        let is_troubled = self.trouble_ends != i64::MAX;
        self.truth + if is_troubled { self.random.between(MINUTE, 2 * HOUR) } else { DAY }
    }

    /// How long the next job takes.
    pub(super) fn job_seconds(&mut self) -> i64 {
        if std::mem::take(&mut self.next_slow) && self.truth < self.quiet_from - 2 * DAY {
            return self.random.any_size(HOUR, 40 * HOUR);
        }
        self.random.any_size(1, 20 * MINUTE) - 1
    }
}

pub(super) fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

/// Returns the judge's lines of these schedules, with all that they plan from months before the episode to months after it.
fn lines(schedules: &[Spelled], zones: &Zones, first_date: i64) -> Vec<Line> {
    let almanacs = zones.almanacs();
    let last_date = first_date + i64::try_from(EPISODE_DAYS).unwrap_or(0);
    let dates = first_date - MARGIN..last_date + MARGIN;
    schedules.iter().map(|spelled| Line::new(spelled, &almanacs, &dates)).collect()
}

/// The schedules that come and go.
fn schedules(simulation: &Simulation<'_>, random: &mut Random) -> Vec<Spelled> {
    match simulation.schedules.as_slice() {
        [] => Spelled::some(SCHEDULES, random),
        own => own.iter().map(|text| Spelled::daily(text)).collect(),
    }
}
