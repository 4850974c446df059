//! Somebody is notified when a backup fails, is overdue, and works again: once each, whatever happens in between.

use backup_core::chrono::TimeDelta;
use backup_core::model::error::Failure;
use backup_core::model::event::Event;
use backup_core::model::notice::{Notice, NoticeKind, Unsent, UnsentKind};
use backup_core::service::ServiceSettings;
use backup_core::testing::{
    Faults, InstantRunner, ManualClock, MemoryHome, MemoryNotifier, MemorySource, Work, at,
};
use backup_core::time::Clock;

const OFFICE: &str = "[notify.office]\nto = \"webhook\"\nurl = \"https://hooks.example.com/hunter2\"\n";
const MONITOR: &str = "[notify.monitor]\nto = \"healthchecks\"\nurl = \"https://hc-ping.com/{name}\"\n";

/// A home, and somebody who is notified.
struct Stage {
    home: MemoryHome,
    notifier: MemoryNotifier,
}

impl Stage {
    /// It is 10 March, 09:00. What is scheduled counts from now on.
    fn new(lines: &str, config: &str) -> Self {
        Self::failing(lines, config, &Faults::none())
    }

    fn failing(lines: &str, config: &str, faults: &Faults) -> Self {
        let home = MemoryHome::failing(ManualClock::utc(at("2026-03-10 09:00")), faults);
        home.schedules.write(lines);
        home.config.write(config);
        Self { home, notifier: MemoryNotifier::new() }
    }

    fn has_source(&self) {
        self.home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
    }

    fn lacks_source(&self) {
        self.home.archiver.take("/home/docs");
    }

    fn runner<'a>(&self, until: &str, work: &'a Work<'a>) -> InstantRunner<'a> {
        let runner = InstantRunner::new(&self.home.clock, at(until), work);
        runner.notifying(self.notifier.clone(), TimeDelta::zero())
    }

    /// Runs a service until then, and returns what was told meanwhile, as `docs: failure`.
    fn serve(&self, until: &str) -> Vec<String> {
        let before = self.notifier.received().len();
        let work = self.home.work();
        self.home.service(ServiceSettings::default()).run(&self.runner(until, &work));
        self.notifier.received()[before..].iter().map(|(target, notice)| shown(target, notice)).collect()
    }

    fn events(&self) -> Vec<String> {
        let told = |event: &Event| {
            matches!(
                event,
                Event::Notified { .. }
                    | Event::NoticeDelayed { .. }
                    | Event::NoticeGivenUp { .. }
                    | Event::NoticesArrive(_)
            )
        };
        let events = self.home.journal.events();
        events.into_iter().filter(told).map(|event| event.to_string()).collect()
    }
}

fn shown(target: &str, notice: &Notice) -> String {
    let reminder = if notice.is_reminder { " (reminder)" } else { "" };
    format!("{target}: {}: {}{reminder}", notice.name, notice.kind.word())
}

fn unreachable() -> Unsent {
    Unsent::new(UnsentKind::Unreachable, "hooks.example.com", "no route to host")
}

#[test]
fn a_failure_is_told_once_and_its_end_once() {
    let stage = Stage::new("docs;every 1h;docs\n", OFFICE);
    assert_eq!(stage.serve("2026-03-10 10:30"), ["office: docs: failure"]);
    assert_eq!(stage.serve("2026-03-10 15:30"), [""; 0], "it still fails, in a new process");
    stage.has_source();
    assert_eq!(stage.serve("2026-03-10 16:30"), ["office: docs: recovered"]);
    assert_eq!(stage.serve("2026-03-11 16:30"), [""; 0]);
    stage.lacks_source();
    assert_eq!(stage.serve("2026-03-11 17:30"), ["office: docs: failure"]);
}

#[test]
fn a_notice_says_what_happened() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    stage.serve("2026-03-10 18:00");
    let (target, notice) = stage.notifier.received().remove(0);
    assert_eq!(
        (target.as_str(), notice.kind, notice.source.as_str()),
        ("office", NoticeKind::Failure, "docs")
    );
    assert_eq!(notice.planned, Some(at("2026-03-10 16:07")));
    assert_eq!(notice.error.as_deref(), Some("path docs does not exist"));
    assert_eq!((notice.since, notice.last_good), (Some(at("2026-03-10 16:07")), None));
    stage.has_source();
    stage.serve("2026-03-11 18:00");
    let (_, notice) = stage.notifier.received().remove(1);
    assert_eq!((notice.kind, notice.error), (NoticeKind::Recovered, None));
    assert_eq!(notice.since, Some(at("2026-03-10 16:07")), "since when it had failed");
    assert_eq!(notice.archive.as_deref(), Some("docs.tar"));
    assert_eq!(notice.last_good, Some(at("2026-03-11 16:07")));
}

#[test]
fn a_lasting_problem_is_told_once_a_day() {
    let stage = Stage::new("docs;every 1h;docs\n", OFFICE);
    let told = stage.serve("2026-03-13 09:30");
    let reminder = "office: docs: failure (reminder)";
    assert_eq!(told, ["office: docs: failure", reminder, reminder, reminder]);
}

#[test]
fn a_backup_that_stays_silent_is_overdue() {
    let stage = Stage::new("docs;16:07;docs;catch-up=no\n", OFFICE);
    stage.has_source();
    assert_eq!(stage.serve("2026-03-10 18:00"), [""; 0]);
    stage.home.clock.set(at("2026-03-11 18:00"));
    assert_eq!(stage.serve("2026-03-11 18:09"), [""; 0], "what was missed may be made up for");
    assert_eq!(stage.serve("2026-03-11 18:30"), ["office: docs: overdue"]);
    assert_eq!(stage.serve("2026-03-12 18:30"), ["office: docs: recovered"]);
}

#[test]
fn the_service_wakes_for_the_moment_at_which_a_backup_becomes_overdue() {
    let stage = Stage::new("docs;16:07;docs\nlong;16:00;long\n", OFFICE);
    stage.has_source();
    stage.home.archiver.put("/home/long", MemorySource::folder().file("film", "..."));
    let work = stage.home.work();
    let runner = stage.runner("2026-03-10 20:00", &work);
    // One worker, which the other backup keeps for an hour.
    let runner = runner.taking(|job| TimeDelta::hours(i64::from(job.entry.source() == "long")));
    let settings = ServiceSettings { workers: Some(1), ..ServiceSettings::default() };
    stage.home.service(settings).run(&runner);
    let told: Vec<_> = stage.notifier.received();
    let shown: Vec<_> = told.iter().map(|(target, notice)| shown(target, notice)).collect();
    assert_eq!(shown, ["office: docs: overdue", "office: docs: recovered"]);
    assert_eq!(told[0].1.written, at("2026-03-10 16:17:01"));
    assert_eq!(told[0].1.planned, Some(at("2026-03-10 16:07")));
}

#[test]
fn a_machine_that_was_off_makes_up_for_it_and_tells_nothing() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    stage.has_source();
    stage.serve("2026-03-10 18:00");
    stage.home.clock.set(at("2026-03-13 09:00"));
    assert_eq!(stage.serve("2026-03-13 10:00"), [""; 0]);
}

#[test]
fn a_machine_that_was_asleep_makes_up_for_it_and_tells_nothing() {
    let stage = Stage::new("docs;16:07;docs;catch-up=no\n", OFFICE);
    stage.has_source();
    let work = stage.home.work();
    let runner = stage.runner("2026-03-10 20:00", &work);
    let clock = stage.home.clock.clone();
    let runner = runner.act_at(at("2026-03-10 16:00"), move || clock.set(at("2026-03-10 18:00")));
    stage.home.service(ServiceSettings::default()).run(&runner);
    let written: Vec<_> = stage.notifier.received().into_iter().map(|(_, notice)| notice.written).collect();
    assert_eq!(written, [at("2026-03-10 18:10:00")], "it gets some minutes after the machine woke");
}

#[test]
fn what_does_not_arrive_is_tried_again_more_and_more_rarely() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    stage.notifier.fail(unreachable());
    assert_eq!(stage.serve("2026-03-10 16:22"), [""; 0]);
    // At 16:07:00, :30, 16:08:30, 16:10:30, 16:14:30.
    assert_eq!(stage.notifier.attempts(), 5);
    let book = stage.home.notices.book();
    let trouble = &book.troubles["office"];
    assert_eq!((trouble.since, trouble.attempts), (at("2026-03-10 16:07"), 5));
    assert_eq!(trouble.reason, "hooks.example.com: no route to host");
    stage.notifier.fail(None);
    assert_eq!(stage.serve("2026-03-10 17:00"), ["office: docs: failure"], "it outlives the process");
    assert_eq!(stage.home.notices.book().troubles.len(), 0);
    insta::assert_snapshot!(stage.events().join("\n"), @r"
    Error: can't notify office: hooks.example.com: no route to host; it is tried again for a day
    office can be notified again
    Notified office: docs: failure
    ");
}

#[test]
fn what_never_arrives_is_given_up_after_a_day_and_that_is_said() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    stage.notifier.fail(unreachable());
    stage.serve("2026-03-10 17:00");
    stage.has_source();
    stage.serve("2026-03-12 18:00");
    let book = stage.home.notices.book();
    assert_eq!((book.outbox.len(), book.troubles["office"].given_up), (0, 2));
    assert!(stage.notifier.attempts() < 80, "{}", stage.notifier.attempts());
    insta::assert_snapshot!(stage.events().join("\n"), @r"
    Error: can't notify office: hooks.example.com: no route to host; it is tried again for a day
    Error: office was not notified: docs: failure; given up after a day
    Error: office was not notified: docs: recovered; given up after a day
    ");
}

#[test]
fn what_is_refused_does_not_hold_up_the_rest() {
    let stage = Stage::new("docs;16:07;docs\nmore;17:00;more\n", OFFICE);
    let refused = Unsent::new(UnsentKind::Refused, "hooks.example.com", "400 Bad Request");
    stage.notifier.fail(refused);
    stage.serve("2026-03-10 16:07:01");
    assert_eq!(stage.notifier.attempts(), 1);
    stage.notifier.fail(None);
    assert_eq!(stage.serve("2026-03-10 16:07:02"), [""; 0], "not yet");
    assert_eq!(stage.serve("2026-03-10 17:01"), ["office: docs: failure", "office: more: failure"]);
}

#[test]
fn a_server_that_hangs_delays_neither_backups_nor_a_stop() {
    let stage = Stage::new("docs;16:07;docs\nmore;16:08;more\n", OFFICE);
    let work = stage.home.work();
    let runner = InstantRunner::new(&stage.home.clock, at("2026-03-10 17:00"), &work);
    let runner = runner.notifying(stage.notifier.clone(), TimeDelta::hours(5));
    stage.home.service(ServiceSettings::default()).run(&runner);
    let begun: Vec<_> = runner.begun().into_iter().map(|(when, _)| when).collect();
    assert_eq!(begun, [at("2026-03-10 16:07"), at("2026-03-10 16:08")]);
    assert_eq!(stage.home.clock.now(), at("2026-03-10 17:00:02"), "it stays for a moment");
    assert_eq!(stage.serve("2026-03-10 17:01"), ["office: docs: failure", "office: more: failure"]);
}

#[test]
fn a_monitor_is_told_of_each_run() {
    let stage = Stage::new("docs;every 1h;docs\n", MONITOR);
    stage.has_source();
    let (start, success) = ("monitor: docs: start", "monitor: docs: success");
    assert_eq!(stage.serve("2026-03-10 11:30"), [start, success, start, success, start, success]);
    stage.lacks_source();
    let failure = "monitor: docs: failure";
    assert_eq!(stage.serve("2026-03-10 13:30"), [start, failure, start, failure]);
    let received = stage.notifier.received();
    assert_eq!(received[0].1.run_id(), received[1].1.run_id(), "a start and its end belong together");
    assert_ne!(received[0].1.run_id(), received[2].1.run_id());
}

#[test]
fn a_monitor_is_told_of_a_run_that_was_due_before_the_service_started() {
    let stage = Stage::new("docs;16:07;docs\n", MONITOR);
    stage.has_source();
    stage.serve("2026-03-10 16:00");
    stage.home.clock.set(at("2026-03-10 16:10"));
    assert_eq!(stage.serve("2026-03-10 16:11"), ["monitor: docs: start", "monitor: docs: success"]);
}

#[test]
fn a_start_that_does_not_arrive_is_not_told_later() {
    let stage = Stage::new("docs;16:07;docs\n", MONITOR);
    stage.has_source();
    stage.notifier.fail(unreachable());
    stage.serve("2026-03-10 16:08");
    stage.notifier.fail(None);
    assert_eq!(stage.serve("2026-03-10 18:00"), ["monitor: docs: success"]);
}

#[test]
fn only_what_is_wanted_is_told_and_only_of_the_backups_that_are_meant() {
    let success = format!("{OFFICE}on = [\"success\"]\nbackups = [\"docs\"]\n");
    let stage = Stage::new("docs;16:07;docs\ndocs;16:08;more\n", &success);
    stage.has_source();
    assert_eq!(stage.serve("2026-03-11 18:00"), ["office: docs: success", "office: docs: success"]);
    stage.lacks_source();
    assert_eq!(stage.serve("2026-03-12 18:00"), [""; 0]);
}

#[test]
fn each_target_is_told_for_itself() {
    let both =
        format!("{OFFICE}[notify.phone]\nto = \"ntfy\"\nurl = \"https://ntfy.sh/x\"\non = [\"overdue\"]\n");
    let stage = Stage::new("docs;16:07;docs\n", &both);
    assert_eq!(stage.serve("2026-03-10 18:00"), ["office: docs: failure", "phone: docs: overdue"]);
    stage.has_source();
    assert_eq!(stage.serve("2026-03-11 18:00"), ["office: docs: recovered"], "phone doesn't want to know");
}

#[test]
fn what_happened_before_somebody_was_to_be_told_is_told_if_it_lasts() {
    let stage = Stage::new("docs;16:07;docs\nmore;16:08;more\n", "[service]\nworkers = 2\n");
    stage.home.archiver.put("/home/more", MemorySource::folder().file("a", "b"));
    assert_eq!(stage.serve("2026-03-10 18:00"), [""; 0]);
    stage.home.config.write(&format!("{OFFICE}on = [\"failure\", \"success\"]\n"));
    assert_eq!(stage.serve("2026-03-10 19:00"), ["office: docs: failure"]);
}

#[test]
fn a_run_by_hand_ends_a_problem() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    assert_eq!(stage.serve("2026-03-10 18:00"), ["office: docs: failure"]);
    stage.has_source();
    let work = stage.home.work();
    let runner = stage.runner("2026-03-10 20:00", &work).polling(TimeDelta::seconds(45));
    let by_hand = || drop(stage.home.manager().run("docs", &backup_core::ports::SilentProgress).unwrap());
    stage.home.service(ServiceSettings::default()).run(&runner.act_at(at("2026-03-10 19:00"), by_hand));
    let last = stage.notifier.received().pop().unwrap().1;
    assert_eq!((last.kind, last.written), (NoticeKind::Recovered, at("2026-03-10 19:00")));
}

#[test]
fn a_backup_that_is_deleted_or_paused_is_forgotten() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    stage.serve("2026-03-10 18:00");
    assert_eq!(stage.home.notices.book().told.len(), 1);
    stage.home.schedules.write("docs;16:07;docs;paused=yes\n");
    assert_eq!(stage.serve("2026-03-12 18:00"), [""; 0]);
    assert_eq!(stage.home.notices.book().told.len(), 0);
}

#[test]
fn a_book_that_cannot_be_saved_makes_a_problem_told_twice_and_never_not_at_all() {
    let faults = Faults::only("write notices");
    let stage = Stage::failing("docs;every 1h;docs\n", OFFICE, &faults);
    faults.fail_from(0, Failure::Full);
    assert_eq!(stage.serve("2026-03-10 12:30"), ["office: docs: failure"]);
    faults.clear();
    assert_eq!(stage.serve("2026-03-10 13:30"), ["office: docs: failure"]);
    assert_eq!(stage.serve("2026-03-10 14:30"), [""; 0]);
    let texts: Vec<_> = stage.home.journal.events().iter().map(ToString::to_string).collect();
    assert!(texts.iter().any(|text| text.contains("write notices")), "{texts:?}");
}

#[test]
fn a_clock_that_was_set_back_repeats_nothing() {
    let stage = Stage::new("docs;16:07;docs\n", OFFICE);
    assert_eq!(stage.serve("2026-03-10 18:00"), ["office: docs: failure"]);
    stage.home.clock.set(at("2026-03-10 12:00"));
    assert_eq!(stage.serve("2026-03-10 20:00"), [""; 0]);
}
