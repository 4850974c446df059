//! A history that was lost is rebuilt from the archives, and no foreign archive is taken for ours.

use backup_core::manager::{ArchiveQuery, FoundArchive, Verify, VerifyRequest};
use backup_core::model::archive::{ArchiveDigest, ArchiveName, FindingKind};
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{
    DifferenceKind, DrillReceipt, DrillReport, Flaw, HistoryNote, Ledger, Outcome, RunEnd, RunRecord,
    Verification, runs,
};
use backup_core::ports::{BackupStore, RunHistory, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{
    Faults, InstantRunner, MemoryBackups, MemoryHistory, MemorySchedules, MemorySource, at, run_record,
};

use crate::world::World;

const SECOND: &str = "docs.2026-03-02T16-07+0000.tar";
const FIRST: &str = "docs.2026-03-01T16-07+0000.tar";

/// Serves until `end`, and returns how many runs began.
fn serve(world: &World, end: &str) -> usize {
    let work = world.work();
    let runner = InstantRunner::new(&world.clock, at(end), &work);
    world.service(ServiceSettings::default()).run(&runner);
    runner.begun().len()
}

fn said(world: &World, sentence: &str) -> bool {
    world.journal.sentences().iter().any(|line| line.contains(sentence))
}

/// A world in which docs keeps three, and was made on three days.
fn kept() -> World {
    let world = World::at("2026-03-01T16:00:00Z");
    world.manager().create("docs;16:07;docs;keep=last:3").expect("the schedule is good");
    for day in ["02", "03", "04"] {
        world.archiver.put("/home/docs", MemorySource::folder().file("day", day));
        assert_eq!(serve(&world, &format!("2026-03-{day}T16:00:00Z")), 1);
    }
    assert_eq!(world.backups.file_names(), [FIRST, SECOND, "docs.tar"]);
    world
}

/// As [`kept`], but the history is lost.
fn lost() -> World {
    let world = kept();
    world.history.clear();
    world
}

/// The runs behind the archives that the history knows, oldest first.
fn known(world: &World) -> Vec<RunRecord> {
    let ledger = Ledger::new(&world.history.notes());
    let stands = world.backups.file_names();
    let mut known: Vec<_> = stands.iter().filter_map(|name| ledger.made(name).cloned()).collect();
    known.sort_by_key(RunRecord::made_for);
    known
}

/// The same world, which can't read any archive.
fn unreadable(mut world: World) -> World {
    let faults = Faults::only("digest");
    faults.fail_from(1, Failure::Denied);
    world.backups = world.backups.clone().failing_as(&faults);
    world
}

#[test]
fn catalogs_alone_tell_of_all_runs_as_they_were() {
    let world = kept();
    let unreadable_file = FindingKind::Unreadable("Input/output error".to_owned());
    let source = MemorySource::folder().file("day", "05").finding("b", unreadable_file);
    world.archiver.put("/home/docs", source);
    world.manager().run("docs", &SilentProgress).unwrap();
    let before = known(&world);
    assert_eq!(before.len(), 4);
    assert!(before.iter().any(|run| run.outcome == Outcome::Incomplete && run.key.planned.is_none()));
    world.history.clear();
    world.backups.replace_checksum_list("").unwrap();
    let world = unreadable(world);
    assert_eq!(serve(&world, "2026-03-04T16:01:00Z"), 0);
    assert!(said(&world, "rebuilt from 4 archives"));
    assert_eq!(known(&world), before);
    let notes = world.history.notes();
    assert_eq!(serve(&world, "2026-03-04T16:02:00Z"), 0);
    assert_eq!(world.history.notes(), notes, "it is rebuilt once");
}

#[test]
fn a_copy_is_not_taken_for_an_archive_of_ours() {
    let world = lost();
    let copies = ["docs.2020-01-01T16-07+0000.tar", "docs.incomplete.tar", "music.tar"];
    copies.iter().for_each(|copy| world.backups.copy("docs.tar", copy));
    world.schedules.write("docs;16:07;docs;keep=last:1\n");
    assert_eq!(serve(&world, "2026-03-04T17:00:00Z"), 1);
    assert!(said(&world, "rebuilt from 3 archives"));
    let left = world.backups.file_names();
    assert!(
        copies[..1].iter().chain(&copies[2..]).all(|copy| left.contains(&(*copy).to_owned())),
        "{left:?}"
    );
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn an_archive_that_has_both_its_names_counts_once() {
    let world = lost();
    let dated = |name: &str| ArchiveName::parse(name).expect("it is one");
    let third = "docs.2026-03-03T16-07+0000.tar";
    assert!(world.backups.set_aside(&dated("docs.tar"), &dated(third)).unwrap());
    assert_eq!(serve(&world, "2026-03-04T16:01:00Z"), 0);
    assert!(said(&world, "rebuilt from 3 archives"));
    assert_eq!(serve(&world, "2026-03-04T16:30:00Z"), 1);
    assert_eq!(known(&world).len(), 3);
    assert_eq!(world.backups.file_names(), [SECOND, third, "docs.tar"]);
}

/// Takes the identities of archives from the notes, as an earlier version wrote them.
fn without_identities(world: &World) {
    let notes = world.history.notes().into_iter().map(|note| match note {
        HistoryNote::Ended(mut run) => {
            run.finished = None;
            HistoryNote::Ended(run)
        }
        other => other,
    });
    world.history.replace(notes.collect());
}

/// The forms of homes that earlier versions have left. The last two have lost their history.
fn forms() -> [fn(&World); 6] {
    [
        |_| (),
        |world| world.backups.lose_catalogs(),
        |world| {
            without_identities(world);
            world.backups.lose_catalogs();
        },
        |world| {
            without_identities(world);
            world.backups.replace_checksum_list("").expect("no fault was scripted");
        },
        |world| {
            world.history.clear();
            world.backups.replace_checksum_list("").expect("no fault was scripted");
        },
        |world| {
            world.history.clear();
            world.backups.lose_catalogs();
        },
    ]
}

/// Notes that a verify and a drill found the newest archive bad, as the first version that could did.
fn found_bad(world: &World) {
    let run = known(world).pop().expect("no fault was scripted");
    let (key, now) = (run.key.clone(), world.at_now());
    let flaw = Some(Flaw::Damaged("at byte 7".to_owned()));
    let archive = "docs.tar".to_owned();
    let verification =
        Verification { key: key.clone(), began: run.began, archive: archive.clone(), at: now, flaw };
    world.note(&HistoryNote::Verified(verification));
    let sha256 = run.sha256.expect("no fault was scripted");
    let mut report = DrillReport::new(ArchiveDigest { archive_bytes: run.archive_bytes, sha256 });
    report.add("docs/day".to_owned(), DifferenceKind::Missing);
    let receipt = DrillReceipt::new(key, archive, &report, &[sha256], (now, now));
    assert_eq!(receipt.made_by, None, "it didn't tell which run made the archive");
    world.note(&HistoryNote::Drilled(receipt));
}

#[test]
fn verdicts_stay_with_their_archives_in_homes_of_all_forms() {
    for (form, change) in forms()[..4].iter().enumerate() {
        let world = kept();
        found_bad(&world);
        change(&world);
        assert_eq!(serve(&world, "2026-03-06T16:00:00Z"), 2, "{form}");
        let ledger = Ledger::new(&world.history.notes());
        let bad: Vec<_> = known(&world)
            .into_iter()
            .filter(|run| ledger.flaw_of(run).is_some())
            .map(|run| (run.made_for().format("%d %H:%M").to_string(), ledger.has_failed_drill(&run)))
            .collect();
        assert_eq!(bad, [("03 16:07".to_owned(), true)], "{form}");
    }
}

#[test]
fn homes_of_all_forms_go_on_alike() {
    for (form, change) in forms().into_iter().enumerate() {
        let world = kept();
        change(&world);
        assert_eq!(serve(&world, "2026-03-06T16:00:00Z"), 2, "{form}");
        let days = known(&world).into_iter().map(|run| run.made_for().format("%d %H:%M").to_string());
        assert_eq!(days.collect::<Vec<_>>(), ["03 16:07", "04 16:07", "05 16:07"], "{form}");
        assert_eq!(world.backups.file_names().len(), 3, "{form}");
        assert_eq!(world.backups.checksum_list().lines().count(), 3, "{form}");
    }
}

#[test]
fn a_home_of_an_earlier_version_is_rebuilt_from_names_and_the_list_of_sums() {
    for (has_sums, expected) in [(true, &[FIRST, SECOND, "docs.tar"][..]), (false, &["docs.tar"])] {
        let world = lost();
        world.backups.lose_catalogs();
        if !has_sums {
            world.backups.replace_checksum_list("").unwrap();
        }
        assert_eq!(serve(&world, "2026-03-04T16:01:00Z"), 0);
        let known = known(&world);
        let names: Vec<_> = known.iter().filter_map(|run| run.archive.as_deref()).collect();
        assert_eq!(names, expected);
        assert!(known.iter().all(|run| (run.sha256.is_some(), run.finished) == (has_sums, None)));
    }
}

/// What is known from the archives alone: each archive, and the moment that it stands for.
fn found(world: &World) -> Vec<String> {
    let past = runs(&world.history.notes(), false);
    let found = past.into_iter().filter_map(|run| match run.end {
        RunEnd::Found(run) => {
            Some(format!("{} {}", run.archive.clone().unwrap_or_default(), run.made_for().format("%d %H:%M")))
        }
        _ => None,
    });
    found.collect()
}

fn at_moment(world: &World, at: &str) -> Result<FoundArchive, Error> {
    ArchiveQuery { name: "docs", generation: None, at: Some(at) }.find(&world.ports())
}

#[test]
fn it_is_rebuilt_from_the_archives_and_nothing_is_made_again() {
    let world = World::at("2026-03-09T16:00:00Z").with_schedules("docs;16:07;docs\na;18:00;a\n");
    assert_eq!(serve(&world, "2026-03-10T17:00:00Z"), 3);
    world.history.clear();
    // docs was made today, a yesterday; the file of schedules is older than both.
    assert_eq!(serve(&world, "2026-03-10T17:30:00Z"), 0);
    assert!(said(&world, "rebuilt from 2 archives, as far as possible"));
    assert_eq!(found(&world), ["a.tar 09 18:00", "docs.tar 10 16:07"]);
    assert_eq!(serve(&world, "2026-03-10T19:00:00Z"), 1);
}

#[test]
fn the_sums_and_the_older_generations_that_are_listed_are_taken_over() {
    let world = lost();
    let sums = world.backups.checksum_list();
    assert_eq!(sums.lines().count(), 3, "{sums}");
    let mine = "docs.2020-01-01T16-07+0000.tar";
    world.backups.put(mine, b"mine".to_vec());
    assert_eq!(serve(&world, "2026-03-04T16:01:00Z"), 0);
    assert_eq!(world.backups.checksum_list(), sums);
    assert!(said(&world, "rebuilt from 3 archives"));
    let expected =
        [format!("{FIRST} 01 16:07"), format!("{SECOND} 02 16:07"), "docs.tar 03 16:07".to_owned()];
    assert_eq!(found(&world), expected);
    serve(&world, "2026-03-09T16:00:00Z");
    let left = world.backups.file_names();
    let expected = [mine, "docs.2026-03-06T16-07+0000.tar", "docs.2026-03-07T16-07+0000.tar", "docs.tar"];
    assert_eq!(left, expected);
}

#[test]
fn what_the_archives_of_a_found_history_hold_is_checked_by_their_sums() {
    let world = lost();
    serve(&world, "2026-03-04T16:01:00Z");
    let mut bytes = world.backups.stored(SECOND).unwrap();
    let place = bytes.windows(2).position(|two| two == b"03").expect("the day is in it");
    bytes[place] = b'9';
    world.backups.put(SECOND, bytes);
    let desk = Verify::new(world.ports());
    let plan = desk.plan(&VerifyRequest { name: Some("docs".to_owned()), all: true }).unwrap();
    let told = plan.archives.iter().map(|archive| {
        let told = desk.verify(archive, &SilentProgress).unwrap().unwrap();
        format!("{} {}", told.file_name, told.verdict)
    });
    let told: Vec<_> = told.collect();
    insta::assert_snapshot!(told.join("\n"), @"
    docs.2026-03-01T16-07+0000.tar good (12 B, 2 entries, made for 2026-03-01 16:07)
    docs.2026-03-02T16-07+0000.tar CHANGED since it was made: its SHA-256 is b54ffb306692..., not 4d86f176d1f4...
    docs.tar good (12 B, 2 entries, made for 2026-03-03 16:07)
    ");
}

#[test]
fn where_only_part_is_lost_what_is_not_known_stays() {
    let world = lost();
    assert_eq!(serve(&world, "2026-03-04T16:10:00Z"), 1);
    let third = "docs.2026-03-03T16-07+0000.tar";
    let before = [SECOND, third, "docs.tar"];
    assert_eq!(world.backups.file_names(), before);
    // The service remembered, and wrote on: of its notes the last is left.
    world.history.replace(vec![HistoryNote::Ended(world.ended().pop().unwrap())]);
    assert_eq!(serve(&world, "2026-03-04T16:11:00Z"), 0);
    assert_eq!(found(&world), [] as [String; 0]);
    assert_eq!(world.backups.checksum_list().lines().count(), 3, "sums stay listed");
    serve(&world, "2026-03-09T16:00:00Z");
    assert_eq!(world.backups.file_names().iter().filter(|name| before.contains(&name.as_str())).count(), 3);
}

#[test]
fn what_a_crash_kept_from_being_noted_is_found_later() {
    let world = lost();
    assert_eq!(serve(&world, "2026-03-04T16:01:00Z"), 0);
    let mut notes = world.history.notes();
    notes.retain(|note| !matches!(note, HistoryNote::Found(run) if run.archive.as_deref() != Some(FIRST)));
    world.history.replace(notes);
    assert_eq!(serve(&world, "2026-03-04T16:02:00Z"), 0);
    assert_eq!(found(&world).len(), 3);
}

#[test]
fn an_older_generation_that_is_not_what_is_listed_is_left_alone() {
    let world = lost();
    let mut bytes = world.backups.stored(SECOND).unwrap();
    bytes.pop();
    world.backups.put(SECOND, bytes);
    serve(&world, "2026-03-04T16:01:00Z");
    assert_eq!(found(&world), [format!("{FIRST} 01 16:07"), "docs.tar 03 16:07".to_owned()]);
    serve(&world, "2026-03-12T16:00:00Z");
    assert!(world.backups.file_names().contains(&SECOND.to_owned()));
    assert!(world.backups.checksum_list().contains(SECOND), "so that the list tells");
}

#[test]
fn a_newest_one_that_is_not_what_is_listed_counts_for_no_rule() {
    let world = lost();
    let mut bytes = world.backups.stored("docs.tar").unwrap();
    bytes.pop();
    world.backups.put("docs.tar", bytes);
    world.schedules.write("docs;16:07;docs;keep=last:1\n");
    world.manager().prune("docs").unwrap();
    assert_eq!(world.backups.file_names(), [SECOND, "docs.tar"], "the last good one stays");
}

#[test]
fn an_empty_source_replaces_no_backup_with_unknown_contents() {
    let world = World::at("2026-03-09T16:00:00Z").with_schedules("docs;16:07;docs\n");
    assert_eq!(serve(&world, "2026-03-09T17:00:00Z"), 1);
    let old = world.backups.contents("docs.tar");
    world.history.clear();
    world.backups.lose_catalogs();
    world.archiver.put("/home/docs", MemorySource::folder());
    serve(&world, "2026-03-10T17:00:00Z");
    assert_eq!(world.ended().last().map(|run| run.outcome), Some(Outcome::Failed));
    assert_eq!(world.backups.contents("docs.tar"), old);
    assert!(said(&world, "nobody knows what its last backup holds; that backup is kept"));
}

#[test]
fn what_was_found_by_its_name_alone_is_not_removed_for_another_form() {
    let world = World::at("2026-03-04T16:00:00Z").with_schedules("docs;16:07;docs\n");
    put(&world, "docs.tar", false);
    serve(&world, "2026-03-04T16:05:00Z");
    world.schedules.write("docs;16:07;docs;compress=zstd\n");
    serve(&world, "2026-03-04T17:00:00Z");
    assert_eq!(world.backups.file_names(), ["docs.tar", "docs.tar.zst"]);
}

#[test]
fn a_list_of_sums_that_could_not_be_read_once_loses_none() {
    let faults = Faults::only("read sums");
    let mut world = World::at("2026-03-09T16:00:00Z").with_schedules("docs;16:07;docs\n");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    assert_eq!(serve(&world, "2026-03-09T17:00:00Z"), 1);
    let before = world.backups.checksum_list();
    world.history.clear();
    faults.fail_next(Failure::Denied);
    serve(&world, "2026-03-09T17:01:00Z");
    assert_eq!((found(&world).len(), world.backups.checksum_list()), (1, before));
}

#[test]
fn what_is_due_since_the_newest_archive_is_made() {
    let world = lost();
    world.clock.set(at("2026-03-06T17:00:00Z"));
    assert_eq!(serve(&world, "2026-03-06T17:01:00Z"), 1);
    assert_eq!(world.ended()[0].missed_runs, 2);
}

#[test]
fn a_backup_by_hand_finds_them_first() {
    let world = lost();
    let sums = world.backups.checksum_list();
    world.manager().run("docs", &SilentProgress).unwrap();
    assert!(said(&world, "rebuilt from 3 archives"));
    let left = [SECOND, "docs.2026-03-03T16-07+0000.tar", "docs.tar"];
    assert_eq!(world.backups.file_names(), left, "the third of keep=last:3 goes");
    let kept = sums.lines().filter(|line| line.ends_with(SECOND)).count();
    assert_eq!((kept, world.backups.checksum_list().lines().count()), (1, 3));
    // The service finds nothing more, and knows what is due.
    assert_eq!(serve(&world, "2026-03-04T16:05:00Z"), 0);
    assert_eq!(found(&world).len(), 3);
    assert_eq!(serve(&world, "2026-03-04T16:30:00Z"), 1);
}

#[test]
fn that_they_can_not_be_noted_stops_no_backup_by_hand() {
    let mut world = lost();
    let faults = Faults::only("append");
    world.history = MemoryHistory::failing(&faults);
    faults.fail_from(1, Failure::Denied);
    world.manager().run("docs", &SilentProgress).unwrap();
    assert!(said(&world, "Error: can't append to the history"));
    assert!(!said(&world, "rebuilt"));
    let third = "docs.2026-03-03T16-07+0000.tar";
    assert_eq!(world.backups.file_names(), [FIRST, SECOND, third, "docs.tar"], "nothing goes");
}

#[test]
fn where_the_schedules_can_not_be_read_what_is_listed_is_found_all_the_same() {
    let mut world = lost();
    let faults = Faults::only("load");
    world.schedules = MemorySchedules::failing(&faults);
    faults.fail_from(1, Failure::Denied);
    assert_eq!(at_moment(&world, "2026-03-02").unwrap().archive.file_name, SECOND);
    assert!(matches!(world.manager().run("docs", &SilentProgress), Err(Error::Port(_))));
}

#[test]
fn damage_before_the_next_start_is_reported() {
    let world = lost();
    let mut bytes = world.backups.stored("docs.tar").unwrap();
    let place = bytes.windows(2).position(|two| two == b"04").expect("the day is in it");
    bytes[place] = b'9';
    world.backups.put("docs.tar", bytes);
    // A schedule that is gone doesn't matter.
    world.schedules.write("a;16:07;a\n");
    let desk = Verify::new(world.ports());
    let plan = desk.plan(&VerifyRequest { name: Some("docs".to_owned()), all: false }).unwrap();
    let told = desk.verify(&plan.archives[0], &SilentProgress).unwrap().unwrap();
    assert!(told.verdict.to_string().starts_with("CHANGED since it was made"), "{}", told.verdict);
}

#[test]
fn before_the_next_start_they_are_found_by_their_dates() {
    let world = lost();
    let day = |at| at_moment(&world, at).map(|picked| picked.archive.file_name);
    assert_eq!(day("2026-03-02").unwrap(), SECOND);
    assert_eq!(day("2026-03-03").unwrap(), "docs.tar");
    assert!(matches!(day("2026-02-28"), Err(Error::NothingThatOld { oldest, .. }) if oldest.0 == FIRST));
    let planned = world.manager().prune_plan("docs").unwrap().generations;
    assert_eq!(planned.iter().map(|one| &one.file_name).collect::<Vec<_>>(), [FIRST, SECOND, "docs.tar"]);
    assert_eq!(world.history.notes(), [], "who only looks writes nothing");
    world.schedules.write("docs;16:07;docs;keep=last:2\n");
    world.manager().prune("docs").unwrap();
    assert_eq!(world.backups.file_names(), [SECOND, "docs.tar"]);
    assert_eq!(world.backups.checksum_list().lines().count(), 2);
    assert_eq!(found(&world).len(), 3);
}

#[test]
fn an_unknown_name_is_reported_as_unknown() {
    let world = lost();
    world.backups.lose_catalogs();
    world.schedules.write("a;16:07;a\n");
    assert_eq!(at_moment(&world, "2026-03-03").unwrap().archive.file_name, "docs.tar", "it is listed");
    world.backups.replace_checksum_list("").unwrap();
    let error = at_moment(&world, "2026-03-03").unwrap_err();
    assert!(matches!(&error, Error::UnknownAge { archive, .. } if archive == "docs.tar"), "{error}");
    assert!(matches!(
        ArchiveQuery { name: "music", generation: None, at: Some("2026-03-03") }.find(&world.ports()),
        Err(Error::NoSuchBackup(_))
    ));
}

/// Puts an archive in its place, and in the list of sums where that is wanted.
fn put(world: &World, file_name: &str, is_listed: bool) {
    world.backups.put(file_name, file_name.as_bytes().to_vec());
    let line = format!("{}  {file_name}\n", "ab".repeat(32));
    let sums = world.backups.checksum_list() + if is_listed { &line } else { "" };
    world.backups.replace_checksum_list(&sums).expect("no fault was scripted");
}

#[track_caller]
fn check_found(archives: &[(&str, bool)], expected: &[&str]) {
    let world = World::at("2026-03-04T16:00:00Z").with_schedules("docs;16:07;docs\n");
    for (file_name, is_listed) in archives {
        put(&world, file_name, *is_listed);
        world.clock.advance(chrono::TimeDelta::seconds(1));
    }
    serve(&world, "2026-03-04T16:05:00Z");
    let found = found(&world);
    let names: Vec<_> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, expected, "{archives:?}");
}

#[test]
fn only_what_is_ours_is_found() {
    check_found(&[("docs.tar", false)], &["docs.tar"]);
    check_found(&[("docs.tar.zst", false)], &[]);
    check_found(&[("docs.tar.zst", true)], &["docs.tar.zst"]);
    check_found(&[(FIRST, false), ("docs.tar", true)], &["docs.tar"]);
    check_found(&[(FIRST, true)], &[FIRST]);
    check_found(&[("docs.incomplete.tar", false)], &[]);
    check_found(&[("docs.tar", true), ("docs.incomplete.tar", true)], &["docs.tar", "docs.incomplete.tar"]);
    check_found(&[("music.tar", true), ("docs2.tar", true), ("notes.txt", true)], &[]);
    // Of two forms the newer one.
    check_found(&[("docs.tar", true), ("docs.tar.zst", true)], &["docs.tar.zst"]);
    check_found(&[("docs.tar.zst", true), ("docs.tar", true)], &["docs.tar"]);
}

#[test]
fn an_older_generation_stands_for_the_moment_in_its_name() {
    let world = World::at("2026-03-04T16:00:00Z").with_schedules("docs;16:07;docs\n");
    put(&world, FIRST, true);
    serve(&world, "2026-03-04T16:05:00Z");
    assert_eq!(found(&world), [format!("{FIRST} 01 16:07")]);
}

#[test]
fn beside_a_newest_one_that_is_known_no_other_form_of_it_is_found() {
    let world = World::at("2026-03-04T16:00:00Z").with_schedules("docs;16:07;docs\n");
    serve(&world, "2026-03-04T16:10:00Z");
    put(&world, "docs.tar.zst", true);
    serve(&world, "2026-03-04T16:15:00Z");
    assert_eq!(found(&world), [] as [String; 0]);
}

#[test]
fn the_sums_of_what_no_schedule_makes_any_more_stay_listed() {
    let world = lost();
    let sums = world.backups.checksum_list();
    world.schedules.write("a;16:07;a\n");
    serve(&world, "2026-03-04T17:00:00Z");
    let kept = world.backups.checksum_list();
    assert!(sums.lines().all(|line| kept.contains(line)), "{kept}");
    assert_eq!(kept.lines().count(), 4, "{kept}");
}

#[test]
fn what_is_incomplete_is_found_as_that() {
    let world = World::at("2026-03-04T16:00:00Z").with_schedules("docs;16:07;docs\n");
    put(&world, "docs.tar", true);
    world.clock.advance(chrono::TimeDelta::minutes(5));
    put(&world, "docs.incomplete.tar", true);
    serve(&world, "2026-03-04T16:06:00Z");
    let ledger = Ledger::new(&world.history.notes());
    let current = ledger.current_archives(&"docs".parse().unwrap());
    assert_eq!(current.incomplete.map(|run| run.outcome), Some(Outcome::Incomplete));
    assert_eq!(current.complete.map(|run| run.outcome), Some(Outcome::Done));
}

#[test]
fn schedules_that_share_an_archive_both_count_from_it() {
    let world = World::at("2026-03-09T16:00:00Z").with_schedules("docs;16:07;docs\ndocs;20:00;docs\n");
    assert_eq!(serve(&world, "2026-03-10T21:00:00Z"), 4);
    world.history.clear();
    assert_eq!(serve(&world, "2026-03-10T21:01:00Z"), 0);
    assert!(said(&world, "rebuilt from 1 archive,"));
}

#[test]
fn what_a_run_is_just_putting_in_its_place_is_not_found() {
    let world = World::at("2026-03-04T16:00:00Z").with_schedules("docs;16:07;docs\n");
    put(&world, "docs.tar", false);
    let sealed = run_record("docs;16:07;docs").began(world.at_now()).archive("docs.tar", 0).build();
    world.note(&HistoryNote::Sealed(sealed));
    serve(&world, "2026-03-04T16:05:00Z");
    assert_eq!(found(&world), [] as [String; 0]);
}

#[test]
fn an_archive_that_is_known_is_not_found() {
    let world = World::at("2026-03-09T16:00:00Z").with_schedules("docs;16:07;docs\n");
    serve(&world, "2026-03-10T17:00:00Z");
    assert!(!said(&world, "rebuilt"));
    world.backups.put("a.tar", Vec::new());
    serve(&world, "2026-03-10T18:00:00Z");
    assert!(!said(&world, "rebuilt"), "no schedule makes it");
    let mut found = world.ended()[0].clone();
    (found.began, found.ended) = (at("2020-01-01T00:00:00Z"), at("2020-01-01T00:00:00Z"));
    world.history.append(&HistoryNote::Found(found)).unwrap();
    let ledger = Ledger::new(&world.history.notes());
    assert_eq!(ledger.made("docs.tar"), world.ended().last());
    assert_eq!(serve(&world, "2026-03-11T17:00:00Z"), 1, "it makes what was due");
}

#[test]
fn a_backup_by_hand_is_found_and_what_is_planned_after_it_is_due() {
    let world = World::at("2026-03-10T03:50:00Z");
    world.manager().create("docs;05:00;docs").unwrap();
    world.clock.set(at("2026-03-10T03:52:00Z"));
    world.manager().run("docs", &SilentProgress).unwrap();
    let sums = world.backups.checksum_list();
    world.history.clear();
    assert_eq!(serve(&world, "2026-03-10T04:00:00Z"), 0);
    assert_eq!(found(&world), ["docs.tar 10 03:52"]);
    assert_eq!(world.backups.checksum_list(), sums);
    assert_eq!(serve(&world, "2026-03-10T06:00:00Z"), 1);
}
