//! Writes the files that show how the backups are: after each change, and every few minutes because ages grow.

use crate::model::event::Ability;
use crate::model::job::{RefreshJob, RefreshResult};
use crate::ports::JobRunner;
use crate::service::Service;
use crate::time::Moment;

impl Service<'_> {
    /// Begins to write the files anew, if it is time.
    pub(super) fn refresh_files(&mut self, runner: &dyn JobRunner) {
        self.refreshes.want(&self.config.config().service);
        if self.history.take_news() {
            self.refreshes.touch();
        }
        let now = self.ports.clock.now();
        if self.refreshes.next(now).is_some_and(|next| next <= now) {
            self.begin_refresh(self.refreshes.job(), runner, now);
        }
    }

    /// Writes the files for the last time, and returns whether that is still under way.
    pub(super) fn are_files_unfinished(&mut self, runner: &dyn JobRunner) -> bool {
        let now = self.ports.clock.now();
        if self.refreshes.take_last(now) {
            self.begin_refresh(RefreshJob { is_last: true, ..self.refreshes.job() }, runner, now);
        }
        self.refreshes.are_under_way()
    }

    fn begin_refresh(&mut self, job: RefreshJob, runner: &dyn JobRunner, now: Moment) {
        let is_reported = runner.refresh(job);
        self.refreshes.begin(now, is_reported);
    }

    /// Reports how a refresh went: each failure once, and once when it works again.
    pub(super) fn finish_refresh(&mut self, result: RefreshResult) {
        self.refreshes.end(self.ports.clock.now());
        let RefreshResult { metrics, report } = result;
        self.follow(Ability::WriteMetrics, metrics.map_or(Ok(()), Err));
        self.follow(Ability::WriteReport, report.map_or(Ok(()), Err));
    }
}
