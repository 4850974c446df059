//! Verifies archives while there is nothing else to do.

use crate::model::job::VerifyJob;
use crate::ports::JobRunner;
use crate::service::Service;

impl Service<'_> {
    /// Begins to verify the newest archive whose SHA-256 isn't known, if nothing is under way and nothing waits.
    pub(super) fn verify_at_leisure(&mut self, runner: &dyn JobRunner) {
        let is_busy = self.is_blind || self.workers_at_work() > 0 || !self.waiting.is_empty();
        if is_busy || self.verifications.is_under_way {
            return;
        }
        let ledger = self.history.ledger();
        let tried = &mut self.verifications.tried;
        let next = ledger
            .unsummed()
            .into_iter()
            .find(|(_, run)| ledger.flaw_of(run).is_none() && tried.insert((run.key.clone(), run.began)));
        if let Some((archive, _)) = next {
            self.verifications.is_under_way = runner.verify(VerifyJob { archive: archive.to_owned() });
        }
    }

    /// A verify has ended. What it found out is in the history, which the next pass reads.
    pub(super) fn finish_verification(&mut self) {
        self.verifications.is_under_way = false;
    }
}
