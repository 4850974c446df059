//! The files that show how the backups are: written anew after each change, and every few minutes because ages grow.
//!
//! One refresh is under way at a time. What changes meanwhile is in the next one. A refresh that takes long is followed by a
//! longer rest, so that very many schedules keep no processor busy.

use chrono::TimeDelta;

use crate::model::config::ServiceConfig;
use crate::model::event::Ability;
use crate::model::job::{RefreshJob, RefreshResult};
use crate::ports::JobRunner;
use crate::service::{Phase, Service};
use crate::time::Moment;

/// How old the files become at most, as long as the runner wakes often enough.
const MAX_AGE: TimeDelta = TimeDelta::minutes(5);
/// A rest is this many times as long as the refresh before it.
const REST: i32 = 19;
/// A clock that is set forward meanwhile must not make a rest last for hours.
const MAX_REST: TimeDelta = TimeDelta::minutes(10);

/// What is known of the files.
#[derive(Default)]
pub(super) struct Refreshes {
    /// Which files are wanted, as of the last look.
    job: RefreshJob,
    /// Whether something has changed since the last refresh began.
    is_stale: bool,
    /// When the refresh began that is under way.
    under_way: Option<Moment>,
    /// When the last one began, and the end of the rest after it.
    last: Option<(Moment, Moment)>,
    /// Whether the last refresh of this service has begun, or is left out.
    is_last_settled: bool,
}

impl Refreshes {
    /// Notes that the files don't show how the backups are any more.
    pub(super) fn touch(&mut self) {
        self.is_stale = true;
    }

    /// Leaves out the last refresh: the service is to stop at once, or has lost its home.
    pub(super) fn skip_last(&mut self) {
        self.is_last_settled = true;
    }

    /// Takes in which files are wanted.
    fn want(&mut self, config: &ServiceConfig) {
        let job = RefreshJob {
            metrics_file: config.metrics_file.clone(),
            report_file: config.report_file.clone(),
            is_last: false,
        };
        if self.job != job {
            (self.job, self.is_stale) = (job, true);
        }
    }

    /// Returns when the next refresh is to begin, if files are wanted and none is under way.
    fn next(&self, now: Moment) -> Option<Moment> {
        let is_wanted = self.job.metrics_file.is_some() || self.job.report_file.is_some();
        if !is_wanted || self.under_way.is_some() {
            return None;
        }
        let next = match self.last {
            // A clock that was set back must not make them old.
            Some((began, _)) if began > now => now,
            Some((_, rested)) if self.is_stale => rested,
            Some((began, rested)) => rested.max(began + MAX_AGE),
            None => now,
        };
        Some(next)
    }
}

impl Service<'_> {
    /// Begins to write the files anew, if it is time.
    pub(super) fn refresh_files(&mut self, runner: &dyn JobRunner) {
        self.refreshes.want(&self.config.config().service);
        self.refreshes.is_stale |= self.history.take_news();
        let now = self.ports.clock.now();
        if self.refreshes.next(now).is_some_and(|next| next <= now) {
            self.begin_refresh(self.refreshes.job.clone(), runner, now);
        }
    }

    /// Writes the files for the last time, and returns whether that is still under way.
    pub(super) fn are_files_unfinished(&mut self, runner: &dyn JobRunner) -> bool {
        let now = self.ports.clock.now();
        // Where none is under way and files are wanted.
        if self.refreshes.next(now).is_some() && !std::mem::replace(&mut self.refreshes.is_last_settled, true)
        {
            self.begin_refresh(RefreshJob { is_last: true, ..self.refreshes.job.clone() }, runner, now);
        }
        self.refreshes.under_way.is_some()
    }

    fn begin_refresh(&mut self, job: RefreshJob, runner: &dyn JobRunner, now: Moment) {
        self.refreshes.is_stale = false;
        self.refreshes.last = Some((now, now));
        self.refreshes.under_way = runner.refresh(job).then_some(now);
    }

    /// Reports how a refresh went: each failure once, and once when it works again.
    pub(super) fn finish_refresh(&mut self, result: RefreshResult) {
        let now = self.ports.clock.now();
        if let Some(began) = self.refreshes.under_way.take() {
            let took = (now - began).clamp(TimeDelta::zero(), MAX_REST);
            self.refreshes.last = Some((began, now + (took * REST).min(MAX_REST)));
        }
        let RefreshResult { metrics, report } = result;
        self.follow(Ability::WriteMetrics, metrics.map_or(Ok(()), Err));
        self.follow(Ability::WriteReport, report.map_or(Ok(()), Err));
    }

    /// Returns when to wake for the next refresh.
    pub(super) fn next_refresh(&self, phase: Phase) -> Option<Moment> {
        self.refreshes.next(self.ports.clock.now()).filter(|_| phase == Phase::Working)
    }
}
