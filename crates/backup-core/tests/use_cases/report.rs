//! What monitors and pages show of all backups: everything that belongs together is read once.

use backup_core::manager::{BackupReport, ReportHead, ReportVisitor, ServiceManager};
use backup_core::model::history::{Flaw, HistoryNote, Outcome, Verification};
use backup_core::ports::{MockServiceControl, RunHistory, SilentProgress};
use backup_core::testing::{Zone, at};
use backup_core::time::Clock;

use crate::world::World;

/// Tells what it sees, a line each.
#[derive(Default)]
struct Teller {
    lines: Vec<String>,
    most: usize,
}

impl ReportVisitor for Teller {
    fn begin(&mut self, head: &ReportHead<'_>) {
        self.lines.push(format!("{} schedules", head.overview.schedules));
        let first = at("2026-03-10T00:00:00Z").date_naive();
        let day = |day: &backup_core::manager::ReportedDay| {
            format!(
                "{}: {} good, {} unmade, {} incomplete, {} failed",
                day.date, day.good, day.unmade, day.incomplete, day.failed
            )
        };
        self.lines.extend(head.days(first).iter().map(day));
        let event = |event: &backup_core::manager::ReportedEvent| {
            let kind = format!("{:?}", event.note);
            format!("{} {}", event.at.format("%d %H:%M"), kind.split(['(', ' ']).next().unwrap_or_default())
        };
        self.lines.extend(head.newest_events(3).iter().map(event));
    }

    fn see(&mut self, backup: &BackupReport<'_>) -> bool {
        let status = backup.status;
        self.lines.push(format!("{} {} {} lines", status.name, status.state.word(), status.lines.len()));
        let generation = |one: &backup_core::manager::Generation| {
            format!(
                "  {} of {} {} bytes{}",
                one.file_name,
                one.made_for.format("%d %H:%M"),
                one.archive_bytes,
                if one.is_bad { " bad" } else { "" }
            )
        };
        self.lines.extend(backup.generations().iter().map(generation));
        let run = |run: &backup_core::manager::ReportedRun| {
            format!("  {} to {} {:?}", run.began.format("%d %H:%M"), run.ended.format("%H:%M"), run.outcome)
        };
        self.lines.extend(backup.runs_since(at("2026-03-11T00:00:00Z")).iter().map(run));
        self.lines
            .extend(backup.verification.map(|news| format!("  verified {}", news.at.format("%d %H:%M"))));
        self.most = self.most.saturating_sub(1);
        self.most > 0
    }
}

fn told(world: &World, most: usize) -> Vec<String> {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let mut teller = Teller { lines: Vec::new(), most };
    ServiceManager::new(world.ports(), &control).visit_report(&mut teller).expect("it can be read");
    teller.lines
}

/// A world in which docs has three generations, the oldest of which is bad, and music was never made.
fn world(zone: Zone) -> World {
    let world = World::in_zone("2026-03-10T12:00:00Z", zone).with_schedules(
        "docs;16:07;docs;keep=last:5\ndocs;18:07;docs;keep=last:5\na;16:07;music\nnonsense\n",
    );
    for day in ["2026-03-10T23:30:00Z", "2026-03-11T23:30:00Z", "2026-03-12T23:30:00Z"] {
        world.clock.set(at(day));
        world.manager().run("docs", &SilentProgress).expect("it can be made");
    }
    let oldest = world.ended().remove(0);
    let flaw = Some(Flaw::Damaged("why not".to_owned()));
    let (key, began) = (oldest.key.clone(), oldest.began);
    let verification =
        Verification { key, began, archive: "docs.tar".to_owned(), at: world.clock.now(), flaw };
    world.history.append(&HistoryNote::Verified(verification)).expect("no fault was scripted");
    assert!(world.ended().iter().all(|run| run.outcome == Outcome::Done));
    world
}

#[test]
fn a_report_has_all_names_with_their_past() {
    insta::assert_snapshot!(told(&world(Zone::utc()), 9).join("\n"), @"
    4 schedules
    2026-03-10: 1 good, 0 unmade, 0 incomplete, 0 failed
    2026-03-11: 1 good, 0 unmade, 0 incomplete, 0 failed
    2026-03-12: 1 good, 0 unmade, 0 incomplete, 0 failed
    12 23:30 Verified
    12 23:30 Ended
    11 23:30 Ended
    music overdue 1 lines
    nonsense malformed 1 lines
    docs older-damaged 2 lines
      docs.2026-03-10T23-30+0000.tar of 10 23:30 21 bytes bad
      docs.2026-03-11T23-30+0000.tar of 11 23:30 21 bytes
      docs.tar of 12 23:30 21 bytes
      11 23:30 to 23:30 Done
      12 23:30 to 23:30 Done
      verified 12 23:30
    ");
}

#[test]
fn days_are_those_of_the_wall_clock() {
    let lines = told(&world(Zone::fixed(2 * 3_600)), 1);
    insta::assert_snapshot!(lines.join("\n"), @"
    4 schedules
    2026-03-11: 1 good, 0 unmade, 0 incomplete, 0 failed
    2026-03-12: 1 good, 0 unmade, 0 incomplete, 0 failed
    2026-03-13: 1 good, 0 unmade, 0 incomplete, 0 failed
    13 01:30 Verified
    13 01:30 Ended
    12 01:30 Ended
    music overdue 1 lines
    ");
}
