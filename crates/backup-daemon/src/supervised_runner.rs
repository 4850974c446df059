//! A runner that tells the supervisor, such as systemd, what the service does.
//!
//! The signs of life come from the loop of the service itself: each wait begins with one, and a wait is never longer than
//! the supervisor's interval. Backups are made by other threads, so a long one doesn't delay them. Work that the loop does
//! itself, such as reading an archive after a crash, gives them as it goes on. So a loop that hangs falls silent.

use std::cell::RefCell;

use backup_core::model::error::PortError;
use backup_core::model::history::name_in;
use backup_core::model::job::{DrillJob, RefreshJob, RunJob, VerifyJob};
use backup_core::model::notice::{Notice, NotifyTarget};
use backup_core::ports::{JobRunner, Progress, Wake};
use backup_core::time::Moment;
use backup_fs::Supervisor;

use crate::activity::Activity;

/// A [`JobRunner`] that passes everything on to another one. Its waits must end within the supervisor's interval.
///
/// A new method of the port that has a default must be passed on here, too.
pub(crate) struct SupervisedRunner<'a, R> {
    runner: R,
    supervisor: &'a Supervisor,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    activity: Activity,
    /// The status that the supervisor knows.
    told: Option<String>,
    is_reloading: bool,
}

impl<'a, R: JobRunner> SupervisedRunner<'a, R> {
    pub(crate) fn new(runner: R, supervisor: &'a Supervisor) -> Self {
        Self { runner, supervisor, state: RefCell::default() }
    }

    /// Tells what has changed since the last time.
    fn tell(&self) {
        self.supervisor.show_life();
        let mut state = self.state.borrow_mut();
        if std::mem::take(&mut state.is_reloading) {
            self.supervisor.ready();
        }
        let status = state.activity.to_string();
        if state.told.as_ref() != Some(&status) {
            self.supervisor.status(&status);
            state.told = Some(status);
        }
    }

    fn leave(&self) {
        if !std::mem::replace(&mut self.state.borrow_mut().activity.is_leaving, true) {
            self.supervisor.stopping();
        }
    }

    fn note(&self, wake: &Wake) {
        match wake {
            Wake::Time | Wake::Verified(_) | Wake::Refreshed(_) | Wake::Notified(..) => {}
            Wake::Finished(key, _) => {
                remove(&mut self.state.borrow_mut().activity.backups, name_in(&key.entry));
            }
            Wake::Drilled(drill, _) => remove(&mut self.state.borrow_mut().activity.drills, &drill.archive),
            Wake::Reload => {
                self.state.borrow_mut().is_reloading = true;
                self.supervisor.reloading();
            }
            Wake::Stop | Wake::StopNow => self.leave(),
        }
    }
}

fn remove(names: &mut Vec<String>, name: &str) {
    if let Some(at) = names.iter().position(|other| other == name) {
        names.remove(at);
    }
}

impl<R: JobRunner> JobRunner for SupervisedRunner<'_, R> {
    fn begin(&self, job: RunJob) {
        self.state.borrow_mut().activity.backups.push(job.entry.name().to_string());
        self.runner.begin(job);
    }

    fn drill(&self, drill: DrillJob) {
        self.state.borrow_mut().activity.drills.push(drill.archive.clone());
        self.runner.drill(drill);
    }

    fn check_service(&self) -> Result<(), PortError> {
        self.runner.check_service().inspect_err(|_| self.leave())
    }

    fn verify(&self, job: VerifyJob) -> bool {
        self.runner.verify(job)
    }

    fn refresh(&self, job: RefreshJob) -> bool {
        self.runner.refresh(job)
    }

    fn notify(&self, target: &NotifyTarget, notice: &Notice) -> bool {
        self.runner.notify(target, notice)
    }

    fn note_next_run(&self, next_run: Option<Moment>) {
        self.state.borrow_mut().activity.next_run = next_run;
    }

    fn wait(&self, until: Option<Moment>) -> Wake {
        self.tell();
        let wake = self.runner.wait(until);
        self.note(&wake);
        wake
    }

    fn is_stop_waiting(&self) -> bool {
        self.supervisor.show_life();
        self.runner.is_stop_waiting()
    }

    fn own_work(&self) -> &dyn Progress {
        self.supervisor
    }

    fn cancel(&self) {
        self.runner.cancel();
    }

    fn cancel_drills(&self) {
        self.runner.cancel_drills();
    }
}

#[cfg(test)]
mod tests {
    use backup_core::service::ServiceSettings;
    use backup_core::testing::{InstantRunner, ManualClock, MemoryHome, MemorySource, at};
    use insta::assert_snapshot;

    use super::*;

    /// The port's methods that have a default, as a runner below this one sees them.
    struct Asked(RefCell<Vec<&'static str>>);

    impl JobRunner for Asked {
        fn begin(&self, _job: RunJob) {}

        fn drill(&self, _drill: DrillJob) {}

        fn check_service(&self) -> Result<(), PortError> {
            self.0.borrow_mut().push("check_service");
            Ok(())
        }

        fn wait(&self, _until: Option<Moment>) -> Wake {
            Wake::Stop
        }

        fn is_stop_waiting(&self) -> bool {
            self.0.borrow_mut().push("is_stop_waiting");
            true
        }

        fn cancel(&self) {
            self.0.borrow_mut().push("cancel");
        }

        fn cancel_drills(&self) {
            self.0.borrow_mut().push("cancel_drills");
        }
    }

    #[test]
    fn passes_everything_on() {
        let supervisor = Supervisor::default();
        let asked = SupervisedRunner::new(Asked(RefCell::default()), &supervisor);
        assert!(asked.check_service().is_ok() && asked.is_stop_waiting());
        asked.cancel();
        asked.cancel_drills();
        assert!(matches!(asked.wait(None), Wake::Stop));
        let asked = asked.runner.0.into_inner();
        assert_eq!(asked, ["check_service", "is_stop_waiting", "cancel", "cancel_drills"]);
    }

    /// A runner that keeps each status that was told before a wait.
    struct Statuses<'a, R>(SupervisedRunner<'a, R>, RefCell<Vec<String>>);

    impl<R: JobRunner> JobRunner for Statuses<'_, R> {
        fn begin(&self, job: RunJob) {
            self.0.begin(job);
        }

        fn drill(&self, drill: DrillJob) {
            self.0.drill(drill);
        }

        fn refresh(&self, job: RefreshJob) -> bool {
            self.0.refresh(job)
        }

        fn notify(&self, target: &NotifyTarget, notice: &Notice) -> bool {
            self.0.notify(target, notice)
        }

        fn note_next_run(&self, next_run: Option<Moment>) {
            self.0.note_next_run(next_run);
        }

        fn wait(&self, until: Option<Moment>) -> Wake {
            let wake = self.0.wait(until);
            self.1.borrow_mut().extend(self.0.state.borrow().told.clone());
            self.1.borrow_mut().dedup();
            wake
        }

        fn cancel(&self) {
            self.0.cancel();
        }

        fn cancel_drills(&self) {
            self.0.cancel_drills();
        }
    }

    #[test]
    fn says_what_a_service_does() {
        let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 09:30")));
        home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
        home.manager().create("docs;16:07;docs").unwrap();
        let (work, supervisor) = (home.work(), Supervisor::default());
        let runner = InstantRunner::new(&home.clock, at("2026-03-12 12:00"), &work);
        let statuses = Statuses(SupervisedRunner::new(runner, &supervisor), RefCell::default());
        home.service(ServiceSettings::default()).run(&statuses);
        assert_snapshot!(statuses.1.into_inner().join("\n"), @"
        Idle; next run 2026-03-10 16:07
        Busy backing up docs; next run 2026-03-11 16:07
        Idle; next run 2026-03-11 16:07
        Busy backing up docs; next run 2026-03-12 16:07
        Idle; next run 2026-03-12 16:07
        ");
    }
}
