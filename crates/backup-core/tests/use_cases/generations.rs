//! Older generations: set aside at each publish, removed as the rules want it, and listed with their sums.

use std::io::Read;

use backup_core::manager::{Manager, ServiceManager};
use backup_core::model::archive::{ArchiveName, CheckReport, PackReport};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::event::Event;
use backup_core::model::history::{HistoryNote, Ledger, RunRecord, shortened};
use backup_core::operation::prune::prune_decisions;
use backup_core::policy::retention::Retention;
use backup_core::ports::{
    Archiver, BackupStore, EndCheck, MockServiceControl, PackRequest, Progress, SilentProgress,
};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryArchiver, MemoryBackups, MemorySource, at};

use crate::world::World;

/// Serves until `end`.
fn serve(world: &World, end: &str) {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
}

fn keeping(rules: &str) -> World {
    let world = World::at("2026-03-01T00:00:00Z");
    world.manager().create(&format!("docs;16:07;docs;keep={rules}")).expect("the schedule is good");
    world
}

fn said(world: &World, sentence: &str) -> bool {
    world.journal.sentences().iter().any(|line| line == sentence)
}

#[test]
fn without_rules_there_is_one_archive() {
    let world = World::at("2026-03-01T00:00:00Z").with_schedules("docs;16:07;docs\n");
    serve(&world, "2026-03-05T00:00:00Z");
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn the_newest_has_the_name_and_the_older_ones_their_dates() {
    let world = keeping("last:3");
    for (day, text) in [("02", "one"), ("03", "two"), ("04", "three"), ("05", "four")] {
        world.archiver.put("/home/docs", MemorySource::folder().file("letter", text));
        serve(&world, &format!("2026-03-{day}T00:00:00Z"));
    }
    let expected = ["docs.2026-03-02T16-07+0000.tar", "docs.2026-03-03T16-07+0000.tar", "docs.tar"];
    assert_eq!(world.backups.file_names(), expected);
    for (file_name, text) in expected.iter().zip(["two", "three", "four"]) {
        let contents = String::from_utf8(world.backups.contents(file_name).unwrap()).unwrap();
        assert!(contents.contains(text), "{file_name}: {contents}");
    }
    assert!(said(&world, "Removed 1 older backup by keep=last:3: docs.2026-03-01T16-07+0000.tar"));
}

#[test]
fn sums_are_those_of_what_stands() {
    let world = keeping("last:2");
    serve(&world, "2026-03-05T00:00:00Z");
    let sums = world.backups.checksum_list();
    let names: Vec<_> = sums.lines().map(|line| &line[66..]).collect();
    assert_eq!(names, world.backups.file_names());
    // A crash between an archive and its sum is mended at the next start.
    world.backups.replace_checksum_list("").unwrap();
    serve(&world, "2026-03-05T01:00:00Z");
    assert_eq!(world.backups.checksum_list(), sums);
}

#[test]
fn nothing_goes_after_a_run_that_failed() {
    let world = keeping("last:2");
    serve(&world, "2026-03-04T00:00:00Z");
    let before = world.backups.file_names();
    world.archiver.take("/home/docs");
    serve(&world, "2026-03-09T00:00:00Z");
    assert_eq!(world.backups.file_names(), before);
}

#[test]
fn what_the_history_does_not_know_is_never_removed() {
    let world = keeping("last:1");
    let mine = ["docs.2020-01-01T16-07+0000.tar", "docs.2026-03-02T12-00+0000.tar", "docs-old.tar"];
    mine.iter().for_each(|name| world.backups.put(name, b"mine".to_vec()));
    serve(&world, "2026-03-09T00:00:00Z");
    let left = world.backups.file_names();
    assert!(mine.iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
    assert_eq!(left.len(), 4);
}

#[test]
fn what_took_a_generation_s_name_since_is_never_removed() {
    let world = keeping("last:2");
    serve(&world, "2026-03-04T00:00:00Z");
    let older = "docs.2026-03-02T16-07+0000.tar";
    world.backups.put(older, b"mine".to_vec());
    serve(&world, "2026-03-09T00:00:00Z");
    assert_eq!(world.backups.contents(older), Some(b"mine".to_vec()));
    // Nor does what took the newest one's name count as that: the good one before it stays.
    world.backups.put("docs.tar", b"mine".to_vec());
    let ledger = Ledger::new(&world.history.notes());
    let rules = "last:1".parse().unwrap();
    let plan = prune_decisions(&world.ports(), &ledger, &"docs".parse().unwrap(), &rules).unwrap();
    let verdicts: Vec<_> = plan.into_iter().map(|one| (one.file_name, one.verdict)).collect();
    let kept = Retention::Kept(vec!["last 1".to_owned()]);
    assert_eq!(verdicts, [("docs.2026-03-07T16-07+0000.tar".to_owned(), kept)]);
}

#[test]
fn what_stands_in_the_place_of_the_other_form_is_kept_too() {
    let world =
        World::at("2026-03-01T00:00:00Z").with_schedules("docs;16:07;docs;compress=zstd;keep=last:9\n");
    serve(&world, "2026-03-02T00:00:00Z");
    let packed = world.backups.contents("docs.tar.zst");
    world.clock.set(at("2026-03-02T10:00:00Z"));
    world.backups.put("docs.tar", b"mine".to_vec());
    let world = world.with_schedules("docs;16:07;docs;keep=last:9\n");
    serve(&world, "2026-03-03T00:00:00Z");
    assert_eq!(world.backups.contents("docs.2026-03-02T10-00+0000.tar"), Some(b"mine".to_vec()));
    assert_eq!(world.backups.contents("docs.2026-03-01T16-07+0000.tar.zst"), packed);
    let ledger = Ledger::new(&world.history.notes());
    assert_eq!(ledger.generations(&"docs".parse().unwrap()).len(), 2, "mine is none of ours");
}

#[test]
fn the_plan_is_shown_without_being_carried_out() {
    let world = keeping("last:9");
    serve(&world, "2026-03-05T00:00:00Z");
    let before = world.backups.file_names();
    let ledger = Ledger::new(&world.history.notes());
    let rules = "last:2".parse().unwrap();
    let plan = prune_decisions(&world.ports(), &ledger, &"docs".parse().unwrap(), &rules).unwrap();
    let verdicts: Vec<_> = plan.iter().map(|one| (one.file_name.as_str(), one.verdict.clone())).collect();
    let kept = |rule: &str| Retention::Kept(vec![rule.to_owned()]);
    assert_eq!(
        verdicts,
        [
            ("docs.2026-03-01T16-07+0000.tar", Retention::Goes),
            ("docs.2026-03-02T16-07+0000.tar", Retention::Goes),
            ("docs.2026-03-03T16-07+0000.tar", kept("last 2")),
            ("docs.tar", kept("last 1")),
        ]
    );
    assert_eq!(world.backups.file_names(), before);
}

#[test]
fn a_generation_that_can_not_be_kept_is_not_replaced() {
    let mut world = keeping("last:3");
    let faults = Faults::only("keep");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    serve(&world, "2026-03-02T00:00:00Z");
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    faults.fail_next(Failure::Denied);
    serve(&world, "2026-03-03T00:00:00Z");
    assert_eq!(world.backups.contents("docs.tar"), old);
    assert_eq!(world.backups.file_names(), ["docs.tar"]);
}

#[test]
fn a_backup_by_hand_is_a_generation_too() {
    let world = keeping("last:9");
    serve(&world, "2026-03-02T00:00:00Z");
    world.manager().run("docs", &SilentProgress).unwrap();
    world.clock.set(at("2026-03-02T09:30:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    let expected = ["docs.2026-03-01T16-07+0000.tar", "docs.2026-03-02T00-00+0000.tar", "docs.tar"];
    assert_eq!(world.backups.file_names(), expected);
    assert_eq!(world.backups.checksum_list().lines().count(), 3);
}

#[test]
fn each_backup_is_read_back_where_that_is_wanted() {
    let mut world = World::at("2026-03-01T00:00:00Z");
    let faults = Faults::only("verify");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    world.manager().create("docs;16:07;docs;verify=yes").unwrap();
    world.manager().create("a;16:07;a").unwrap();
    serve(&world, "2026-03-02T00:00:00Z");
    assert_eq!(faults.operations(), 1);
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    faults.fail_next(Failure::Damaged);
    serve(&world, "2026-03-03T00:00:00Z");
    assert_eq!(world.backups.contents("docs.tar"), old, "what doesn't come back replaces nothing");
}

#[test]
fn what_a_lost_history_does_not_know_is_kept_all_the_same() {
    let world = keeping("last:5");
    serve(&world, "2026-03-02T00:00:00Z");
    let old = world.backups.contents("docs.tar");
    world.history.clear();
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    world.clock.set(at("2026-03-02T10:00:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(world.backups.file_names(), ["docs.2026-03-01T16-07+0000.tar", "docs.tar"]);
    assert_eq!(world.backups.contents("docs.2026-03-01T16-07+0000.tar"), old);
}

#[test]
fn what_a_dead_service_had_made_is_a_generation_for_a_run_by_hand() {
    let world = keeping("last:5");
    serve(&world, "2026-03-02T00:00:00Z");
    let mut notes = world.history.notes();
    assert!(matches!(notes.pop(), Some(HistoryNote::Ended(_))));
    world.history.replace(notes);
    let old = world.backups.contents("docs.tar");
    world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
    world.clock.set(at("2026-03-02T10:00:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(world.backups.contents("docs.2026-03-01T16-07+0000.tar"), old);
    let ledger = Ledger::new(&world.history.notes());
    assert_eq!(ledger.generations(&"docs".parse().unwrap()).len(), 2, "and both are known");
}

#[test]
fn what_a_torn_history_takes_for_another_is_kept_all_the_same() {
    // A run that left no note at all, by a power cut of a disk that doesn't sync, say: what it had set aside has the
    // dated name already.
    for text in ["two", "three times as long"] {
        let world = keeping("last:9");
        serve(&world, "2026-03-02T00:00:00Z");
        let old = world.backups.contents("docs.tar");
        let notes = world.history.notes();
        world.archiver.put("/home/docs", MemorySource::folder().file("letter", text));
        world.clock.set(at("2026-03-02T10:00:00Z"));
        world.manager().run("docs", &SilentProgress).unwrap();
        let lost = world.backups.contents("docs.tar");
        world.history.replace(notes);
        world.archiver.put("/home/docs", MemorySource::folder().file("letter", "new"));
        world.clock.set(at("2026-03-02T11:00:00Z"));
        world.manager().run("docs", &SilentProgress).unwrap();
        assert_eq!(world.backups.contents("docs.2026-03-01T16-07+0000.tar"), old);
        assert_eq!(world.backups.contents("docs.2026-03-02T10-00+0000.tar"), lost);
        let ledger = Ledger::new(&world.history.notes());
        let known = ledger.made("docs.2026-03-01T16-07+0000.tar").map(RunRecord::made_for);
        assert_eq!(known, Some(at("2026-03-01T16:07:00Z")), "{text}");
    }
}

#[test]
fn what_another_run_made_in_the_place_of_a_generation_is_not_that_generation() {
    let world = keeping("last:1");
    serve(&world, "2026-03-02T00:00:00Z");
    // Its archive has the same size, and it left no note.
    let notes = world.history.notes();
    world.clock.set(at("2026-03-02T10:00:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    let other = world.backups.stored("docs.tar");
    world.history.replace(notes);
    let ledger = Ledger::new(&world.history.notes());
    let plan = || {
        let rules = "last:1".parse().unwrap();
        prune_decisions(&world.ports(), &ledger, &"docs".parse().unwrap(), &rules).unwrap()
    };
    assert!(plan().is_empty(), "the archive in place is of another run: {:?}", plan());
    assert_eq!(other.map(|bytes| bytes.len() as u64), ledger.made("docs.tar").map(|run| run.archive_bytes));
    world.backups.lose_catalogs();
    assert_eq!(plan().len(), 1, "without a catalog, its size tells");
}

#[test]
fn what_a_failed_run_had_set_aside_is_a_generation_still() {
    let world = keeping("last:2");
    serve(&world, "2026-03-03T00:00:00Z");
    // It had put its archive in place, and then couldn't make that durable.
    let dated = |text: &str| ArchiveName::parse(text).unwrap();
    let aside = dated("docs.2026-03-02T16-07+0000.tar");
    assert!(world.backups.set_aside(&dated("docs.tar"), &aside).unwrap());
    world.clock.set(at("2026-03-03T10:00:00Z"));
    world.backups.put("docs.tar", b"an archive of which the history holds nothing".to_vec());
    serve(&world, "2026-03-04T00:00:00Z");
    let sums = world.backups.checksum_list();
    let listed: Vec<_> = sums.lines().map(|line| &line[66..]).collect();
    assert_eq!(listed, [aside.to_string().as_str(), "docs.tar"], "what the rules keep");
    let in_doubt = "docs.2026-03-03T10-00+0000.tar";
    assert_eq!(world.backups.file_names(), [listed[0], in_doubt, listed[1]]);
}

#[test]
fn what_another_form_left_behind_goes_unless_it_is_somebody_else_s() {
    for (is_touched, left) in [(false, &["docs.tar.zst"][..]), (true, &["docs.tar", "docs.tar.zst"])] {
        let world = World::at("2026-03-01T00:00:00Z").with_schedules("docs;16:07;docs\n");
        serve(&world, "2026-03-02T00:00:00Z");
        let old = world.backups.contents("docs.tar").unwrap();
        let world = world.with_schedules("docs;16:07;docs;compress=zstd\n");
        serve(&world, "2026-03-03T00:00:00Z");
        assert_eq!(world.backups.file_names(), ["docs.tar.zst"]);
        // As after a crash between the new one and the removal of the old one.
        world.backups.put("docs.tar", if is_touched { b"mine".to_vec() } else { old });
        serve(&world, "2026-03-04T00:00:00Z");
        assert_eq!(world.backups.file_names(), left);
    }
}

#[test]
fn a_run_by_hand_that_can_not_be_noted_says_so() {
    let mut world = keeping("last:5");
    let faults = Faults::only("append");
    world.history = backup_core::testing::MemoryHistory::failing(&faults);
    faults.fail_from(1, Failure::Denied);
    let report = world.manager().run("docs", &SilentProgress).unwrap();
    let said: Vec<_> = report.events.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|line| line.starts_with("Error: can't append to the history")), "{said:?}");
    assert_eq!(said.last().map(String::as_str), Some("Backup done for docs in backups/docs.tar"));
    assert_eq!(world.backups.checksum_list().lines().count(), 1, "and its sum is listed");
}

/// Packs what no reader would come to the end of: the digest of what is written is right all the same.
struct Torn<'a>(&'a MemoryArchiver);

impl Archiver for Torn<'_> {
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn backup_core::ports::PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let mut whole = Vec::new();
        let report = self.0.pack(request, &mut whole, progress)?;
        whole.truncate(whole.len() - 2);
        out.write_all(&whole).map_err(|_| PortError::new(Failure::Other, "write the archive"))?;
        Ok(report)
    }

    fn can_check(&self) -> bool {
        true
    }

    fn check(
        &self,
        archive: &mut dyn Read,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        self.0.check(archive, end_check, progress)
    }
}

#[test]
fn an_archive_that_breaks_replaces_nothing_where_each_is_read_back() {
    for (options, is_replaced) in [("", true), (";verify=yes", false), (";verify=yes;compress=zstd", false)] {
        let world = World::at("2026-03-01T00:00:00Z");
        world.manager().create(&format!("docs;16:07;docs{options}")).unwrap();
        world.manager().run("docs", &SilentProgress).unwrap();
        let before = world.backups.file_names();
        let old = world.backups.contents(&before[0]);
        world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
        let torn = Torn(&world.archiver);
        let mut ports = world.ports();
        ports.archiver = &torn;
        let run = Manager::new(ports).run("docs", &SilentProgress);
        assert_eq!(run.is_ok(), is_replaced, "{options}");
        assert_eq!(world.backups.file_names(), before);
        assert_eq!(world.backups.contents(&before[0]) != old, is_replaced, "{options}");
        if let Err(Error::BackupFailed { cause, .. }) = run {
            assert_eq!(cause.failure, Failure::Damaged, "{cause}");
        }
    }
}

/// The dates of the jump that pauses pruning of docs, as `status` and `prune --dry-run` report them.
fn paused(world: &World) -> Option<(String, String)> {
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let status = ServiceManager::new(world.ports(), &control).status().expect("no fault was scripted");
    let told = status.schedules[0].pruning_paused.as_ref().map(|(_, jump)| *jump);
    let plan = world.manager().prune_plan("docs").expect("no fault was scripted");
    assert_eq!(plan.paused, told);
    told.map(|jump| (jump.from.date_naive().to_string(), jump.to.date_naive().to_string()))
}

fn jump(from: &str, to: &str) -> Option<(String, String)> {
    Some((from.to_owned(), to.to_owned()))
}

#[test]
fn after_a_long_sleep_pruning_pauses_until_sixty_days_of_backups_have_followed() {
    let world = keeping("daily:2");
    serve(&world, "2026-03-05T00:00:00Z");
    assert_eq!(paused(&world), None);
    world.clock.set(at("2026-07-01T00:00:00Z"));
    // The run of 30 June is made up for.
    for (end, left) in [("2026-07-02T00:00:00Z", 4), ("2026-08-29T00:00:00Z", 62)] {
        serve(&world, end);
        assert_eq!(world.backups.file_names().len(), left);
        assert_eq!(paused(&world), jump("2026-03-04", "2026-06-30"));
    }
    serve(&world, "2026-08-30T00:00:00Z");
    assert_eq!(paused(&world), None);
    assert_eq!(world.backups.file_names(), ["docs.2026-08-28T16-07+0000.tar", "docs.tar"]);
}

#[test]
fn a_clock_that_was_wrong_for_one_run_removes_nothing_until_a_person_prunes() {
    let world = keeping("within:3d,yearly:2");
    serve(&world, "2026-03-05T00:00:00Z");
    world.clock.set(at("2031-02-03T00:00:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(paused(&world), jump("2026-03-04", "2031-02-03"));
    world.clock.set(at("2026-03-05T01:00:00Z"));
    serve(&world, "2026-03-10T00:00:00Z");
    assert_eq!(paused(&world), jump("2031-02-03", "2026-03-05"));
    assert_eq!(world.backups.file_names().len(), 10);
    let pruned = world.manager().prune("docs").unwrap();
    assert!(pruned.plan.paused.is_some());
    let left = [
        "docs.2026-03-06T16-07+0000.tar",
        "docs.2026-03-07T16-07+0000.tar",
        "docs.2026-03-08T16-07+0000.tar",
        "docs.2031-02-03T00-00+0000.tar",
        "docs.tar",
    ];
    assert_eq!(world.backups.file_names(), left);
    let wrong = &pruned.plan.generations[4];
    assert_eq!(wrong.verdict, Retention::Kept(vec!["yearly (wrong date)".to_owned()]));
    // From now on, it is pruned automatically again.
    assert_eq!(paused(&world), None);
    serve(&world, "2026-03-12T00:00:00Z");
    assert_eq!(world.backups.file_names().len(), 5);
    // What a person has said outlives a shorter history.
    let mut notes = world.history.notes();
    let pruned = || HistoryNote::Pruned { archive: "old.tar".to_owned(), at: world.at_now() };
    notes.extend(std::iter::repeat_with(pruned).take(notes.len()));
    world.history.replace(shortened(&notes));
    assert_eq!(paused(&world), None);
}

#[test]
fn a_first_backup_of_1970_pauses_pruning_and_then_counts_as_old() {
    let world = keeping("daily:1,yearly:2");
    world.clock.set(at("1970-01-01T00:00:10Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    world.clock.set(at("2026-03-01T00:00:00Z"));
    serve(&world, "2026-03-05T00:00:00Z");
    assert_eq!(paused(&world), jump("1970-01-01", "2026-03-01"));
    assert_eq!(world.backups.file_names().len(), 5);
    serve(&world, "2026-05-02T00:00:00Z");
    assert_eq!(paused(&world), None);
    assert_eq!(world.backups.file_names(), ["docs.1970-01-01T00-00-10+0000.tar", "docs.tar"]);
}

#[test]
fn a_lost_history_does_not_take_the_brake_off() {
    let world = keeping("within:3d,last:2");
    serve(&world, "2026-03-05T00:00:00Z");
    world.history.clear();
    world.clock.set(at("2026-03-05T10:00:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(paused(&world), None);
    assert_eq!(world.backups.file_names().len(), 4);
    world.history.clear();
    world.clock.set(at("2031-02-03T00:00:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!(paused(&world), jump("2026-03-05", "2031-02-03"));
    assert_eq!(world.backups.file_names().len(), 5);
}

#[test]
fn a_prune_that_can_not_remove_says_what_it_left_and_what_it_removed_before() {
    let mut world = keeping("last:9");
    let faults = Faults::only("remove");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    serve(&world, "2026-03-05T00:00:00Z");
    let world = world.with_schedules("docs;16:07;docs;keep=last:1\n");
    faults.fail_from(faults.operations() + 2, Failure::Denied);
    let pruned = world.manager().prune("docs").unwrap();
    assert_eq!(pruned.left, ["docs.2026-03-02T16-07+0000.tar", "docs.2026-03-03T16-07+0000.tar"]);
    assert!(
        matches!(&pruned.failures[..], [Event::Failed(why)] if why.to_string().starts_with("can't remove")),
        "{pruned:?}"
    );
    assert!(said(&world, "Removed 1 older backup by keep=last:1: docs.2026-03-01T16-07+0000.tar"));
    assert_eq!(world.backups.file_names()[..2], pruned.left);
}
