//! The verifies of a simulated service: each takes its time, and some archives are replaced while they are read.

use super::runner::{SimulatedRunner, Watch};
use crate::model::job::VerifyJob;
use crate::ports::Wake;

/// A verify that was begun.
#[derive(Debug)]
pub(super) struct Verifying {
    job: VerifyJob,
    /// When it ends, in true time.
    pub(super) ends: i64,
    is_cancelled: bool,
    meddling: Option<Meddling>,
}

/// When somebody replaces the archive that is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meddling {
    BeforeRead,
    AfterRead,
}

/// Of so many verifies, one meets somebody who replaces the archive.
const MEDDLED: i64 = 100;

impl SimulatedRunner<'_> {
    pub(super) fn begin_verify(&self, job: VerifyJob) -> bool {
        let mut state = self.episode.state.borrow_mut();
        // Whoever meddles doesn't do so twice at one moment.
        let ends = state.truth + state.job_seconds() + 1;
        let meddling = match state.random.between(1, 2 * MEDDLED) {
            1 => Some(Meddling::BeforeRead),
            2 => Some(Meddling::AfterRead),
            _ => None,
        };
        assert!(state.verifying.is_none(), "a verify was begun while another is under way");
        let mut desk = self.episode.desk.state();
        if desk.is_alive {
            desk.sums.tried(&job.archive, &*self.episode.stores.backups);
        }
        state.verifying = Some(Verifying { job, ends, is_cancelled: false, meddling });
        true
    }

    /// What is being verified ends as soon as it can.
    pub(super) fn cancel_verify(&self) {
        let mut state = self.episode.state.borrow_mut();
        let now = state.truth;
        state.verifying.iter_mut().for_each(|verify| (verify.is_cancelled, verify.ends) = (true, now));
    }

    /// Ends the verify, if its time has come.
    pub(super) fn finish_verify(&self) -> Option<Wake> {
        let Verifying { job, is_cancelled, meddling, .. } = {
            let mut state = self.episode.state.borrow_mut();
            let now = state.truth;
            state.verifying.take_if(|verify| verify.ends <= now)?
        };
        let is_quiet = self.episode.desk.state().trouble.is_none() && meddling.is_none() && !is_cancelled;
        self.episode.desk.state().meddling = meddling.filter(|_| !is_cancelled);
        self.verify.perform(&job, &Watch { is_cancelled });
        let mut desk = self.episode.desk.state();
        desk.meddling = None;
        if is_quiet && desk.is_alive {
            desk.look_for_sum_of(&job.archive, &*self.episode.stores.backups);
        }
        Some(Wake::Verified(job))
    }

    /// A service that is dead hears of its verify all the same.
    pub(super) fn bury_verify(&self) -> Option<Wake> {
        let verify = self.episode.state.borrow_mut().verifying.take()?;
        Some(Wake::Verified(verify.job))
    }
}
