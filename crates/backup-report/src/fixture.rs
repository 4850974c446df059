//! What the tests of the views share.

use backup_core::manager::{ReportVisitor, ServiceManager, TargetState};
use backup_core::model::notice::{Address, Channel, NotifyTarget, Secret, Trouble};
use backup_core::ports::{MockServiceControl, RunningService};
use backup_core::testing::{ManualClock, MemoryHome, MemorySource, at};

/// A service that runs.
pub(crate) const RUNS: Option<RunningService> = Some(RunningService { pid: None, since: None });

/// Returns a home with these schedules and a folder `docs`.
pub(crate) fn home(schedules: &str) -> MemoryHome {
    let home = MemoryHome::new(ManualClock::utc(at("2026-03-10T12:00:00Z")));
    home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
    home.schedules.write(schedules);
    home
}

/// Shows a view how the backups of a home are, and whether its service runs.
pub(crate) fn show(home: &MemoryHome, service: Option<RunningService>, view: &mut impl ReportVisitor) {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(move || Ok(service));
    ServiceManager::new(home.ports(), &control).visit_report(view).expect("it can be read");
}

/// Returns a target that fails since 10:00.
pub(crate) fn failing_target(given_up: u32) -> TargetState {
    let address = Address::Url(Secret::new("https://hooks.example.com/hunter2"));
    let channel = Channel::Webhook { address, token_file: None };
    let target = NotifyTarget {
        name: "office".to_owned(),
        on: channel.usual_kinds(),
        backups: [].into(),
        timeout: NotifyTarget::TIMEOUT,
        ca_file: None,
        channel,
    };
    let (since, reason) = (at("2026-11-29 10:00"), "401".to_owned());
    TargetState { target, waiting: 2, trouble: Some(Trouble { since, reason, attempts: 4, given_up }) }
}
