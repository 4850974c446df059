//! Hooks that are owed: makes up for those whose process died, its own or another one.

use chrono::TimeDelta;

use crate::model::event::Event;
use crate::model::history::{HistoryNote, OwedHook};
use crate::model::job::{RunJob, RunResult};
use crate::ports::JobRunner;
use crate::service::Service;

/// How long a command that could not be started waits until it is tried again.
const UNABLE: TimeDelta = TimeDelta::hours(1);

impl Service<'_> {
    /// Begins a job for each hook that is owed, unless a run or a drill of its backup is under way here.
    ///
    /// Another process may be making that backup. Then the job changes nothing, and is tried again later.
    pub(super) fn settle_hooks(&mut self, runner: &dyn JobRunner) {
        let owed: Vec<OwedHook> = self.history.ledger().owed_hooks().cloned().collect();
        let now = self.ports.clock.now();
        for owed in owed {
            // A clock that was set back makes nothing wait.
            let again = self.hooks_again.iter().find(|(tried, _)| *tried == owed).map(|(_, again)| *again);
            if again.is_some_and(|again| now < again && again <= now + UNABLE) {
                continue;
            }
            let key = owed.key.clone();
            let Some(job) = RunJob::settling(owed, self.history.ledger(), now) else {
                // Nobody can tell what it was.
                self.history.note(HistoryNote::HookEnded { key, at: now });
                continue;
            };
            if self.is_name_busy(job.entry.name()) {
                continue;
            }
            let job = job.with_config(self.config.config());
            self.under_way.insert(key, job.clone());
            runner.begin(job);
        }
    }

    /// Takes in that such a job has ended. The run itself may be due, and is looked at again.
    ///
    /// What is still owed is tried again: soon if another process is making the backup, otherwise later, because each try
    /// leaves a line in the log.
    pub(super) fn finish_settling(&mut self, job: &RunJob, result: &RunResult) {
        self.touch(&job.key.entry);
        let wait = if matches!(result, RunResult::Busy) { self.settings.retry } else { UNABLE };
        self.hooks_again.retain(|(tried, _)| tried.key != job.key);
        let again = self.ports.clock.now() + wait;
        self.hooks_again.extend(job.owed_hook.clone().map(|owed| (owed, again)));
        if let RunResult::NotMade(error) = result {
            self.journal(&Event::failed(error));
        }
    }
}
