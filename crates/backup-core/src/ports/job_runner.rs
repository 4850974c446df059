//! The port that carries out runs and waits: the threads and signals that the core doesn't have.

use auto_impl::auto_impl;

use crate::model::error::PortError;
use crate::model::history::RunKey;
use crate::model::job::{DrillJob, DrillResult, RefreshJob, RefreshResult, RunJob, RunResult, VerifyJob};
use crate::model::notice::{Notice, NotifyTarget, Unsent};
use crate::ports::{Progress, SilentProgress};
use crate::time::Moment;

/// Why a wait ended.
#[derive(Debug)]
pub enum Wake {
    /// It is time, or may be. Waking early is harmless.
    Time,
    /// A job has ended.
    Finished(RunKey, RunResult),
    /// A drill has ended.
    Drilled(DrillJob, DrillResult),
    /// An archive was verified. The history and the log tell how that went.
    Verified(VerifyJob),
    /// The files that show how the backups are were written, or could not be written.
    Refreshed(RefreshResult),
    /// A notice to the target with this name has arrived, or not.
    Notified(String, Result<(), Unsent>),
    /// Somebody asks the service to read the schedules now.
    Reload,
    /// Somebody asks the service to finish what is under way, and stop.
    Stop,
    /// Somebody asks the service to end what is under way, and stop.
    StopNow,
}

/// Carries out the service's jobs and tells it when to look at the schedules again.
///
/// A runner calls [`perform`](crate::operation::run::perform) for each job, on a thread or at once. `InstantRunner` of the
/// feature `testing` does it at once, on a clock that a test sets:
///
/// ```
/// use backup_core::service::ServiceSettings;
/// use backup_core::testing::{InstantRunner, ManualClock, MemoryHome, MemorySource, at};
///
/// let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 09:30")));
/// home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
/// home.manager().create("docs;16:07;docs")?;
///
/// let work = home.work();
/// let runner = InstantRunner::new(&home.clock, at("2026-03-13 12:00"), &work);
/// home.service(ServiceSettings::default()).run(&runner);
///
/// assert_eq!(home.ended().len(), 3, "16:07 of three days");
/// # Ok::<(), backup_core::model::error::Error>(())
/// ```
#[auto_impl(&, Box, Arc)]
pub trait JobRunner {
    /// Begins a job without waiting for it. [`wait`](JobRunner::wait) reports every job once, as [`Wake::Finished`].
    fn begin(&self, job: RunJob);

    /// Begins a drill without waiting for it. [`wait`](JobRunner::wait) reports every drill once, as [`Wake::Drilled`].
    fn drill(&self, drill: DrillJob);

    /// Begins to verify an archive without waiting for it, and returns true. [`wait`](JobRunner::wait) reports it once, as
    /// [`Wake::Verified`]. The service begins no other one before.
    ///
    /// Nobody waits for the result, so it gives way to everything else. The default verifies nothing, and returns false.
    fn verify(&self, job: VerifyJob) -> bool {
        let _ = job;
        false
    }

    /// Begins to write the files that show how the backups are, without waiting for it. The service begins no other one before
    /// [`wait`](JobRunner::wait) has reported it, as [`Wake::Refreshed`].
    ///
    /// Returns whether it will be reported. The default writes nothing, and returns false.
    fn refresh(&self, job: RefreshJob) -> bool {
        let _ = job;
        false
    }

    /// Begins to send a notice without waiting for it, and returns true. [`wait`](JobRunner::wait) reports it once, as
    /// [`Wake::Notified`]. No target is sent two notices at once.
    ///
    /// A service that stops doesn't wait for long. So the sending may not keep the process from ending.
    ///
    /// The default can't send, and returns false.
    fn notify(&self, target: &NotifyTarget, notice: &Notice) -> bool {
        let _ = (target, notice);
        false
    }

    /// Checks that this is still the service of its home. It is called before the schedules are read and before anything
    /// begins. The default says yes.
    ///
    /// # Errors
    /// Why the service must stop: its home was moved, or another service has taken its place.
    fn check_service(&self) -> Result<(), PortError> {
        Ok(())
    }

    /// Is told when the next run is planned, before each wait. The default doesn't care.
    fn note_next_run(&self, next_run: Option<Moment>) {
        let _ = next_run;
    }

    /// Waits until something happens, at the latest until `until`.
    ///
    /// `until` is a moment of the wall clock, which may be set meanwhile. So an adapter wakes early rather than late. It
    /// also returns [`Wake::Time`] now and then, because nobody tells it of an edit of the schedules. The adapter decides
    /// how often.
    fn wait(&self, until: Option<Moment>) -> Wake;

    /// Returns whether [`wait`](JobRunner::wait) is about to return a stop. Long work asks now and then. The default is no.
    fn is_stop_waiting(&self) -> bool {
        false
    }

    /// Returns what follows long work that the service does itself between two waits, such as digesting an archive after a
    /// crash. So an adapter can tell work from a hang. The work isn't cancelled. The default follows nothing.
    fn own_work(&self) -> &dyn Progress {
        &SilentProgress
    }

    /// Asks every job, drill and verify under way to end as soon as it can. They are still reported.
    fn cancel(&self);

    /// Asks every drill and verify to end as soon as it can: those under way, and all that begin later. They are still reported.
    fn cancel_drills(&self);
}

const _DYN_COMPATIBLE: Option<&dyn JobRunner> = None;
