//! Finding out whether backups are good.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use backup_core::manager::{ServiceManager, Verify, VerifyRequest};
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::Flaw;
use backup_core::model::job::RunJob;
use backup_core::operation::run::perform;
use backup_core::policy::integrity::ProblemKind;
use backup_core::policy::retention::Retention;
use backup_core::ports::{MockServiceControl, Progress, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, MemoryBackups, MemoryHistory, MemorySource, at};
use chrono::TimeDelta;

use crate::world::World;

/// What is done to an archive.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Cut,
    Changed,
}

/// A world in which docs was made on two days and older generations stay, and music once.
fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:5\na;16:07;music\n");
    for name in ["docs", "docs", "music"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
        world.clock.advance(TimeDelta::days(1));
    }
    world
}

fn order(name: Option<&str>, all: bool) -> VerifyRequest {
    VerifyRequest { name: name.map(str::to_owned), all }
}

fn said(world: &World, order: &VerifyRequest) -> Vec<String> {
    said_under(world, order, &SilentProgress)
}

fn said_under(world: &World, order: &VerifyRequest, progress: &dyn Progress) -> Vec<String> {
    let desk = Verify::new(world.ports());
    let plan = desk.plan(order).expect("it can be planned");
    let read = plan.archives.iter().filter_map(|archive| desk.verify(archive, progress).expect("it goes on"));
    let all = plan.missing.clone().into_iter().chain(read);
    all.map(|one| format!("{} {}", one.file_name, one.verdict)).collect()
}

fn harm(world: &World, file_name: &str, harm: Harm) {
    let mut bytes = world.backups.stored(file_name).expect("it stands");
    match harm {
        Harm::Cut => drop(bytes.pop()),
        Harm::Changed => {
            // Of the contents: the structure stays.
            let at = bytes.windows(4).position(|four| four == b"Dear").expect("the letter is in it");
            bytes[at] = b'B';
        }
    }
    world.backups.put(file_name, bytes);
}

const FIRST: &str = "docs.2026-03-10T09-30+0000.tar";

#[test]
fn what_somebody_else_made_may_end_in_another_way() {
    let world = world();
    let mut theirs = world.backups.stored("music.tar").expect("it stands");
    assert_eq!(theirs.pop(), Some(b'\n'), "the end as this archiver writes it");
    world.backups.put("theirs.tar", theirs.clone());
    assert_eq!(
        said(&world, &order(Some("theirs"), false)),
        ["theirs.tar whole, but the history doesn't know it"]
    );
    world.backups.put("music.tar", theirs);
    assert!(
        said(&world, &order(Some("music"), false))[0].contains("DAMAGED"),
        "a cut is found in what is known"
    );
}

#[test]
fn of_a_name_the_newest_complete_one_is_read_or_all() {
    let world = world();
    let newest = "docs.tar good (21 B, 2 entries, made for 2026-03-11 09:30)";
    assert_eq!(said(&world, &order(Some("docs"), false)), [newest]);
    let first = format!("{FIRST} good (21 B, 2 entries, made for 2026-03-10 09:30)");
    assert_eq!(said(&world, &order(Some("docs"), true)), [first.as_str(), newest]);
    let music = "music.tar good (21 B, 2 entries, made for 2026-03-12 09:30)";
    assert_eq!(said(&world, &order(None, false)), [first.as_str(), newest, music]);
    let last = world.journal.lines().pop();
    assert_eq!(last, Some(format!("[13/03/2026 09:30] Verified backups/{}", music.replacen(' ', ": ", 1))));
    let unknown = Verify::new(world.ports()).plan(&order(Some("photos"), true)).unwrap_err();
    assert!(matches!(unknown, Error::NoSuchBackup(_)), "{unknown}");
}

#[test]
fn a_cut_changed_unknown_or_missing_archive_is_reported() {
    let world = world();
    harm(&world, "docs.tar", Harm::Cut);
    harm(&world, FIRST, Harm::Changed);
    world.backups.put("photos.tar", world.backups.stored("music.tar").expect("it stands"));
    assert!(world.backups.take("music.tar"));
    let said = said(&world, &order(None, false));
    assert_eq!(said[0], "music.tar MISSING, though the history says it exists, made for 2026-03-12 09:30");
    assert!(said[1].starts_with(&format!("{FIRST} CHANGED since it was made: its SHA-256 is ")), "{said:?}");
    assert_eq!(said[2], "docs.tar DAMAGED: it breaks at byte 20");
    assert_eq!(said[3], "photos.tar whole, but the history doesn't know it");
    assert_eq!(said.len(), 4);
}

#[test]
fn what_no_schedule_names_may_be_gone() {
    let world = world().with_schedules("docs;16:07;docs\n");
    assert!(world.backups.take("music.tar"));
    assert_eq!(said(&world, &order(None, false)).len(), 2);
    // Asked for by its name, it is missing all the same.
    assert!(said(&world, &order(Some("music"), false))[0].starts_with("music.tar MISSING"));
}

#[test]
fn an_unreadable_archive_is_reported_and_the_rest_goes_on() {
    let mut world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs\na;16:07;music\n");
    let faults = Faults::only("digest");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    for name in ["docs", "music"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
    }
    faults.fail_next(Failure::Denied);
    let said = said(&world, &order(None, false));
    assert!(said[0].starts_with("docs.tar UNREADABLE: can't "), "{said:?}");
    assert!(said[1].starts_with("music.tar good"), "{said:?}");
}

/// Makes a new backup the first time that it is asked, which is in the middle of a walk.
struct MakesOne<'a> {
    world: &'a World,
    is_made: AtomicBool,
}

impl Progress for MakesOne<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        if !self.is_made.swap(true, Ordering::Relaxed) {
            self.world.archiver.put("/home/docs", MemorySource::folder().file("new", "new"));
            self.world.manager().run("docs", &SilentProgress).expect("it can be made");
        }
        false
    }
}

#[test]
fn what_is_replaced_while_it_is_read_is_read_again() {
    let world = world();
    let progress = MakesOne { world: &world, is_made: AtomicBool::new(false) };
    let said = said_under(&world, &order(Some("docs"), false), &progress);
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("docs.tar good (") && said[0].ends_with("made for 2026-03-13 09:30)"),
        "{said:?}"
    );
}

/// Wants an end at once.
struct Cancelled;

impl Progress for Cancelled {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}

#[test]
fn it_ends_when_somebody_wants_it() {
    let world = world();
    let desk = Verify::new(world.ports());
    let plan = desk.plan(&order(Some("docs"), false)).unwrap();
    let Err(Error::Port(error)) = desk.verify(&plan.archives[0], &Cancelled) else { panic!("it went on") };
    assert_eq!(error.failure, Failure::Interrupted);
}

fn verdicts(world: &World) -> Vec<(String, Retention)> {
    let planned = world.manager().prune_plan("docs").expect("it can be planned").generations.into_iter();
    planned.map(|one| (one.file_name, one.verdict)).collect()
}

fn kept(rule: &str) -> Retention {
    Retention::Kept(vec![rule.to_owned()])
}

/// Makes docs anew, with other contents.
fn run(world: &World) {
    world.clock.advance(TimeDelta::days(1));
    let text = format!("Dear {}", world.at_now());
    world.archiver.put("/home/docs", MemorySource::folder().file("letter", text.as_str()));
    world.manager().run("docs", &SilentProgress).expect("it can be made");
}

#[test]
fn what_a_verify_finds_damaged_counts_for_no_rule_and_the_last_good_one_stays() {
    for damage in [Harm::Cut, Harm::Changed] {
        let world = world();
        let good = world.backups.stored("docs.tar").expect("it stands");
        let mut bytes = good.clone();
        match damage {
            // The structure breaks, and the size stays.
            Harm::Cut => bytes.last_mut().into_iter().for_each(|last| *last ^= 1),
            Harm::Changed => bytes[5] ^= 1,
        }
        world.backups.put("docs.tar", bytes);
        let newest = said(&world, &order(Some("docs"), false)).remove(0);
        assert!(newest.contains(" DAMAGED: ") || newest.contains(" CHANGED "), "{newest}");
        let world = world.with_schedules("docs;16:07;docs;keep=last:1\n");
        let of = |name: &str, verdict| (name.to_owned(), verdict);
        assert_eq!(verdicts(&world), [of(FIRST, kept("last 1")), of("docs.tar", Retention::VerifyFailed)]);
        world.manager().prune("docs").expect("it can be done");
        assert_eq!(verdicts(&world).len(), 2, "the last good one stays");
        // It goes on under its dated name.
        run(&world);
        let second = "docs.2026-03-11T09-30+0000.tar";
        assert_eq!(verdicts(&world), [of(second, Retention::VerifyFailed), of("docs.tar", kept("last 1"))]);
        // It has become what it was.
        world.backups.put(second, good);
        assert_eq!(said(&world, &order(Some("docs"), true)).len(), 2);
        assert_eq!(verdicts(&world), [of(second, Retention::Goes), of("docs.tar", kept("last 1"))]);
    }
}

#[test]
fn only_what_is_news_is_noted() {
    let world = world();
    let noted = || world.history.notes().len();
    let before = noted();
    let all = || said(&world, &order(None, false));
    all();
    assert_eq!(noted(), before, "good ones are as they were");
    let good = world.backups.stored("docs.tar").expect("it stands");
    harm(&world, "docs.tar", Harm::Changed);
    world.backups.put("photos.tar", b"not an archive".to_vec());
    assert!(all().iter().any(|line| line.starts_with("photos.tar DAMAGED")));
    assert_eq!(noted(), before + 1, "what the history doesn't know is no matter of it");
    all();
    assert_eq!(noted(), before + 1, "it says so already");
    harm(&world, "docs.tar", Harm::Cut);
    all();
    assert_eq!(noted(), before + 2, "it is worse");
    world.backups.put("docs.tar", good);
    all();
    all();
    assert_eq!(noted(), before + 3, "it is good again");
}

#[test]
fn nothing_is_noted_of_what_a_lost_history_does_not_know() {
    let world = world();
    world.history.clear();
    harm(&world, "docs.tar", Harm::Changed);
    let changed = said(&world, &order(Some("docs"), false)).remove(0);
    assert!(changed.starts_with("docs.tar CHANGED"), "the list of sums tells it: {changed}");
    assert_eq!(world.history.notes(), []);
}

#[test]
fn a_verdict_that_cannot_be_recorded_is_reported_all_the_same() {
    let mut world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs\n");
    let faults = Faults::only("append");
    world.history = MemoryHistory::failing(&faults);
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    harm(&world, "docs.tar", Harm::Changed);
    faults.fail_from(1, Failure::Denied);
    let desk = Verify::new(world.ports());
    let archive = desk.plan(&order(None, false)).unwrap().archives.remove(0);
    let verified = desk.verify(&archive, &SilentProgress).unwrap().expect("it stands");
    assert!(!verified.verdict.is_sound());
    assert!(verified.history_error.is_some_and(|reason| reason.starts_with("can't append to the history")));
    let said = world.journal.sentences();
    assert!(said.iter().any(|line| line.starts_with("Verified backups/docs.tar: CHANGED")), "{said:?}");
    assert!(said.last().is_some_and(|line| line.starts_with("Error: can't append")), "{said:?}");
}

#[test]
fn what_cant_be_read_counts_for_no_rule_until_it_can() {
    let mut world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:1\n");
    let faults = Faults::only("digest");
    world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    faults.fail_next(Failure::Other);
    for expected in [Retention::VerifyFailed, kept("last 1")] {
        said(&world, &order(None, false));
        assert_eq!(verdicts(&world), [("docs.tar".to_owned(), expected)]);
    }
}

#[test]
fn status_says_it_until_a_new_one_is_made_or_it_is_good() {
    let world = world();
    let mut control = MockServiceControl::new();
    control.expect_running().returning(|| Ok(None));
    let status = || ServiceManager::new(world.ports(), &control).status().expect("it can be told");
    let archive_problem =
        || status().schedules.remove(0).archive_problem.map(|problem| (problem.kind, problem.older));
    run(&world);
    world.manager().run("music", &SilentProgress).expect("it can be made");
    assert!(status().is_all_right());
    let good = world.backups.stored("docs.tar").expect("it stands");
    let break_it = || {
        harm(&world, "docs.tar", Harm::Changed);
        said(&world, &order(None, false));
        assert!(!status().is_all_right());
    };
    break_it();
    let Some((ProblemKind::Flawed(verification), Some(older))) = archive_problem() else {
        panic!("{:?}", archive_problem())
    };
    assert!(matches!(verification.flaw, Some(Flaw::Changed(_))), "{verification:?}");
    assert_eq!((verification.at, older.as_str()), (world.at_now(), "docs.2026-03-11T09-30+0000.tar"));
    // The way out it names is none that is as bad.
    harm(&world, &older, Harm::Changed);
    said(&world, &order(None, false));
    assert_eq!(archive_problem().and_then(|(_, older)| older).as_deref(), Some(FIRST));
    world.backups.put("docs.tar", good);
    said(&world, &order(Some("docs"), false));
    assert!(status().is_all_right());
    break_it();
    run(&world);
    world.manager().run("music", &SilentProgress).expect("it can be made");
    assert!(status().is_all_right());
}

#[test]
fn the_service_hears_of_it_before_it_removes_what_is_older() {
    let world = World::at("2026-03-01T00:00:00Z").with_schedules("docs;16:07;docs;keep=last:2\n");
    let work = |job: &RunJob, progress: &dyn Progress| {
        // In the middle of the third run.
        if world.ended().len() == 2 {
            harm(&world, "docs.tar", Harm::Changed);
            said(&world, &order(Some("docs"), false));
        }
        perform(&world.ports(), job, progress)
    };
    let runner = InstantRunner::new(&world.clock, at("2026-03-04T00:00:00Z"), work);
    world.service(ServiceSettings::default()).run(&runner);
    let names = ["docs.2026-03-01T16-07+0000.tar", "docs.2026-03-02T16-07+0000.tar", "docs.tar"];
    assert_eq!(world.backups.file_names(), names, "the first is one of the two good ones");
}

#[test]
fn a_missing_older_archive_is_reported_until_a_prune_forgets_it() {
    let world = world();
    run(&world);
    assert!(world.backups.take(FIRST));
    let gone = format!("{FIRST} MISSING, though the history says it exists, made for 2026-03-10 09:30");
    for name in [Some("docs"), None] {
        assert_eq!(said(&world, &order(name, true))[0], gone);
        assert!(!said(&world, &order(name, false)).contains(&gone), "nobody asked for all");
    }
    let pruned = world.manager().prune("docs").expect("it can be done");
    assert_eq!((pruned.forgotten, pruned.failures), (vec![FIRST.to_owned()], vec![]));
    assert!(world.journal.sentences().contains(&"Forgot 1 older backup of docs that is gone".to_owned()));
    assert_eq!(said(&world, &order(Some("docs"), true)).len(), 2, "it is forgotten");
    assert_eq!(world.manager().prune("docs").expect("it can be done").forgotten, [""; 0]);
}

#[test]
fn where_none_stands_none_is_forgotten() {
    let world = world();
    assert!(world.backups.take(FIRST) && world.backups.take("docs.tar"));
    assert_eq!(world.manager().prune("docs").expect("it can be done").forgotten, [""; 0]);
    let said = said(&world, &order(Some("docs"), true));
    assert!(
        said[0].starts_with(&format!("{FIRST} MISSING")) && said[1].starts_with("docs.tar MISSING"),
        "{said:?}"
    );
}
