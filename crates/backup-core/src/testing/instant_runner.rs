//! A runner without threads: jobs take the time they are told to, on a clock that is moved for them.

mod refreshing;
mod script;
mod sending;
mod step;
mod under_way;
mod verifying;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use self::refreshing::Refreshing;
use self::sending::Sending;
use self::step::Step;
use self::under_way::{UnderWay, Watch, take_ended};
use self::verifying::Verifying;
pub use self::work::{DrillWork, RefreshWork, VerifyWork, Work};
use super::ManualClock;
use crate::model::error::{Failure, PortError};
use crate::model::history::RunKey;
use crate::model::job::{DrillJob, DrillResult, RefreshJob, RefreshResult, RunJob, RunResult, VerifyJob};
use crate::model::notice::{Notice, NotifyTarget};
use crate::ports::{JobRunner, Notifier, Progress, Wake};
use crate::time::{Clock, Moment};

/// Carries out jobs in the test's own thread, and lets the time of a [`ManualClock`] pass while it waits.
///
/// Promises: a wait moves the clock to the next thing that happens — a job's end, a scripted step, the moment waited
/// for — and nowhere else. Each job ends after the time it takes, side by side with others, and its work is done at
/// that moment; what takes no time ends at the next wait. Once the clock reads `end`, the service is asked to stop.
///
/// Stricter than reality, it panics when a run is begun that is under way already; when the service waits after it
/// was asked to stop and nothing is under way, so that it would never leave; and when it waits over and over for a
/// moment that has passed.
pub struct InstantRunner<'a> {
    clock: ManualClock,
    end: DateTime<Utc>,
    work: Box<Work<'a>>,
    takes: Box<dyn Fn(&RunJob) -> TimeDelta + 'a>,
    drill_work: Option<Box<DrillWork<'a>>>,
    drill_takes: TimeDelta,
    verifying: Verifying<'a>,
    refreshing: Refreshing<'a>,
    sending: Sending<'a>,
    script: RefCell<VecDeque<(DateTime<Utc>, Step<'a>)>>,
    under_way: RefCell<Vec<UnderWay<RunJob>>>,
    drills: RefCell<Vec<UnderWay<DrillJob>>>,
    begun: RefCell<Vec<(Moment, RunKey)>>,
    poll: Option<TimeDelta>,
    home_lost_at: Option<DateTime<Utc>>,
    asked_to_stop: Cell<bool>,
    idle_waits: Cell<u32>,
}

/// So many waits in a row for a moment that has passed are no accident.
const MOST_IDLE_WAITS: u32 = 100;

impl<'a> InstantRunner<'a> {
    /// Returns a runner whose jobs take no time, and which asks the service to stop once the clock reads `end`.
    #[must_use]
    pub fn new(
        clock: &ManualClock,
        end: impl Into<DateTime<Utc>>,
        work: impl Fn(&RunJob, &dyn Progress) -> RunResult + 'a,
    ) -> Self {
        Self {
            clock: clock.clone(),
            end: end.into(),
            work: Box::new(work),
            takes: Box::new(|_| TimeDelta::zero()),
            drill_work: None,
            drill_takes: TimeDelta::zero(),
            verifying: Verifying::default(),
            refreshing: Refreshing::default(),
            sending: Sending::default(),
            script: RefCell::default(),
            under_way: RefCell::default(),
            drills: RefCell::default(),
            begun: RefCell::default(),
            poll: None,
            home_lost_at: None,
            asked_to_stop: Cell::new(false),
            idle_waits: Cell::new(0),
        }
    }

    /// Returns the same runner, whose jobs take that long each.
    #[must_use]
    pub fn taking(self, takes: impl Fn(&RunJob) -> TimeDelta + 'a) -> Self {
        Self { takes: Box::new(takes), ..self }
    }

    /// Returns the same runner, which carries out drills in that way, and in that time. Without it, drills end interrupted.
    #[must_use]
    pub fn drilling(
        self,
        work: impl Fn(&DrillJob, &dyn Progress) -> DrillResult + 'a,
        takes: TimeDelta,
    ) -> Self {
        Self { drill_work: Some(Box::new(work)), drill_takes: takes, ..self }
    }

    /// Returns the same runner, which verifies archives in that way, and in that time. Without it, none are verified.
    #[must_use]
    pub fn verifying(self, work: impl Fn(&VerifyJob, &dyn Progress) + 'a, takes: TimeDelta) -> Self {
        Self { verifying: Verifying::new(work, takes), ..self }
    }

    /// Returns the same runner, which writes files in that way, and in that time. Without it, none are written.
    #[must_use]
    pub fn refreshing(self, work: impl Fn(&RefreshJob) -> RefreshResult + 'a, takes: TimeDelta) -> Self {
        let refreshing = Refreshing { work: Some(Box::new(work)), takes, ..Refreshing::default() };
        Self { refreshing, ..self }
    }

    /// Returns the same runner, which sends notices in that way, and in that time. Without it, it can't send.
    #[must_use]
    pub fn notifying(self, notifier: impl Notifier + 'a, takes: TimeDelta) -> Self {
        Self { sending: Sending::new(notifier, takes), ..self }
    }

    /// Returns the same runner, which also comes back from a wait after that time, as real ones do. Without it a year of
    /// daily runs is a few hundred waits, and with 45 seconds hundreds of thousands.
    #[must_use]
    pub fn polling(self, every: TimeDelta) -> Self {
        Self { poll: Some(every), ..self }
    }

    /// Returns which runs were begun, and when, in order.
    #[must_use]
    pub fn begun(&self) -> Vec<(Moment, RunKey)> {
        self.begun.borrow().clone()
    }

    /// Returns which files were asked for, and when, in order.
    #[must_use]
    pub fn refreshed(&self) -> Vec<(Moment, RefreshJob)> {
        self.refreshing.begun()
    }
}

impl JobRunner for InstantRunner<'_> {
    fn begin(&self, job: RunJob) {
        let mut under_way = self.under_way.borrow_mut();
        let twice = under_way.iter().any(|other| other.job.key == job.key);
        assert!(!twice, "a run was begun while it is under way: {:?}", job.key);
        let now = self.clock.now();
        self.begun.borrow_mut().push((now, job.key.clone()));
        let ends = now.to_utc() + (self.takes)(&job);
        under_way.push(UnderWay { job, ends, is_cancelled: false });
    }

    fn drill(&self, drill: DrillJob) {
        let ends = self.clock.now().to_utc() + self.drill_takes;
        self.drills.borrow_mut().push(UnderWay { job: drill, ends, is_cancelled: false });
    }

    fn verify(&self, job: VerifyJob) -> bool {
        self.verifying.begin(job, self.clock.now().to_utc())
    }

    fn refresh(&self, job: RefreshJob) -> bool {
        self.refreshing.begin(job, self.clock.now())
    }

    fn notify(&self, target: &NotifyTarget, notice: &Notice) -> bool {
        self.sending.begin(target, notice, self.clock.now().to_utc())
    }

    fn check_service(&self) -> Result<(), PortError> {
        let is_lost = self.home_lost_at.is_some_and(|at| self.clock.now().to_utc() >= at);
        if is_lost { Err(PortError::new(Failure::Missing, "go on in this home")) } else { Ok(()) }
    }

    fn wait(&self, until: Option<Moment>) -> Wake {
        let poll = self.poll.map(|poll| self.clock.now() + poll);
        let until = [until, poll].into_iter().flatten().min();
        let has_passed = self.pass_time_until(self.next_happening(until));
        let wake = self
            .finish()
            .or_else(|| self.finish_drill())
            .or_else(|| self.verifying.finish(self.clock.now().to_utc()))
            .or_else(|| self.refreshing.finish(self.clock.now().to_utc()))
            .or_else(|| self.sending.finish(self.clock.now().to_utc()))
            .or_else(|| self.take_step())
            .or_else(|| self.stop());
        self.watch_for_spinning(has_passed || wake.is_some(), until);
        wake.unwrap_or(Wake::Time)
    }

    fn is_stop_waiting(&self) -> bool {
        let now = self.clock.now().to_utc();
        let is_stop = |step: &Step<'_>| matches!(step, Step::Wake(Wake::Stop | Wake::StopNow));
        self.script.borrow().front().is_some_and(|(at, step)| *at <= now && is_stop(step))
    }

    fn cancel(&self) {
        let now = self.clock.now().to_utc();
        self.under_way.borrow_mut().iter_mut().for_each(|running| running.cancel(now));
        self.cancel_drills();
    }

    fn cancel_drills(&self) {
        let now = self.clock.now().to_utc();
        self.drills.borrow_mut().iter_mut().for_each(|running| running.cancel(now));
        self.verifying.cancel(now);
    }
}

impl InstantRunner<'_> {
    /// Returns when the next thing happens: a job's end, a step, the end of the test, or the moment waited for.
    fn next_happening(&self, until: Option<Moment>) -> DateTime<Utc> {
        let until = until.map(|until| until.to_utc());
        let job = self.under_way.borrow().iter().map(|running| running.ends).min();
        let drill = self.drills.borrow().iter().map(|running| running.ends).min();
        let job = [job, drill, self.verifying.next_end(), self.refreshing.next_end(), self.sending.ends()]
            .into_iter()
            .flatten()
            .min();
        let step = self.script.borrow().front().map(|(at, _)| *at);
        if self.asked_to_stop.get() {
            let ends = job.expect("the service waits though it was asked to stop and nothing is under way");
            return [step, until].into_iter().flatten().fold(ends, DateTime::min);
        }
        [job, step, until].into_iter().flatten().fold(self.end, DateTime::min)
    }

    fn pass_time_until(&self, next: DateTime<Utc>) -> bool {
        let is_ahead = next > self.clock.now().to_utc();
        if is_ahead {
            self.clock.set(next);
        }
        is_ahead
    }

    fn watch_for_spinning(&self, is_progress: bool, until: Option<Moment>) {
        self.idle_waits.set(if is_progress { 0 } else { self.idle_waits.get() + 1 });
        assert!(
            self.idle_waits.get() <= MOST_IDLE_WAITS,
            "the service waits over and over for a moment that has passed: {until:?}"
        );
    }

    /// Ends the job whose time came first, if it has come.
    fn finish(&self) -> Option<Wake> {
        let job = take_ended(&mut self.under_way.borrow_mut(), self.clock.now().to_utc())?;
        let result = (self.work)(&job.job, &Watch { is_cancelled: job.is_cancelled });
        Some(Wake::Finished(job.job.key, result))
    }

    fn finish_drill(&self) -> Option<Wake> {
        let drill = take_ended(&mut self.drills.borrow_mut(), self.clock.now().to_utc())?;
        let watch = Watch { is_cancelled: drill.is_cancelled };
        let result =
            self.drill_work.as_ref().map_or(DrillResult::Interrupted, |work| work(&drill.job, &watch));
        Some(Wake::Drilled(drill.job, result))
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
        self.under_way.borrow_mut().iter_mut().for_each(|running| running.ends += jump);
        self.drills.borrow_mut().iter_mut().for_each(|running| running.ends += jump);
        self.verifying.shift(jump);
        self.refreshing.shift(jump);
        self.sending.shift(jump);
    }

    fn stop(&self) -> Option<Wake> {
        let is_time = !self.asked_to_stop.get() && self.clock.now().to_utc() >= self.end;
        is_time.then(|| {
            self.asked_to_stop.set(true);
            Wake::Stop
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Error;
    use crate::model::schedule::{Schedule, ScheduleEntry};
    use crate::policy::due::due;
    use crate::testing::{Zone, at};

    const START: &str = "2026-05-04 12:00";

    fn failed(_: &RunJob, progress: &dyn Progress) -> RunResult {
        if progress.is_cancelled() { RunResult::Interrupted } else { RunResult::NotMade(Error::NotRunning) }
    }

    fn job(name: &str, planned: Moment) -> RunJob {
        let entry: ScheduleEntry = format!("{name};16:07;{name}").parse().unwrap();
        let key = RunKey { entry: entry.to_string(), planned: Some(planned) };
        RunJob {
            key,
            entry,
            missed_runs: 0,
            began: at("2026-05-04 12:00"),
            replaces: None,
            known: std::collections::HashMap::new(),
            baseline: None,
            owed_hook: None,
            settles_only: false,
            reads_everything: false,
            config: std::sync::Arc::default(),
        }
    }

    /// Says what a wait brought and when, as "12:00 finished docs".
    fn told(runner: &InstantRunner<'_>, until: &str) -> String {
        let what = match runner.wait(Some(at(until))) {
            Wake::Time => "time".to_owned(),
            Wake::Finished(key, RunResult::Interrupted) => format!("interrupted {}", key.entry),
            Wake::Finished(key, _) => format!("finished {}", key.entry),
            Wake::Drilled(drill, _) => format!("drilled {}", drill.key.entry),
            Wake::Verified(job) => format!("verified {}", job.archive),
            Wake::Refreshed(_) => "refreshed".to_owned(),
            Wake::Notified(target, _) => format!("notified {target}"),
            Wake::Reload => "look".to_owned(),
            Wake::Stop => "stop".to_owned(),
            Wake::StopNow => "stop now".to_owned(),
        };
        format!("{} {what}", runner.clock.now().format("%H:%M"))
    }

    #[test]
    fn a_wait_moves_the_clock_to_what_happens_next() {
        let clock = ManualClock::utc(at(START));
        let runner = InstantRunner::new(&clock, at("2026-05-04 18:00"), failed)
            .reload_at(at("2026-05-04 12:30"))
            .act_at(at("2026-05-04 13:30"), || clock.advance(TimeDelta::minutes(-60)))
            .stop_now_at(at("2026-05-04 12:45"));
        let until = ["12:10", "13:00", "13:00", "14:00", "14:00"];
        let told = until.map(|until| told(&runner, &format!("2026-05-04 {until}")));
        assert_eq!(told, ["12:10 time", "12:30 look", "13:00 time", "12:30 time", "12:45 stop now"]);
    }

    #[test]
    fn the_end_asks_the_service_to_stop_once() {
        let clock = ManualClock::utc(at(START));
        let runner =
            InstantRunner::new(&clock, at("2026-05-04 13:00"), failed).taking(|_| TimeDelta::hours(2));
        runner.begin(job("docs", clock.now()));
        let told = [told(&runner, "2026-05-05 00:00"), told(&runner, "2026-05-05 00:00")];
        assert_eq!(told, ["13:00 stop", "14:00 finished docs;16:07;docs"]);
    }

    #[test]
    fn jobs_take_their_time_side_by_side() {
        let clock = ManualClock::utc(at(START));
        let minutes = |job: &RunJob| TimeDelta::minutes(if job.entry.source() == "long" { 20 } else { 5 });
        let runner = InstantRunner::new(&clock, at("2026-05-05 00:00"), failed).taking(minutes);
        runner.begin(job("long", clock.now()));
        runner.begin(job("short", clock.now()));
        let first = told(&runner, "2026-05-04 13:00");
        runner.begin(job("next", clock.now()));
        let rest = [
            told(&runner, "2026-05-04 12:07"),
            told(&runner, "2026-05-04 13:00"),
            told(&runner, "2026-05-04 13:00"),
        ];
        assert_eq!(first, "12:05 finished short;16:07;short");
        assert_eq!(rest, ["12:07 time", "12:10 finished next;16:07;next", "12:20 finished long;16:07;long"]);
        let begun: Vec<_> = runner.begun().into_iter().map(|(when, key)| (when, key.entry)).collect();
        assert_eq!(begun[2], (at("2026-05-04 12:05"), "next;16:07;next".to_owned()));
    }

    #[test]
    fn the_job_that_ended_first_is_reported_first() {
        let clock = ManualClock::utc(at(START));
        let slow_work = |job: &RunJob, progress: &dyn Progress| {
            clock.advance(TimeDelta::hours(1));
            failed(job, progress)
        };
        let takes = Cell::new(30);
        let runner = InstantRunner::new(&clock, at("2026-05-05 00:00"), slow_work)
            .taking(|_| TimeDelta::minutes(takes.replace(takes.get() - 10)));
        ["a", "b", "c"].iter().for_each(|name| runner.begin(job(name, clock.now())));
        let told = [(); 3].map(|()| told(&runner, "2026-05-05 00:00"));
        assert_eq!(
            told,
            ["13:10 finished c;16:07;c", "14:10 finished b;16:07;b", "15:10 finished a;16:07;a"]
        );
    }

    #[test]
    fn a_clock_that_is_set_makes_no_job_longer() {
        let clock = ManualClock::utc(at(START));
        let runner = InstantRunner::new(&clock, at("2030-01-01 00:00"), failed)
            .taking(|_| TimeDelta::minutes(20))
            .act_at(at("2026-05-04 12:05"), || clock.set(at("2026-05-04 03:00")));
        runner.begin(job("docs", clock.now()));
        let told = [told(&runner, "2026-05-04 13:00"), told(&runner, "2026-05-04 13:00")];
        assert_eq!(told, ["03:00 time", "03:15 finished docs;16:07;docs"]);
    }

    #[test]
    fn cancelled_jobs_end_at_once_and_are_reported() {
        let clock = ManualClock::utc(at(START));
        let runner =
            InstantRunner::new(&clock, at("2026-05-05 00:00"), failed).taking(|_| TimeDelta::hours(1));
        runner.begin(job("docs", clock.now()));
        runner.cancel();
        assert_eq!(told(&runner, "2026-05-04 13:00"), "12:00 interrupted docs;16:07;docs");
    }

    #[test]
    #[should_panic(expected = "a run was begun while it is under way")]
    fn a_run_is_not_begun_twice() {
        let clock = ManualClock::utc(at(START));
        let runner = InstantRunner::new(&clock, at("2026-05-05 00:00"), failed);
        runner.begin(job("docs", clock.now()));
        runner.begin(job("docs", clock.now()));
    }

    #[test]
    #[should_panic(expected = "nothing is under way")]
    fn a_service_that_never_leaves_is_found() {
        let clock = ManualClock::utc(at(START));
        let runner = InstantRunner::new(&clock, at(START), failed);
        assert_eq!(told(&runner, "2026-05-05 00:00"), "12:00 stop");
        runner.wait(Some(at("2026-05-05 00:00")));
    }

    #[test]
    #[should_panic(expected = "over and over")]
    fn a_service_that_spins_is_found() {
        let clock = ManualClock::utc(at(START));
        let runner =
            InstantRunner::new(&clock, at("2026-05-05 00:00"), failed).taking(|_| TimeDelta::hours(1));
        runner.begin(job("docs", clock.now()));
        (0..1_000).for_each(|_| drop(runner.wait(Some(at(START)))));
    }

    /// A service of ten lines: one schedule, a look whenever it is due.
    fn serve(runner: &InstantRunner<'_>, clock: &ManualClock, entry: &ScheduleEntry) -> Vec<Moment> {
        let mut settled = clock.now();
        let mut runs = Vec::new();
        loop {
            let next = entry.rule().next_after(settled, clock).unwrap();
            match runner.wait(Some(next)) {
                Wake::Stop => return runs,
                Wake::Finished(key, _) => runs.extend(key.planned),
                _ => {}
            }
            if let Some(due) = due(&entry.rule(), settled, clock.now(), clock) {
                settled = due.planned;
                runner.begin(RunJob { missed_runs: due.missed_runs, ..job("docs", due.planned) });
            }
        }
    }

    #[test]
    fn a_year_passes_at_once() {
        let clock = ManualClock::with_zone(at("2026-01-01T00:00:00+01:00"), Zone::berlin());
        let runner = InstantRunner::new(&clock, at("2027-01-01T00:00:00+01:00"), failed);
        let runs = serve(&runner, &clock, &"docs;02:30;docs".parse().unwrap());
        assert_eq!(runs.len(), 365);
        assert!(runs.contains(&at("2026-03-29T03:00:00+02:00")));
        assert!(runs.is_sorted_by(|one, next| one < next));
    }
}
