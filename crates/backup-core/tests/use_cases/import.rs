//! Archives of another tool become older generations.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use backup_core::manager::{ArchiveQuery, Import, ImportFile, ImportPlan, ImportRequest, ImportState};
use backup_core::model::archive::Packing;
use backup_core::model::error::{Error, Failure};
use backup_core::model::history::{HistoryNote, Ledger};
use backup_core::policy::import::NotTaken;
use backup_core::ports::{BackupStore, Progress, SilentProgress};
use backup_core::testing::{Faults, MemoryBackups, MemoryFolder, MemoryHistory, MemorySource, at};

use crate::world::World;

const FIRST: &str = "docs.2026-03-01T00-00+0000.tar";
const SECOND: &str = "docs.2026-03-02T03-00+0000.tar";
const THIRD: &str = "docs.2026-03-03T00-00+0000.tar.zst";

fn world() -> World {
    World::at("2026-03-10 09:30")
}

fn archive(letter: &str) -> Vec<u8> {
    MemorySource::folder().file("letter", letter).archive()
}

/// A folder with three archives of docs, each packed in another way.
fn folder() -> MemoryFolder {
    let folder = MemoryFolder::new();
    put(&folder, "docs-2026-03-01.tar", &archive("first"));
    put(&folder, "docs_20260302-0300.tar.gz", &MemoryFolder::packed(&archive("second"), Packing::Gzip));
    put(&folder, "docs-2026-03-03.tar.zst", &MemoryFolder::packed(&archive("third"), Packing::Zstd));
    put(&folder, "notes.txt", b"no archive");
    folder
}

fn put(folder: &MemoryFolder, name: &str, bytes: &[u8]) {
    folder.put(name, at("2026-03-05T12:00:30Z"), bytes.to_vec());
}

fn plan(world: &World, folder: &MemoryFolder) -> Result<ImportPlan, Error> {
    let request = ImportRequest { folder: "/old", name: "docs", only: None };
    Import::new(world.ports(), folder).plan(&request, &SilentProgress)
}

/// Imports all, and returns what became of each file.
fn import(world: &World, folder: &MemoryFolder) -> Vec<String> {
    let (states, ended) = import_under(world, folder, &SilentProgress);
    ended.expect("nothing ends it");
    states
}

fn import_under(
    world: &World,
    folder: &MemoryFolder,
    progress: &dyn Progress,
) -> (Vec<String>, Result<(), Error>) {
    let plan = plan(world, folder).expect("it can be planned");
    let mut states = Vec::new();
    let mut visit = |file: &ImportFile| states.push(state(file));
    let ended = Import::new(world.ports(), folder).carry_out(&plan, &mut visit, progress);
    (states, ended)
}

fn state(file: &ImportFile) -> String {
    match &file.state {
        ImportState::New => "new".to_owned(),
        ImportState::InPlace(_) => "in place".to_owned(),
        ImportState::Taken => "taken".to_owned(),
        ImportState::Known(archive) => format!("known {archive}"),
        ImportState::NotTaken(reason) => format!("{reason:?}"),
    }
}

fn at_moment(world: &World, at: &str) -> Option<String> {
    let query = ArchiveQuery { name: "docs", generation: None, at: Some(at) };
    query.find(&world.ports()).ok().map(|found| found.archive.file_name)
}

#[test]
fn every_archive_becomes_a_generation_of_its_moment() {
    let (world, folder) = (world(), folder());
    assert_eq!(import(&world, &folder), ["taken"; 3]);
    assert_eq!(world.backups.file_names(), [FIRST, SECOND, THIRD]);
    for (file_name, letter) in [(FIRST, "first"), (SECOND, "second"), (THIRD, "third")] {
        assert_eq!(world.backups.contents(file_name), Some(archive(letter)), "{file_name}");
        assert!(world.backups.checksum_list().contains(file_name), "{file_name} has a sum");
    }
    let found = |moment: &str| at_moment(&world, moment);
    assert_eq!(found("2026-03-01"), Some(FIRST.to_owned()));
    assert_eq!(found("2026-03-02 02:59"), Some(FIRST.to_owned()));
    assert_eq!(found("2026-03-09"), Some(THIRD.to_owned()));
    assert_eq!(found("2026-02-28"), None);
    let sentences = world.journal.sentences();
    assert!(sentences.iter().any(|line| line.contains("Took over 3 older backups of docs")), "{sentences:?}");
    assert!(world.history.notes().iter().all(|note| matches!(note, HistoryNote::Found(_))));
}

#[test]
fn a_second_import_takes_nothing_twice() {
    let (world, folder) = (world(), folder());
    import(&world, &folder);
    let (notes, files) = (world.history.notes(), world.backups.file_names());
    assert_eq!(import(&world, &folder), [FIRST, SECOND, THIRD].map(|archive| format!("known {archive}")));
    assert_eq!((world.history.notes(), world.backups.file_names()), (notes, files));
    put(&folder, "docs-2026-03-01.tar", &archive("changed"));
    let taken = format!("{:?}", NotTaken::Taken(FIRST.to_owned()));
    assert_eq!(import(&world, &folder)[0], taken);
    assert_eq!(world.backups.contents(FIRST), Some(archive("first")));
}

#[test]
fn what_is_no_good_archive_keeps_no_other_from_being_taken() {
    let (world, folder) = (world(), folder());
    let whole = archive("cut");
    put(&folder, "docs-2026-02-01.tar", &whole[..whole.len() - 6]);
    put(&folder, "docs-2026-02-02.tgz", b"no gzip");
    put(&folder, "docs-2026-02-03.tar.xz", b"xz");
    put(&folder, "docs-2026-02-04.tar", &archive("one"));
    put(&folder, "docs_20260204.tar", &archive("other"));
    put(&folder, "docs-2027-01-01.tar", &archive("ahead"));
    let states = import(&world, &folder);
    let same = |other: &str| format!("{:?}", NotTaken::SameMoment(vec![other.to_owned()]));
    assert!(states[0].starts_with("Unreadable"), "{states:?}");
    assert!(states[1].starts_with("Unreadable"), "{states:?}");
    let expected = ["Packing".to_owned(), same("docs_20260204.tar"), same("docs-2026-02-04.tar")];
    assert_eq!(states[2..5], expected);
    assert_eq!((&states[5..8], &states[8][..]), (&["taken"; 3].map(str::to_owned)[..], "Ahead"));
    assert_eq!(world.backups.file_names(), [FIRST, SECOND, THIRD]);
    assert_eq!(world.backups.drafts(), 0);
}

#[test]
fn a_check_finds_the_same_and_changes_nothing() {
    let (world, folder) = (world(), folder());
    let whole = archive("cut");
    put(&folder, "docs-2026-02-01.tar", &whole[..whole.len() - 6]);
    let plan = plan(&world, &folder).expect("it can be planned");
    let mut states = Vec::new();
    let mut visit = |file: &ImportFile| states.push(state(file));
    Import::new(world.ports(), &folder).check(&plan, &mut visit, &SilentProgress).expect("it can be checked");
    assert!(states[0].starts_with("Unreadable"), "{states:?}");
    assert_eq!(states[1..], ["new"; 3]);
    assert!(world.backups.list().is_err() && world.history.notes().is_empty());
}

#[test]
fn what_keep_would_remove_is_told_before() {
    let world = world().with_schedules("docs;16:07;docs;keep=last:3\n");
    let plan = plan(&world, &folder()).expect("it can be planned");
    assert_eq!(plan.goes, [FIRST], "the next run is the third of three");
    import(&world, &folder());
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    assert_eq!(world.backups.file_names(), [SECOND, THIRD, "docs.tar"]);
}

#[test]
fn imported_ones_are_older_than_what_runs_made() {
    let world = world().with_schedules("docs;16:07;docs;keep=last:2\n");
    world.manager().run("docs", &SilentProgress).expect("it can be made");
    let plan = plan(&world, &folder()).expect("it can be planned");
    assert_eq!(plan.goes, [FIRST, SECOND, THIRD]);
    import(&world, &folder());
    let ledger = Ledger::new(&world.history.notes());
    let name = "docs".parse().expect("it is one");
    let order: Vec<_> =
        ledger.generations(&name).into_iter().map(|(archive, _)| archive.to_owned()).collect();
    assert_eq!(order, [FIRST, SECOND, THIRD, "docs.tar"]);
}

/// Wants an end once so many bytes went by.
struct After(AtomicU64, u64);

impl Progress for After {
    fn advanced(&self, _path: &Path, content_bytes: u64) {
        self.0.fetch_add(content_bytes, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= self.1
    }
}

#[test]
fn what_was_taken_before_an_interruption_stays_and_the_rest_follows() {
    let (world, folder) = (world(), folder());
    let (states, ended) = import_under(&world, &folder, &After(AtomicU64::new(0), 40));
    assert!(matches!(&ended, Err(Error::Port(error)) if error.failure == Failure::Interrupted), "{ended:?}");
    assert!(!states.is_empty() && states.len() < 3, "{states:?}");
    assert_eq!(world.backups.file_names().len(), states.len());
    assert!(world.backups.checksum_list().contains(FIRST), "what was taken is listed");
    let again = import(&world, &folder);
    assert_eq!(again.iter().filter(|state| *state == "taken").count(), 3 - states.len(), "{again:?}");
    assert_eq!(world.backups.file_names(), [FIRST, SECOND, THIRD]);
}

#[test]
fn every_operation_may_fail_and_a_second_import_completes_it() {
    for nth in 1..60 {
        let (mut world, folder, faults) = (world(), folder(), Faults::none());
        world.backups = MemoryBackups::failing(world.clock.clone(), &faults);
        world.history = MemoryHistory::failing(&faults);
        faults.fail_nth(nth, Failure::Full);
        let carry_out = || {
            let plan = plan(&world, &folder)?;
            Import::new(world.ports(), &folder).carry_out(&plan, &mut |_| (), &SilentProgress)
        };
        let ended = carry_out().or_else(|_| carry_out());
        assert_eq!(ended, Ok(()), "{nth}: it fails once");
        assert_eq!(world.backups.file_names(), [FIRST, SECOND, THIRD], "{nth}");
        let ledger = Ledger::new(&world.history.notes());
        for file_name in [FIRST, SECOND, THIRD] {
            assert!(ledger.made(file_name).is_some(), "{nth}: the history knows {file_name}");
            assert!(world.backups.checksum_list().contains(file_name), "{nth}: {file_name} has a sum");
        }
    }
}

#[test]
fn a_copy_that_the_history_does_not_know_is_recognised() {
    let (world, folder) = (world(), folder());
    world.backups.put(FIRST, archive("first"));
    world.backups.put(SECOND, archive("somebody else's"));
    let taken = format!("{:?}", NotTaken::Taken(SECOND.to_owned()));
    assert_eq!(import(&world, &folder), ["taken", &taken, "taken"]);
    assert_eq!(at_moment(&world, "2026-03-02"), Some(FIRST.to_owned()));
}

#[test]
fn while_a_backup_is_made_nothing_of_its_name_is_imported() {
    let (world, folder) = (world(), folder());
    let name = "docs".parse().expect("it is one");
    let draft = world.draft(&name);
    let (states, ended) = import_under(&world, &folder, &SilentProgress);
    assert!(matches!(&ended, Err(Error::Port(error)) if error.failure == Failure::Busy), "{ended:?}");
    assert!(states.is_empty());
    drop(draft);
    assert_eq!(import(&world, &folder), ["taken"; 3]);
}

#[test]
fn a_name_is_checked_as_for_a_schedule() {
    let mut world = world().with_schedules("docs;16:07;docs\n");
    world.backups = MemoryBackups::new(world.clock.clone()).ignoring_case();
    let (ports, folder) = (world.ports(), folder());
    let desk = Import::new(ports, &folder);
    let plan = |name, only| desk.plan(&ImportRequest { folder: "/old", name, only }, &SilentProgress);
    for name in ["", "a/b", ".docs", "docs.incomplete", "do\u{200b}cs"] {
        assert!(matches!(plan(name, None), Err(Error::MalformedName { .. })), "{name:?}");
    }
    assert!(matches!(plan("DOCS", None), Err(Error::NameAlias { .. })));
    assert!(matches!(plan("docs", Some("mail-*")), Err(Error::NothingToImport { only: Some(_), .. })));
    put(&folder, "mail-2026-03-01.tar", b"mail");
    assert!(matches!(plan("docs", None), Err(Error::SeveralBackups { .. })));
    assert_eq!(plan("docs", Some("docs*")).map(|plan| plan.files.len()), Ok(3));
}
