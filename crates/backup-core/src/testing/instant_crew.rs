//! A crew without threads: jobs take the time they are told to, on a clock that is moved for them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::ManualClock;
use crate::history::RunKey;
use crate::ports::{Clock, Crew, Moment, Progress, Wake};
use crate::run::{Job, RunResult};

/// How a job is carried out: usually [`perform`](crate::run::perform) with the test's ports.
pub type Work<'a> = dyn Fn(&Job, &dyn Progress) -> RunResult + 'a;

/// Carries out jobs in the test's own thread, and lets the time of a [`ManualClock`] pass while it waits.
///
/// Promises: a wait moves the clock to the next thing that happens — a job's end, a scripted step, the moment waited
/// for — and nowhere else. Each job ends after the time it takes, side by side with others, and its work is done at
/// that moment; what takes no time ends at the next wait. Once the clock reads `end`, the service is asked to stop.
///
/// Stricter than reality, it panics when a run is begun that is under way already; when the service waits after it
/// was asked to stop and nothing is under way, so that it would never leave; and when it waits over and over for a
/// moment that has passed.
pub struct InstantCrew<'a> {
    clock: ManualClock,
    end: DateTime<Utc>,
    work: &'a Work<'a>,
    takes: Box<dyn Fn(&Job) -> TimeDelta + 'a>,
    script: RefCell<VecDeque<(DateTime<Utc>, Step<'a>)>>,
    under_way: RefCell<Vec<UnderWay>>,
    begun: RefCell<Vec<(Moment, RunKey)>>,
    asked_to_stop: Cell<bool>,
    idle_waits: Cell<u32>,
}

enum Step<'a> {
    Wake(Wake),
    Act(Box<dyn FnOnce() + 'a>),
}

struct UnderWay {
    job: Job,
    ends: DateTime<Utc>,
    is_cancelled: bool,
}

/// So many waits in a row for a moment that has passed are no accident.
const MOST_IDLE_WAITS: u32 = 100;

impl<'a> InstantCrew<'a> {
    /// Returns a crew whose jobs take no time, and which asks the service to stop once the clock reads `end`.
    #[must_use]
    pub fn new(clock: &ManualClock, end: impl Into<DateTime<Utc>>, work: &'a Work<'a>) -> Self {
        Self {
            clock: clock.clone(),
            end: end.into(),
            work,
            takes: Box::new(|_| TimeDelta::zero()),
            script: RefCell::default(),
            under_way: RefCell::default(),
            begun: RefCell::default(),
            asked_to_stop: Cell::new(false),
            idle_waits: Cell::new(0),
        }
    }

    /// Returns the same crew, whose jobs take that long each.
    #[must_use]
    pub fn taking(self, takes: impl Fn(&Job) -> TimeDelta + 'a) -> Self {
        Self { takes: Box::new(takes), ..self }
    }

    /// Returns the same crew, with one more step: once the clock reads `at`, somebody asks for a look.
    ///
    /// Steps happen in the order in which they were given, each when the clock reads its moment or later.
    #[must_use]
    pub fn look_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        self.step(at, Step::Wake(Wake::Look))
    }

    /// Returns the same crew, with one more step: somebody asks the service to finish and leave.
    #[must_use]
    pub fn stop_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        self.step(at, Step::Wake(Wake::Stop))
    }

    /// Returns the same crew, with one more step: somebody asks the service to leave at once.
    #[must_use]
    pub fn stop_now_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        self.step(at, Step::Wake(Wake::StopNow))
    }

    /// Returns the same crew, with one more step: something happens that the service isn't told of. The schedules
    /// are edited, say, or the clock or its zone is changed. The wait then ends early. A clock that is set makes no
    /// job shorter or longer.
    #[must_use]
    pub fn act_at(self, at: impl Into<DateTime<Utc>>, act: impl FnOnce() + 'a) -> Self {
        self.step(at, Step::Act(Box::new(act)))
    }

    /// Returns which runs were begun, and when, in order.
    #[must_use]
    pub fn begun(&self) -> Vec<(Moment, RunKey)> {
        self.begun.borrow().clone()
    }

    fn step(self, at: impl Into<DateTime<Utc>>, step: Step<'a>) -> Self {
        self.script.borrow_mut().push_back((at.into(), step));
        self
    }
}

impl Crew for InstantCrew<'_> {
    fn begin(&self, job: Job) {
        let mut under_way = self.under_way.borrow_mut();
        let twice = under_way.iter().any(|other| other.job.key == job.key);
        assert!(!twice, "a run was begun while it is under way: {:?}", job.key);
        let now = self.clock.now();
        self.begun.borrow_mut().push((now, job.key.clone()));
        let ends = now.to_utc() + (self.takes)(&job);
        under_way.push(UnderWay { job, ends, is_cancelled: false });
    }

    fn wait(&self, until: Moment) -> Wake {
        let has_passed = self.pass_time_until(self.next_happening(until.to_utc()));
        let wake = self.finish().or_else(|| self.take_step()).or_else(|| self.stop());
        self.watch_for_spinning(has_passed || wake.is_some(), until);
        wake.unwrap_or(Wake::Time)
    }

    fn cancel(&self) {
        for running in self.under_way.borrow_mut().iter_mut() {
            running.is_cancelled = true;
            running.ends = self.clock.now().to_utc();
        }
    }
}

impl InstantCrew<'_> {
    /// Returns when the next thing happens: a job's end, a step, the end of the test, or the moment waited for.
    fn next_happening(&self, until: DateTime<Utc>) -> DateTime<Utc> {
        let job = self.under_way.borrow().iter().map(|running| running.ends).min();
        let step = self.script.borrow().front().map(|(at, _)| *at);
        if self.asked_to_stop.get() {
            let ends = job.expect("the service waits though it was asked to stop and nothing is under way");
            return ends.min(step.unwrap_or(ends)).min(until);
        }
        [job, step].into_iter().flatten().fold(until.min(self.end), DateTime::min)
    }

    fn pass_time_until(&self, next: DateTime<Utc>) -> bool {
        let is_ahead = next > self.clock.now().to_utc();
        if is_ahead {
            self.clock.set(next);
        }
        is_ahead
    }

    fn watch_for_spinning(&self, is_progress: bool, until: Moment) {
        self.idle_waits.set(if is_progress { 0 } else { self.idle_waits.get() + 1 });
        assert!(
            self.idle_waits.get() <= MOST_IDLE_WAITS,
            "the service waits over and over for a moment that has passed: {until}"
        );
    }

    /// Ends the job whose time came first, if it has come.
    fn finish(&self) -> Option<Wake> {
        let job = self.take_ended()?;
        let result = (self.work)(&job.job, &Watch { is_cancelled: job.is_cancelled });
        Some(Wake::Finished(job.job.key, result))
    }

    fn take_ended(&self) -> Option<UnderWay> {
        let now = self.clock.now().to_utc();
        let mut under_way = self.under_way.borrow_mut();
        let ended = under_way.iter().enumerate().filter(|(_, running)| running.ends <= now);
        let (position, _) = ended.min_by_key(|(_, running)| running.ends)?;
        Some(under_way.remove(position))
    }

    fn take_step(&self) -> Option<Wake> {
        let now = self.clock.now().to_utc();
        let (_, step) = self.script.borrow_mut().pop_front_if(|(at, _)| *at <= now)?;
        match step {
            Step::Act(act) => {
                act();
                self.shift_jobs(self.clock.now().to_utc() - now);
                Some(Wake::Time)
            }
            Step::Wake(wake) => {
                let stops = matches!(wake, Wake::Stop | Wake::StopNow);
                self.asked_to_stop.set(self.asked_to_stop.get() || stops);
                Some(wake)
            }
        }
    }

    /// Keeps the jobs' remaining time as it was when the clock is set.
    fn shift_jobs(&self, jump: TimeDelta) {
        for running in self.under_way.borrow_mut().iter_mut() {
            running.ends += jump;
        }
    }

    fn stop(&self) -> Option<Wake> {
        let is_time = !self.asked_to_stop.get() && self.clock.now().to_utc() >= self.end;
        is_time.then(|| {
            self.asked_to_stop.set(true);
            Wake::Stop
        })
    }
}

struct Watch {
    is_cancelled: bool,
}

impl Progress for Watch {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}
