//! Comparing archives, and looking at what a run would pack.

use backup_core::manager::{Catalogs, Diff, DiffReport, EntryDifference, FoundArchive, NEWEST};
use backup_core::model::error::{Error, Failure};
use backup_core::model::schedule::ScheduleOption;
use backup_core::policy::difference::{ContentCheck, Property};
use backup_core::ports::SilentProgress;
use backup_core::testing::{Faults, MemorySource, MemoryViewer};

use crate::world::World;

/// A world in which docs was made twice.
fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:5\na;16:07;music\n");
    let sources = [
        MemorySource::folder().file("a", "one").file("b", "two").file("c", "old").file("gone", ""),
        MemorySource::folder().file("a", "one").file("b", "three").file("c", "new").file("new", ""),
    ];
    for source in sources {
        world.archiver.put("/home/docs", source);
        world.manager().run("docs", &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::days(1));
    }
    world.manager().run("music", &SilentProgress).expect("it can be made");
    world
}

fn compare(world: &World, words: [&str; 2], check: ContentCheck) -> (Vec<String>, DiffReport) {
    compare_by(&MemoryViewer::default(), world, words, check)
}

fn compare_by(
    viewer: &MemoryViewer,
    world: &World,
    words: [&str; 2],
    check: ContentCheck,
) -> (Vec<String>, DiffReport) {
    let desk = Diff::new(world.ports(), viewer);
    let [old, new] = desk.find("docs", words).expect("there are such archives").map(|found| found.archive);
    let mut seen = Vec::new();
    let mut visit = |difference: EntryDifference<'_>| {
        seen.push(match difference {
            EntryDifference::New(entry) => format!("+{}", entry.name()),
            EntryDifference::Gone(entry) => format!("-{}", entry.name()),
            EntryDifference::Changed(_, entry, [Property::Size]) => format!("size {}", entry.name()),
            EntryDifference::Changed(_, entry, [Property::Contents]) => format!("contents {}", entry.name()),
            EntryDifference::Changed(..) => panic!("something else: {difference:?}"),
        });
        true
    };
    let report =
        desk.compare([&old, &new], check, &mut visit, &SilentProgress).expect("they can be compared");
    (seen, report)
}

#[test]
fn each_entry_is_new_gone_changed_or_the_same() {
    let world = world();
    let (seen, report) = compare(&world, ["2026-03-10", NEWEST], ContentCheck::IfTouched);
    assert_eq!(seen, ["size b", "-gone", "+new"], "sizes and times decide");
    let counts = |report: &DiffReport| {
        (report.new_entries, report.gone_entries, report.changed_entries, report.same_entries)
    };
    assert_eq!((counts(&report), report.is_same()), ((1, 1, 1, 2), false));
    let (seen, report) = compare(&world, ["2026-03-10", "docs.tar"], ContentCheck::Always);
    assert_eq!(seen, ["size b", "contents c", "-gone", "+new"], "contents are read");
    assert_eq!(counts(&report), (1, 1, 2, 1));
    let (seen, report) = compare(&world, [NEWEST, NEWEST], ContentCheck::Always);
    assert_eq!((seen.len(), report.is_same(), report.is_complete()), (0, true, true));
}

#[test]
fn contents_are_read_only_if_no_catalog_tells_their_digests() {
    let world = world();
    world.backups.lose_catalogs();
    let reads = |faults: &Faults| {
        let viewer = MemoryViewer::failing(faults);
        let (seen, report) = compare_by(&viewer, &world, ["2026-03-10", NEWEST], ContentCheck::Always);
        assert_eq!(seen, ["size b", "contents c", "-gone", "+new"]);
        assert!(report.is_complete());
        faults.operations()
    };
    let desk = Catalogs::new(world.ports());
    let plan = desk.plan(&[]).expect("they are there");
    let make = |archive| desk.rebuild(&plan, archive, &SilentProgress).expect("nobody cancels");
    let [first, docs, _] = &plan.archives[..] else { panic!("{plan:?}") };
    assert_eq!(reads(&Faults::only("digest")), 4, "a and c of both");
    make(docs);
    assert_eq!(reads(&Faults::only("digest")), 4, "one catalog tells nothing");
    make(first);
    assert_eq!(reads(&Faults::only("digest")), 0, "both have catalogs");
}

#[test]
fn what_cannot_be_found_or_read_is_an_error() {
    let world = world();
    let viewer = MemoryViewer::default();
    let desk = Diff::new(world.ports(), &viewer);
    let failure = |word| desk.find("docs", [word, NEWEST]).map(|_| ()).unwrap_err();
    assert!(matches!(failure("soon"), Error::UnclearMoment(_)));
    assert!(matches!(failure("music.tar"), Error::ArchiveOfOtherName { .. }));
    assert!(matches!(failure("2001-01-01"), Error::NothingThatOld { .. }));
    let [FoundArchive { archive, .. }, _] = desk.find("docs", [NEWEST; 2]).unwrap();
    let faults = Faults::none();
    faults.fail_next(Failure::Damaged);
    let viewer = MemoryViewer::failing(&faults);
    let desk = Diff::new(world.ports(), &viewer);
    let compared =
        desk.compare([&archive, &archive], ContentCheck::IfTouched, &mut |_| true, &SilentProgress);
    let said = compared.unwrap_err().to_string();
    assert!(said.contains("in backups/docs.tar"), "{said}");
}

#[test]
fn a_survey_changes_nothing() {
    let world = world();
    let (names, notes) = (world.backups.file_names(), world.history.notes());
    let lines = world.journal.lines().len();
    let survey = world.manager().survey("docs", &[], &SilentProgress).unwrap();
    assert_eq!((survey.source.as_str(), survey.report.entries), ("docs", 5));
    let without_a = [ScheduleOption::Exclude("a".to_owned())];
    let survey = world.manager().survey("docs", &without_a, &SilentProgress).unwrap();
    assert_eq!(
        (survey.report.entries, survey.report.excluded_entries),
        (4, 1),
        "a schedule may be tried out"
    );
    assert_eq!((world.backups.file_names(), world.history.notes()), (names, notes));
    assert_eq!(world.journal.lines().len(), lines, "who only looks leaves no line");
    world.archiver.take("/home/docs");
    let error = world.manager().survey("docs", &[], &SilentProgress).unwrap_err();
    assert!(matches!(error, Error::SourceMissing(_)), "{error:?}");
}
