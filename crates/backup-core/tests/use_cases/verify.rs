//! Finding out whether backups are good.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use backup_core::error::{Error, Failure};
use backup_core::manager::{VerifyDesk, VerifyOrder};
use backup_core::ports::{Progress, SilentProgress};
use backup_core::testing::{Faults, MemoryBackups, MemorySource};

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
        world.clock.advance(chrono::TimeDelta::days(1));
    }
    world
}

fn order(name: Option<&str>, all: bool) -> VerifyOrder {
    VerifyOrder { name: name.map(str::to_owned), all }
}

fn said(world: &World, order: &VerifyOrder) -> Vec<String> {
    said_under(world, order, &SilentProgress)
}

fn said_under(world: &World, order: &VerifyOrder, progress: &dyn Progress) -> Vec<String> {
    let desk = VerifyDesk::new(world.ports());
    let plan = desk.plan(order).expect("it can be planned");
    let read = plan.archives.iter().filter_map(|archive| desk.verify(archive, progress).expect("it goes on"));
    let all = plan.missing.clone().into_iter().chain(read);
    all.map(|one| format!("{} {}", one.file_name, one.soundness)).collect()
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
fn of_a_name_the_newest_complete_one_is_read_or_all() {
    let world = world();
    let newest = "docs.tar good (21 B, 2 entries, made for 11/03/2026 09:30)";
    assert_eq!(said(&world, &order(Some("docs"), false)), [newest]);
    let first = format!("{FIRST} good (21 B, 2 entries, made for 10/03/2026 09:30)");
    assert_eq!(said(&world, &order(Some("docs"), true)), [first.as_str(), newest]);
    let music = "music.tar good (21 B, 2 entries, made for 12/03/2026 09:30)";
    assert_eq!(said(&world, &order(None, false)), [first.as_str(), newest, music]);
    let last = world.journal.lines().pop();
    assert_eq!(last, Some(format!("[13/03/2026 09:30] Verified backups/{}", music.replacen(' ', ": ", 1))));
    let unknown = VerifyDesk::new(world.ports()).plan(&order(Some("photos"), true)).unwrap_err();
    assert!(matches!(unknown, Error::NoSuchBackup(_)), "{unknown}");
}

#[test]
fn what_is_cut_changed_unknown_or_gone_is_told() {
    let world = world();
    harm(&world, "docs.tar", Harm::Cut);
    harm(&world, FIRST, Harm::Changed);
    world.backups.put("photos.tar", world.backups.stored("music.tar").expect("it stands"));
    assert!(world.backups.take("music.tar"));
    let said = said(&world, &order(None, false));
    assert_eq!(said[0], "music.tar MISSING, though the history says it stands, made for 12/03/2026 09:30");
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
fn what_cant_be_read_is_told_and_the_rest_goes_on() {
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
        said[0].starts_with("docs.tar good (") && said[0].ends_with("made for 13/03/2026 09:30)"),
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
    let desk = VerifyDesk::new(world.ports());
    let plan = desk.plan(&order(Some("docs"), false)).unwrap();
    let Err(Error::Port(error)) = desk.verify(&plan.archives[0], &Cancelled) else { panic!("it went on") };
    assert_eq!(error.failure, Failure::Interrupted);
}
