//! When the files are to be written anew that show how the backups are.
//!
//! One refresh is under way at a time. What changes meanwhile is in the next one. A refresh that takes long is followed by a
//! longer rest, so that very many schedules keep no processor busy.

use chrono::TimeDelta;

use crate::model::config::ServiceConfig;
use crate::model::job::RefreshJob;
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
    pub(super) fn want(&mut self, config: &ServiceConfig) {
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
    pub(super) fn next(&self, now: Moment) -> Option<Moment> {
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

    /// Returns the job of the next refresh.
    pub(super) fn job(&self) -> RefreshJob {
        self.job.clone()
    }

    /// Returns whether a refresh is under way.
    pub(super) fn are_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Notes that a refresh has begun, and whether its end will be reported.
    pub(super) fn begin(&mut self, now: Moment, is_reported: bool) {
        self.is_stale = false;
        self.last = Some((now, now));
        self.under_way = is_reported.then_some(now);
    }

    /// Notes that the refresh under way has ended.
    pub(super) fn end(&mut self, now: Moment) {
        if let Some(began) = self.under_way.take() {
            let took = (now - began).clamp(TimeDelta::zero(), MAX_REST);
            self.last = Some((began, now + (took * REST).min(MAX_REST)));
        }
    }

    /// Returns whether the last refresh is yet to begin, and notes that it has.
    pub(super) fn take_last(&mut self, now: Moment) -> bool {
        self.next(now).is_some() && !std::mem::replace(&mut self.is_last_settled, true)
    }
}
