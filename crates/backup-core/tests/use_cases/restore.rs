//! Getting files back.

use std::path::{Path, PathBuf};

use backup_core::manager::{Restore, RestoreDestination, RestoreRequest};
use backup_core::model::archive::Suggestion;
use backup_core::model::archive::{ArchiveDigest, FindingKind};
use backup_core::model::error::{Error, Failure};
use backup_core::model::restore::{
    IfExists, Refusal, RestoreFinding, RestoreFindingKind, RestoreReport, RestoreTarget,
};
use backup_core::ports::{BackupStore, SilentProgress};
use backup_core::testing::{Faults, MemoryRestorer, MemorySource};

use crate::world::World;

/// A world in which the backup docs was made, and later that of music.
fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs\na;16:07;music\n");
    for name in ["docs", "music"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::minutes(1));
    }
    world
}

fn order(place: RestoreDestination) -> RestoreRequest {
    RestoreRequest {
        name: "docs".to_owned(),
        generation: None,
        at: None,
        chosen: vec![b"letter".to_vec()],
        place,
        overwrite: false,
        keep_setuid: false,
    }
}

/// The report of a restore that created this many entries.
fn made(entries: u64) -> RestoreReport {
    let mut report = RestoreReport::default();
    report.entries = entries;
    report
}

fn beside() -> RestoreDestination {
    RestoreDestination::Beside(PathBuf::from("/here"))
}

#[test]
fn the_newest_archive_of_that_name_goes_to_a_new_folder() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let plan = desk.plan(&order(beside())).unwrap();
    restorer.answer(made(2));
    assert_eq!(desk.restore(&plan, &SilentProgress).unwrap().entries, 2);
    let [(request, bytes)] = &restorer.asked()[..] else { panic!("asked once") };
    assert_eq!(request.target, RestoreTarget::Beside(PathBuf::from("/here/docs.restored")));
    assert_eq!((request.existing, request.keep_setuid), (IfExists::Refuse, false));
    assert_eq!(request.chosen, [b"letter".to_vec()]);
    assert_eq!(Some(bytes), world.backups.contents("docs.tar").as_ref());
    let last = world.journal.lines().pop();
    assert_eq!(
        last.as_deref(),
        Some("[10/03/2026 09:32] Restored 2 entries of backups/docs.tar in /here/docs.restored")
    );
}

#[test]
fn the_place_decides_what_may_be_replaced() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let folder = || RestoreDestination::Folder(PathBuf::from("/there"));
    let cases = [
        (beside(), [IfExists::Refuse, IfExists::Replace]),
        (folder(), [IfExists::Keep, IfExists::Replace]),
        (RestoreDestination::InPlace, [IfExists::Replace, IfExists::Replace]),
    ];
    for (place, expected) in cases {
        for (overwrite, expected) in [false, true].into_iter().zip(expected) {
            let order = RestoreRequest { overwrite, ..order(place.clone()) };
            assert_eq!(desk.plan(&order).unwrap().request.existing, expected, "{order:?}");
        }
    }
    let target = |place| desk.plan(&order(place)).unwrap().request.target;
    assert_eq!(target(folder()), RestoreTarget::Folder(PathBuf::from("/there")));
    assert_eq!(
        target(RestoreDestination::InPlace),
        RestoreTarget::Source(Path::new("/home/docs").to_owned())
    );
}

#[test]
fn what_is_gone_on_with_is_the_same_restore() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let identity = |order: &RestoreRequest| desk.plan(order).unwrap().request.identity;
    let first = order(beside());
    assert_eq!(identity(&first), identity(&first));
    let others = [
        RestoreRequest { chosen: vec![], ..first.clone() },
        RestoreRequest { keep_setuid: true, ..first.clone() },
        RestoreRequest { name: "music".to_owned(), ..first.clone() },
        RestoreRequest {
            name: "music".to_owned(),
            generation: Some("music.tar".to_owned()),
            ..first.clone()
        },
    ];
    for other in others {
        assert_ne!(identity(&other), identity(&first), "{other:?}");
    }
    let before = identity(&first);
    world.clock.advance(chrono::TimeDelta::minutes(1));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_ne!(identity(&first), before, "a new archive of that name");
    world.schedules.write("docs;16:07;docs;keep=last:9\na;16:07;music\n");
    let before = identity(&first);
    world.clock.advance(chrono::TimeDelta::minutes(1));
    world.manager().run("docs", &SilentProgress).unwrap();
    assert_ne!(identity(&first), before);
    let aside = world.backups.file_names().into_iter().find(|name| name.starts_with("docs.2026"));
    assert_eq!(
        identity(&RestoreRequest { generation: aside, ..first }),
        before,
        "it has only another name now"
    );
}

#[test]
fn backup_manager_s_own_files_are_no_target() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let folder = |path: &str| RestoreDestination::Folder(PathBuf::from(path));
    let own = [
        folder("/home"),
        folder("/home/backups"),
        folder("/home/backups/docs"),
        folder("/home/logs/x/y"),
        RestoreDestination::Beside(PathBuf::from("/home/backups")),
    ];
    for place in own {
        for overwrite in [false, true] {
            let order = RestoreRequest { overwrite, ..order(place.clone()) };
            let error = desk.plan(&order).unwrap_err();
            let Error::RestoreFailed { archive, cause, .. } = &error else { panic!("{place:?}: {error}") };
            assert_eq!(
                (archive.as_str(), cause.failure),
                ("backups/docs.tar", Failure::Refused),
                "{place:?}"
            );
            let told = error.to_string();
            assert!(told.starts_with("can't restore backups/docs.tar: can't restore to /home"), "{told}");
            assert!(world.journal.lines().pop().unwrap().ends_with(&format!("Error: {told}")), "{told}");
        }
    }
    for place in [
        folder("/home/docs"),
        folder("/home/backups2"),
        RestoreDestination::Beside("/home".into()),
        folder("/"),
    ] {
        assert!(desk.plan(&order(place.clone())).is_ok(), "{place:?}");
    }
    // A schedule of the home itself, which leaves these out, is restored in place all the same.
    world.schedules.write("/home;16:07;docs\n");
    assert!(desk.plan(&order(RestoreDestination::InPlace)).is_ok());
}

#[test]
fn a_dot_is_everything() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let plan = |lines: &[&str]| {
        let chosen = lines.iter().map(|line| Vec::from(*line)).collect();
        desk.plan(&RestoreRequest { chosen, ..order(beside()) }).unwrap()
    };
    for lines in [&["."][..], &["./"], &[".", "./"]] {
        assert_eq!(plan(lines), plan(&[]), "{lines:?}");
    }
    assert_eq!(plan(&[".", "!letter"]).request.chosen, [&b"."[..], b"!letter"]);
}

#[test]
fn what_does_not_exist_is_reported() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let error = |order: RestoreRequest| desk.plan(&order).unwrap_err();
    for name in ["films", "docs.incomplete"] {
        let order = RestoreRequest { name: name.to_owned(), ..order(beside()) };
        assert!(matches!(error(order), Error::NoSuchBackup(missing) if missing == name));
    }
    let path = "../docs".to_owned();
    let suggestion = Suggestion::Similar("docs".to_owned());
    let order_by_path = RestoreRequest { name: path.clone(), ..order(beside()) };
    assert_eq!(error(order_by_path), Error::NotABackup { name: path, suggestion });
    let generation = Some("docs.tar.zst".to_owned());
    let missing = error(RestoreRequest { generation, ..order(beside()) });
    let named = error(RestoreRequest { name: "docs.tar".to_owned(), ..order(beside()) });
    assert_eq!(named.to_string(), "can't find a backup \"docs.tar\"");
    let suggestion = Suggestion::Archive { name: "docs".to_owned(), file_name: "docs.tar".to_owned() };
    assert_eq!(named, Error::NotABackup { name: "docs.tar".to_owned(), suggestion });
    assert_eq!(missing.to_string(), "can't find a backup \"docs.tar.zst\"");
    world.manager().delete("0").unwrap();
    let error = error(order(RestoreDestination::InPlace));
    assert!(matches!(&error, Error::SourceUnknown(name) if name == "docs"), "{error}");
    assert!(world.journal.lines().pop().unwrap().ends_with("Error: no schedule has the name docs"));
    let nothing = World::at("2026-03-10 09:30");
    let desk = Restore::new(nothing.ports(), &restorer);
    assert!(matches!(desk.plan(&order(beside())), Err(Error::BackupsMissing)));
}

#[test]
fn the_journal_hears_what_is_missing_and_what_failed() {
    let (world, faults) = (world(), Faults::none());
    let restorer = MemoryRestorer::failing(&faults);
    let desk = Restore::new(world.ports(), &restorer);
    let plan = desk.plan(&order(beside())).unwrap();
    let mut report = RestoreReport::default();
    report.unmatched = vec!["x".to_owned()];
    report.add(PathBuf::from("a"), RestoreFindingKind::Refused(Refusal::Absolute));
    restorer.answer(report);
    desk.restore(&plan, &SilentProgress).unwrap();
    let last = || world.journal.lines().pop().unwrap();
    assert!(last().ends_with("/here/docs.restored; 2 entries could not be restored"), "{}", last());
    faults.fail_next(Failure::Full);
    let error = desk.restore(&plan, &SilentProgress).unwrap_err();
    assert!(
        error.to_string().starts_with("can't restore backups/docs.tar: can't restore the archive"),
        "{error}"
    );
    assert!(
        last().contains("Error: can't restore backups/docs.tar: can't restore the archive"),
        "{}",
        last()
    );
}

#[test]
fn a_moment_chooses_the_newest_one_at_or_before_it() {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:9\n");
    for _ in 0..3 {
        world.manager().run("docs", &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::hours(20));
    }
    // One that the history knows, but that stands no more.
    assert!(world.backups.take("docs.2026-03-11T05-30+0000.tar"));
    let restorer = MemoryRestorer::default();
    let desk = Restore::new(world.ports(), &restorer);
    let plan = |at: &str| desk.plan(&RestoreRequest { at: Some(at.to_owned()), ..order(beside()) });
    let first = ("docs.2026-03-10T09-30+0000.tar", "10/03 09:30");
    let cases = [
        ("2026-03-10", first),
        ("2026-03-10 09:30", first),
        ("2026-03-11", first),
        ("2026-03-12 01:29", first),
        ("2026-03-12 01:30", ("docs.tar", "12/03 01:30")),
        ("today", ("docs.tar", "12/03 01:30")),
        ("yesterday 23:00", first),
    ];
    for (at, (file_name, made_for)) in cases {
        let plan = plan(at).unwrap();
        let told = plan.made_for.map(|made_for| made_for.format("%d/%m %H:%M").to_string());
        assert_eq!((plan.archive.file_name.as_str(), told.as_deref()), (file_name, Some(made_for)), "{at}");
    }
    let error = plan("2026-03-10 09:29").unwrap_err().to_string();
    let expected = "docs has no backup of 2026-03-10 09:29 or before; the oldest is docs.2026-03-10T09-30+0000.tar, \
                    made for 2026-03-10 09:30";
    assert_eq!(error, expected);
    assert!(matches!(plan("soon"), Err(Error::UnclearMoment(_))));
    let music = RestoreRequest { name: "music".to_owned(), at: Some("today".to_owned()), ..order(beside()) };
    assert!(matches!(desk.plan(&music), Err(Error::NoSuchBackup(_))));
}

#[test]
fn a_moment_with_seconds_tells_backups_of_one_minute_apart() {
    let world = World::at("2026-11-30T08:36:01.4Z").with_schedules("docs;16:07;docs;keep=last:9\n");
    for pause in [2, 1, 1] {
        world.manager().run("docs", &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::seconds(pause));
    }
    let restorer = MemoryRestorer::default();
    let desk = Restore::new(world.ports(), &restorer);
    let plan = |at: &str| desk.plan(&RestoreRequest { at: Some(at.to_owned()), ..order(beside()) });
    let first = "docs.2026-11-30T08-36-01+0000.tar";
    let second = "docs.2026-11-30T08-36-03+0000.tar";
    let cases = [
        ("2026-11-30 08:36:01", first),
        ("2026-11-30 08:36:02", first),
        ("2026-11-30T08:36:02Z", first),
        ("2026-11-30T09:36:03+01:00", second),
        ("08:36:03", second),
        ("today 08:36:04", "docs.tar"),
        ("2026-11-30 08:36", "docs.tar"),
        ("2026-11-30", "docs.tar"),
    ];
    for (at, file_name) in cases {
        assert_eq!(plan(at).unwrap().archive.file_name, file_name, "{at}");
    }
    assert!(matches!(plan("2026-11-30 08:36:00"), Err(Error::NothingThatOld { .. })));
}

#[test]
fn an_archive_that_is_not_what_was_made_is_reported() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let desk = Restore::new(world.ports(), &restorer);
    let everything = RestoreRequest { chosen: vec![], ..order(beside()) };
    let digests = |order: &RestoreRequest| desk.plan(order).unwrap().request.digests;
    assert!(digests(&everything));
    assert!(!digests(&order(beside())), "some of it is found by seeking");
    let plan = desk.plan(&everything).unwrap();
    let restored = |archive: Option<ArchiveDigest>| {
        let mut report = made(2);
        report.archive = archive;
        restorer.answer(report);
        desk.restore(&plan, &SilentProgress).unwrap()
    };
    let made = world.backups.digest("docs.tar", &SilentProgress).unwrap();
    assert!(restored(None).is_complete());
    assert!(restored(Some(made)).is_complete());
    let report = restored(Some(ArchiveDigest { sha256: [7; 32], ..made }));
    assert!(!report.is_complete());
    let said = report.findings[0].to_string();
    assert!(said.starts_with("THE ARCHIVE ISN'T WHAT WAS WRITTEN"), "{said}");
    assert!(said.contains("its SHA-256 is 070707070707..., not "), "{said}");
    // Where the history is lost, the catalog tells, and without one the list of sums.
    world.history.clear();
    for lose in [|_: &World| (), |world: &World| world.backups.lose_catalogs()] {
        lose(&world);
        assert!(digests(&everything));
        assert!(!restored(Some(ArchiveDigest { sha256: [7; 32], ..made })).is_complete());
    }
    // What nobody knows the sum of is restored all the same.
    world.backups.replace_checksum_list("").unwrap();
    assert!(!digests(&everything));
    assert!(restored(Some(ArchiveDigest { sha256: [7; 32], ..made })).is_complete());
}

#[test]
fn what_an_incomplete_archive_lacks_is_reported() {
    let (world, restorer) = (world(), MemoryRestorer::default());
    let unreadable = FindingKind::Unreadable("Input/output error".to_owned());
    let source = MemorySource::folder().file("letter", "one").finding("b", unreadable);
    world.archiver.put("/home/docs", source);
    world.manager().run("docs", &SilentProgress).unwrap();
    let desk = Restore::new(world.ports(), &restorer);
    let plan = |name: &str| {
        let generation = Some(name.to_owned());
        desk.plan(&RestoreRequest { generation, chosen: vec![], ..order(beside()) }).unwrap()
    };
    let restored = |name: &str| {
        restorer.answer(made(1));
        let report = desk.restore(&plan(name), &SilentProgress).unwrap();
        let lines: Vec<_> = report.findings.iter().flat_map(RestoreFinding::lines).collect();
        assert_eq!(report.is_complete(), lines.is_empty());
        lines
    };
    let headline = "THE ARCHIVE IS INCOMPLETE: what could not be read when it was made is missing, or holds zeros instead";
    let known = [headline, "when it was made: can't read b: Input/output error"];
    assert_eq!(restored("docs.incomplete.tar"), known);
    let last = world.journal.lines().pop().unwrap();
    assert!(last.ends_with(&format!("/here/docs.restored; {headline}")), "{last}");
    let preview = desk.preview(&plan("docs.incomplete.tar"), &SilentProgress).unwrap();
    assert_eq!(preview.refused.iter().flat_map(RestoreFinding::lines).collect::<Vec<_>>(), known);
    assert_eq!(preview.refused_entries, 1);
    assert!(restored("docs.tar").is_empty());
    // Another file that has the name by now, and one that no history knows.
    world.backups.put("docs.incomplete.tar", world.backups.contents("docs.tar").unwrap());
    assert_eq!(restored("docs.incomplete.tar"), [headline]);
    world.history.clear();
    assert_eq!(restored("docs.incomplete.tar"), [headline]);
}

#[test]
fn only_what_was_planned_with_is_restored() {
    let letter = |text: &str| MemorySource::folder().file("letter", text);
    for (options, before) in
        [("", None), (";keep=last:9", Some("docs.2026-03-10T09-30+0000.tar")), (";compress=zstd", None)]
    {
        let world = World::at("2026-03-10 09:30").with_schedules(&format!("docs;16:07;docs{options}\n"));
        world.archiver.put("/home/docs", letter("one"));
        world.manager().run("docs", &SilentProgress).unwrap();
        let restorer = MemoryRestorer::default();
        let desk = Restore::new(world.ports(), &restorer);
        let plan = desk.plan(&order(RestoreDestination::InPlace)).unwrap();
        assert_eq!(desk.preview(&plan, &SilentProgress).unwrap().new_entries, 1);
        world.clock.advance(chrono::TimeDelta::minutes(1));
        world.archiver.put("/home/docs", letter("two"));
        world.manager().run("docs", &SilentProgress).unwrap();
        let error = desk.restore(&plan, &SilentProgress).unwrap_err();
        let Error::ReplacedMeanwhile { before: told, .. } = &error else { panic!("{error}") };
        assert_eq!(told.as_deref(), before, "{options}");
        assert_eq!(restorer.target(Path::new("/home/docs")), None, "nothing is written");
        let again = desk.plan(&order(RestoreDestination::InPlace)).unwrap();
        assert_eq!(desk.restore(&again, &SilentProgress).unwrap().entries, 1);
        let restored = restorer.target(Path::new("/home/docs")).unwrap();
        assert_eq!(restored[Path::new("letter")], b"two");
    }
}

#[test]
fn the_archive_before_a_damaged_one_is_suggested() {
    let faults = Faults::none();
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:9\n");
    let restorer = MemoryRestorer::failing(&faults);
    let desk = Restore::new(world.ports(), &restorer);
    let named = |generation: Option<&str>, failure| {
        let generation = generation.map(str::to_owned);
        let plan = desk.plan(&RestoreRequest { generation, ..order(beside()) }).unwrap();
        faults.fail_next(failure);
        match desk.restore(&plan, &SilentProgress).unwrap_err() {
            Error::RestoreFailed { older, .. } => older,
            other => panic!("{other}"),
        }
    };
    let run = || {
        world.manager().run("docs", &SilentProgress).unwrap();
        world.clock.advance(chrono::TimeDelta::minutes(1));
    };
    run();
    assert_eq!(named(None, Failure::Damaged), None);
    run();
    run();
    let before = "docs.2026-03-10T09-31+0000.tar";
    assert_eq!(named(None, Failure::Damaged).as_deref(), Some(before));
    assert_eq!(named(Some(before), Failure::Damaged), None, "no other is before that for sure");
    assert_eq!(named(None, Failure::Denied), None);
}

#[test]
fn an_archive_tells_how_much_is_in_it() {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;compress=zstd\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let restorer = MemoryRestorer::default();
    let desk = Restore::new(world.ports(), &restorer);
    let plan = desk.plan(&order(beside())).unwrap();
    let plain = world.backups.contents("docs.tar.zst").unwrap().len() as u64;
    assert_ne!(plan.archive.archive_bytes, plain);
    assert_eq!(desk.plain_bytes(&plan), Some(plain));
}

#[test]
fn a_compressed_archive_is_not_digested_as_tar() {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;compress=zstd\n");
    world.manager().run("docs", &SilentProgress).unwrap();
    let restorer = MemoryRestorer::default();
    let everything = RestoreRequest { chosen: vec![], ..order(beside()) };
    assert!(!Restore::new(world.ports(), &restorer).plan(&everything).unwrap().request.digests);
}

#[test]
fn a_path_may_have_the_source_in_front() {
    let faults = Faults::none();
    let (world, restorer) = (world(), MemoryRestorer::failing(&faults));
    let desk = Restore::new(world.ports(), &restorer);
    let chosen = |name: &str, line: &str, matches: bool| {
        let order = RestoreRequest { name: name.to_owned(), chosen: vec![line.into()], ..order(beside()) };
        let plan = desk.plan(&order).unwrap();
        if !matches {
            faults.fail_next(Failure::Missing);
        }
        restorer.answer(made(1));
        desk.restore(&plan, &SilentProgress).map(|_| ()).unwrap();
        let (job, _) = restorer.asked().pop().expect("it was asked");
        job.chosen.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join(" ")
    };
    // The folder of music is called a.
    assert_eq!(chosen("docs", "docs/letter", false), "/letter");
    assert_eq!(chosen("music", "./a/b/c", false), "/b/c");
    assert_eq!(chosen("docs", "docs/", false), "", "all of it");
    let absolute = world.ports().home.join("docs/letter");
    assert_eq!(chosen("docs", absolute.to_str().unwrap(), false), "/letter");
    assert_eq!(chosen("docs", "docs/letter", true), "docs/letter", "what is below the source comes first");
}

#[test]
fn a_path_that_is_nowhere_is_reported_as_it_was_typed() {
    let faults = Faults::none();
    let (world, restorer) = (world(), MemoryRestorer::failing(&faults));
    let desk = Restore::new(world.ports(), &restorer);
    for line in ["letter", "music/b"] {
        let order = RestoreRequest { chosen: vec![line.into()], ..order(beside()) };
        let plan = desk.plan(&order).unwrap();
        faults.fail_next(Failure::Missing);
        let error = desk.restore(&plan, &SilentProgress).unwrap_err();
        assert!(matches!(error, Error::RestoreFailed { .. }), "{line}: {error}");
    }
}
