//! The archives that are verified while there is nothing else to do.
//!
//! A backup that took over parts of an earlier archive is published before anybody has read it in full. The verify finds out
//! its SHA-256, and shows that it is whole.

use std::collections::HashSet;

use crate::model::history::RunKey;
use crate::model::job::VerifyJob;
use crate::ports::JobRunner;
use crate::service::Service;
use crate::time::Moment;

/// Which archives this service has verified.
#[derive(Default)]
pub(super) struct Verifications {
    is_under_way: bool,
    /// The runs whose archives were tried. One that can't be read isn't tried again before the next start.
    tried: HashSet<(RunKey, Moment)>,
}

impl Verifications {
    pub(super) fn are_under_way(&self) -> bool {
        self.is_under_way
    }
}

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
