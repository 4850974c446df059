//! What `status` and `why` say of a run that is late is what the service does about it.

use std::cell::RefCell;

use backup_core::manager::ServiceManager;
use backup_core::model::history::Outcome;
use backup_core::policy::explain::Reason;
use backup_core::ports::{MockServiceControl, RunningService};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, at};
use backup_core::time::Moment;
use chrono::TimeDelta;

use crate::world::World;

const PLANNED: &str = "2026-03-10T10:05:00Z";
const ONE: ServiceSettings = ServiceSettings { workers: Some(1), retry: TimeDelta::seconds(45) };

/// What is to become of the run of docs at 10:05, by `status` and by `why`: whether it is made.
fn told(world: &World, service_since: Option<&str>) -> [bool; 2] {
    let service = service_since.map(|since| RunningService { pid: Some(7), since: Some(at(since)) });
    let mut control = MockServiceControl::new();
    control.expect_running().returning(move || Ok(service));
    let desk = ServiceManager::new(world.ports(), &control);
    let status = desk.status().expect("nothing fails");
    let docs = status.schedules.iter().find(|schedule| schedule.line.text.starts_with("docs"));
    let docs = docs.expect("it is scheduled");
    let planned = |due: Option<backup_core::policy::due::Due>| due.map(|due| due.planned);
    let is_made = planned(docs.due) == Some(at(PLANNED));
    assert_eq!(planned(docs.skipped) == Some(at(PLANNED)), !is_made, "{docs:?}");
    let why = desk.why("docs", "2026-03-10").expect("it is known").remove(0).reason;
    match why {
        Reason::Due { will_be_skipped, .. } => [is_made, !will_be_skipped],
        other => panic!("{other:?}"),
    }
}

/// A service with one worker starts and finds `a`, which takes two hours, and docs, which doesn't catch up. At
/// `asked` its answers are heard, before it begins docs or after it was ended.
#[track_caller]
fn check(starts: &str, asked: &str, is_ended: bool, is_made: bool) {
    let world = World::at("2026-03-10T09:00:00Z");
    world.schedules.write("a;10:05;a\ndocs;10:05;docs;catch-up=no\n");
    world.service(ONE).run(&InstantRunner::new(&world.clock, at("2026-03-10T09:01:00Z"), world.work()));
    world.clock.set(at(starts));
    let heard: RefCell<Vec<bool>> = RefCell::default();
    let end = if is_ended { "2026-03-10T10:30:00Z" } else { "2026-03-10T20:00:00Z" };
    let work = world.work();
    let mut runner = InstantRunner::new(&world.clock, at(end), &work).taking(|_| TimeDelta::hours(2));
    if is_ended {
        runner = runner.stop_now_at(at(end));
    } else {
        runner = runner.act_at(at(asked), || heard.borrow_mut().extend(told(&world, Some(starts))));
    }
    world.service(ONE).run(&runner);
    if is_ended {
        world.clock.set(at(asked));
        heard.borrow_mut().extend(told(&world, None));
        world.service(ONE).run(&InstantRunner::new(&world.clock, at("2026-03-10T20:00:00Z"), world.work()));
    }
    let docs = |planned: Moment| {
        let mut ended = world.ended().into_iter().filter(|run| run.key.entry == "docs;10:05;docs");
        ended.find(|run| run.key.planned == Some(planned)).map(|run| run.outcome)
    };
    let expected = if is_made { Outcome::Done } else { Outcome::Skipped };
    assert_eq!(docs(at(PLANNED)), Some(expected), "{starts}: {:?}", world.journal.sentences());
    assert_eq!(*heard.borrow(), [is_made, is_made], "{starts}: status and why");
}

#[test]
fn what_waits_for_a_worker_is_made_however_late() {
    check("2026-03-10T10:00:00Z", "2026-03-10T10:10:00Z", false, true);
    check("2026-03-10T10:00:00Z", "2026-03-10T10:30:00Z", false, true);
    check("2026-03-10T10:15:00Z", "2026-03-10T11:30:00Z", false, true);
}

#[test]
fn what_waited_when_the_service_was_ended_is_skipped() {
    check("2026-03-10T10:00:00Z", "2026-03-10T10:40:00Z", true, false);
}
