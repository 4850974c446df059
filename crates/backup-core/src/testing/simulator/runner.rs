//! The simulated runner: carries out jobs, and lets time pass and things happen while the service waits.

use std::cell::RefCell;
use std::path::Path;

use super::episode::Episode;
use super::guarded::Guarded;
use crate::manager::Verify;
use crate::model::history::RunKey;
use crate::model::job::{DrillJob, DrillResult, RunJob, RunResult, VerifyJob};
use crate::operation::run::perform;
use crate::ports::{JobRunner, NoCommands, NoConfig, NoNotices, OwnRules, Ports, Progress, Wake};
use crate::time::{Clock, Moment};

/// A job that was begun.
#[derive(Debug)]
pub(super) struct UnderWay {
    job: RunJob,
    /// When it ends, in true time.
    pub(super) ends: i64,
    is_cancelled: bool,
}

/// What the service waits for.
pub(super) struct SimulatedRunner<'a> {
    pub(super) episode: &'a Episode<'a>,
    pub(super) ports: Ports<'a>,
    pub(super) drills: RefCell<Vec<DrillJob>>,
    /// It reads the history on from verify to verify.
    pub(super) verify: Verify<'a>,
}

impl JobRunner for SimulatedRunner<'_> {
    fn begin(&self, job: RunJob) {
        let mut desk = self.episode.desk.state();
        if !desk.is_alive {
            return self.episode.lost.borrow_mut().push(job.key);
        }
        desk.judge.begun(&job.key, job.missed_runs);
        let mut state = self.episode.state.borrow_mut();
        let ends = state.truth + state.job_seconds();
        state.jobs.push(UnderWay { job, ends, is_cancelled: false });
    }

    /// Schedules without `drill=` want none. One that is asked for all the same ends at once.
    fn drill(&self, drill: DrillJob) {
        self.drills.borrow_mut().push(drill);
    }

    fn verify(&self, job: VerifyJob) -> bool {
        self.begin_verify(job)
    }

    fn wait(&self, until: Option<Moment>) -> Wake {
        if let Some(drill) = self.drills.borrow_mut().pop() {
            return Wake::Drilled(drill, DrillResult::Interrupted);
        }
        if !self.episode.desk.state().is_alive {
            return self.bury();
        }
        let until = until.map(|until| until.timestamp());
        self.be_judged(until);
        loop {
            let next = self.next_happening(until);
            self.episode.let_pass(next);
            if let Some((key, result)) = self.finish() {
                return Wake::Finished(key, result);
            }
            if let Some(wake) = self.finish_verify() {
                return wake;
            }
            if let Some(wake) = self.episode.happen() {
                return wake;
            }
            if self.has_come(until) {
                return Wake::Time;
            }
        }
    }

    fn cancel_drills(&self) {
        self.cancel_verify();
    }

    fn cancel(&self) {
        self.cancel_verify();
        let mut state = self.episode.state.borrow_mut();
        let now = state.truth;
        state.jobs.iter_mut().for_each(|job| (job.is_cancelled, job.ends) = (true, now));
    }
}

impl SimulatedRunner<'_> {
    /// The service waits, and is to have done all that it could.
    fn be_judged(&self, until: Option<i64>) {
        let state = self.episode.state.borrow();
        if state.is_leaving {
            return;
        }
        let mut desk = self.episode.desk.state();
        if state.jobs.is_empty() && state.verifying.is_none() {
            desk.look_for_untried(&*self.episode.stores.backups);
        }
        desk.judge.waiting(until);
    }

    /// The service is dead: its jobs end without effect, and then it goes.
    fn bury(&self) -> Wake {
        if let Some(wake) = self.bury_verify() {
            return wake;
        }
        let jobs = std::mem::take(&mut self.episode.state.borrow_mut().jobs);
        let mut lost = self.episode.lost.borrow_mut();
        lost.extend(jobs.into_iter().map(|under_way| under_way.job.key));
        lost.pop().map_or(Wake::StopNow, |key| Wake::Finished(key, RunResult::Interrupted))
    }

    fn next_happening(&self, until: Option<i64>) -> i64 {
        let state = self.episode.state.borrow();
        let verify = state.verifying.iter().map(|verify| verify.ends);
        let job = state.jobs.iter().map(|job| job.ends).chain(verify).min();
        let until = until.map(|until| until - state.skew);
        [job, until].into_iter().flatten().fold(state.next_happening(), i64::min)
    }

    fn has_come(&self, until: Option<i64>) -> bool {
        until.is_some_and(|until| self.ports.clock.now().timestamp() >= until)
    }

    /// Ends the job whose time came first, if it has come.
    fn finish(&self) -> Option<(RunKey, RunResult)> {
        let UnderWay { job, is_cancelled, .. } = self.take_ended()?;
        self.episode.desk.state().at_work_on = Some(job.key.clone());
        let result = perform(&self.ports, &job, &Watch { is_cancelled });
        let mut desk = self.episode.desk.state();
        desk.at_work_on = None;
        if !desk.is_alive {
            return Some((job.key, RunResult::Interrupted));
        }
        desk.judge.finished(&job.key, result.outcome());
        Some((job.key, result))
    }

    fn take_ended(&self) -> Option<UnderWay> {
        let mut state = self.episode.state.borrow_mut();
        let (place, first) = state.jobs.iter().enumerate().min_by_key(|(_, job)| job.ends)?;
        (first.ends <= state.truth).then_some(place).map(|place| state.jobs.swap_remove(place))
    }
}

/// The ports of the service over these guarded ones.
pub(super) fn ports<'a>(guarded: &'a Guarded<'a>, clock: &'a dyn Clock) -> Ports<'a> {
    Ports {
        clock,
        schedules: guarded,
        archiver: guarded,
        backups: guarded,
        history: guarded,
        journal: guarded,
        config: &NoConfig,
        rules: &OwnRules,
        notices: &NoNotices,
        commands: &NoCommands,
        home: Path::new(super::HOME),
    }
}

pub(super) struct Watch {
    pub(super) is_cancelled: bool,
}

impl Progress for Watch {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}
