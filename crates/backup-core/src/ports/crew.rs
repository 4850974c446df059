//! The port that carries out runs and waits: the threads and signals that the core doesn't have.

use crate::model::error::PortError;
use crate::model::history::RunKey;
use crate::model::job::{DrillJob, DrillResult, Job, RunResult};
use crate::time::Moment;

/// Why a wait ended.
#[derive(Debug)]
pub enum Wake {
    /// The moment waited for is there, or may be: looking early is harmless.
    Time,
    /// A job has ended.
    Finished(RunKey, RunResult),
    /// A drill has ended.
    Drilled(DrillJob, DrillResult),
    /// Somebody asks for a look at the schedules.
    Look,
    /// Somebody asks the service to finish what is under way, and leave.
    Stop,
    /// Somebody asks the service to end what is under way, and leave.
    StopNow,
}

/// Carries out the service's jobs and tells it when to look again.
pub trait Crew {
    /// Begins a job without waiting for it. Every job begun is reported once by [`wait`](Crew::wait) as
    /// [`Wake::Finished`].
    fn begin(&self, job: Job);

    /// Begins a drill without waiting for it. Every drill begun is reported once by [`wait`](Crew::wait) as
    /// [`Wake::Drilled`].
    fn drill(&self, drill: DrillJob);

    /// Sees to it that the service is still the one of its home. Asked before each look, and before anything is begun.
    ///
    /// # Errors
    /// Why the service must go: its home was moved, or another service has taken its place.
    fn tend(&self) -> Result<(), PortError> {
        Ok(())
    }

    /// Waits until something happens, at the latest until `until`.
    ///
    /// `until` is read off the wall clock, which may be set meanwhile; an adapter comes back early rather than late. It
    /// also comes back now and then ([`Wake::Time`]) for what nobody tells it of, such as an edit of the schedules; how
    /// often is the adapter's matter.
    fn wait(&self, until: Option<Moment>) -> Wake;

    /// Returns whether a stop has come that [`wait`](Crew::wait) is going to bring. Whatever takes long asks now and then. A
    /// crew that can't tell says no.
    fn is_stop_waiting(&self) -> bool {
        false
    }

    /// Asks every job and drill under way to end as soon as it can. They are still reported.
    fn cancel(&self);

    /// Asks every drill under way to end as soon as it can, and all that are begun later. They are still reported.
    fn cancel_drills(&self);
}

const _DYN_COMPATIBLE: Option<&dyn Crew> = None;
