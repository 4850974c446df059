//! A source that is suspicious: its backup is kept, and nothing is removed until somebody accepts that.

use std::collections::BTreeMap;

use backup_core::manager::{
    BackupState, Import, ImportRequest, Overview, OverviewRequest, RunReport, ServiceManager,
};
use backup_core::model::archive::{FileChange, FindingKind};
use backup_core::model::error::Error;
use backup_core::model::event::Event;
use backup_core::model::history::{Anomaly, HistoryNote, Hold, Ledger, Outcome, shortened};
use backup_core::ports::{MockServiceControl, SilentProgress};
use backup_core::service::ServiceSettings;
use backup_core::testing::{InstantRunner, MemoryFolder, MemoryNotifier, MemorySource, at};
use backup_core::time::{Clock, Moment};
use chrono::TimeDelta;

use crate::world::World;

const FILE_BYTES: usize = 600;

/// A source whose files change, one day after the other.
struct Tree {
    files: BTreeMap<String, (Vec<u8>, Moment, FileChange)>,
    dice: u64,
}

impl Tree {
    /// So many text files, as old as the world.
    fn of(files: usize) -> Self {
        let mut tree = Self { files: BTreeMap::new(), dice: 7 };
        (0..files).for_each(|number| tree.write(&format!("{number:04}"), at("2020-01-01 00:00")));
        tree
    }

    fn throw(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        usize::try_from(self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).expect("31 bits fit") % sides
    }

    fn noise(&mut self, bytes: usize) -> Vec<u8> {
        (0..bytes).map(|_| u8::try_from(self.throw(256)).expect("it is below 256")).collect()
    }

    /// Writes a text.
    fn write(&mut self, name: &str, now: Moment) {
        let word = self.throw(1_000);
        let text = format!("It was the best of times, it was {word}. ").repeat(40).into_bytes();
        self.put(name, text[..FILE_BYTES].to_vec(), now, FileChange::Contents);
    }

    fn put(&mut self, name: &str, contents: Vec<u8>, now: Moment, change: FileChange) {
        self.files.insert(name.to_owned(), (contents, now, change));
    }

    /// Encrypts all files, and leaves these traces.
    fn encrypt(&mut self, now: Moment, change: FileChange) {
        for name in self.names() {
            let contents = self.noise(FILE_BYTES + 40);
            self.put(&name, contents, now, change);
        }
    }

    fn keep_first(&mut self, count: usize) {
        let kept = self.names().into_iter().take(count).collect::<Vec<_>>();
        self.files.retain(|name, _| kept.contains(name));
    }

    fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    /// Writes so many of the files anew.
    fn edit(&mut self, count: usize, now: Moment) {
        for _ in 0..count {
            let names = self.names();
            let name = names[self.throw(names.len())].clone();
            self.write(&name, now);
        }
    }

    fn source(&self) -> MemorySource {
        self.files.iter().fold(MemorySource::folder(), |source, (name, (contents, at, change))| {
            source.file(name, contents.clone()).changed(name, *at, *change)
        })
    }
}

/// A world in which docs is backed up by hand, once a day.
struct Days {
    world: World,
    tree: Tree,
}

impl Days {
    /// Four days on which hardly anything changed.
    fn quiet(options: &str) -> Self {
        Self::quiet_with(options, "")
    }

    /// The same with a configuration.
    fn quiet_with(options: &str, config: &str) -> Self {
        let world = World::at("2026-03-01 09:00").with_schedules(&format!("docs;16:07;docs{options}\n"));
        if !config.is_empty() {
            world.config.write(config);
        }
        let mut days = Self { world, tree: Tree::of(60) };
        for _ in 0..4 {
            let now = days.now();
            days.tree.edit(1, now);
            assert_eq!(days.run(), []);
        }
        days
    }

    fn now(&self) -> Moment {
        self.world.clock.now()
    }

    fn report(&mut self) -> RunReport {
        self.world.archiver.put("/home/docs", self.tree.source());
        let report = self.world.manager().run("docs", &SilentProgress).expect("it can be made");
        self.world.clock.advance(TimeDelta::days(1));
        report
    }

    /// Makes the backup of the day, and returns what is suspicious.
    fn run(&mut self) -> Vec<Anomaly> {
        self.report().record.expect("it took place").anomalies
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(&self.world.history.notes())
    }

    fn hold(&self) -> Option<Hold> {
        self.ledger().hold(&"docs".parse().expect("the name is good")).cloned()
    }

    /// Returns how many archives there are.
    fn archives(&self) -> usize {
        self.world.backups.file_names().len()
    }

    fn accept(&self) -> Option<Vec<String>> {
        let accepted = self.world.manager().accept("docs").expect("it is known");
        accepted.ended.map(|_| accepted.released)
    }

    fn overview(&self) -> Overview {
        let mut control = MockServiceControl::new();
        control.expect_running().returning(|| Ok(None));
        let manager = ServiceManager::new(self.world.ports(), &control);
        manager.overview(&OverviewRequest::default()).expect("it can be read")
    }
}

fn encrypted() -> Anomaly {
    Anomaly::FilesIncompressible { before: 60, turned: 60 }
}

fn changed() -> Anomaly {
    Anomaly::FilesChanged { before: 60, changed: 60 }
}

#[test]
fn an_encrypted_source_is_held_with_old_times_as_well() {
    for change in [FileChange::Contents, FileChange::Metadata] {
        let mut days = Days::quiet(";keep=last:2");
        assert_eq!(days.archives(), 2);
        let now = days.now();
        days.tree.encrypt(now, change);
        assert_eq!(days.run(), [changed(), encrypted()], "{change:?}");
        let hold = days.hold().unwrap();
        assert_eq!((hold.since, hold.before.as_deref()), (now, Some("docs.2026-03-04T09-00+0000.tar")));
        assert_eq!(days.archives(), 3, "the backup is kept, and so are those before it");
        (0..5).for_each(|_| drop(days.run()));
        assert_eq!(days.archives(), 8);
    }
}

#[test]
fn after_it_was_accepted_older_ones_go_again() {
    let mut days = Days::quiet(";keep=last:2");
    let now = days.now();
    days.tree.encrypt(now, FileChange::Contents);
    days.run();
    days.run();
    assert_eq!(days.archives(), 4);
    let gone = [
        "docs.2026-03-03T09-00+0000.tar",
        "docs.2026-03-04T09-00+0000.tar",
        "docs.2026-03-05T09-00+0000.tar",
    ];
    assert_eq!(days.accept().unwrap(), gone);
    assert_eq!((days.hold(), days.archives()), (None, 4));
    assert_eq!(days.run(), [], "what was accepted is what others are compared with");
    assert_eq!(days.archives(), 2);
    let said = days.world.journal.sentences();
    let removed = "Removed 3 older backups by keep=last:2: docs.2026-03-03T09-00+0000.tar, \
                   docs.2026-03-04T09-00+0000.tar, docs.2026-03-05T09-00+0000.tar";
    assert!(said.iter().any(|line| line == removed), "{said:#?}");
}

#[test]
fn what_was_accepted_is_compared_with_later_runs() {
    let mut days = Days::quiet("");
    days.tree.keep_first(30);
    assert_eq!(days.run(), []);
    days.tree.keep_first(25);
    let lost =
        [Anomaly::EntriesLost { before: 61, now: 26 }, Anomaly::BytesLost { before: 36_000, now: 15_000 }];
    assert_eq!(days.run(), lost);
    days.accept().unwrap();
    assert_eq!(days.run(), []);
    days.tree.keep_first(5);
    assert_eq!(days.run(), [Anomaly::EntriesLost { before: 26, now: 6 }]);
}

#[test]
fn without_rules_what_would_be_replaced_stays_until_it_is_accepted() {
    let mut days = Days::quiet("");
    assert_eq!(days.world.backups.file_names(), ["docs.tar"]);
    let whole = days.world.backups.contents("docs.tar");
    days.tree.keep_first(6);
    assert_eq!(days.run().len(), 2);
    let before = "docs.2026-03-04T09-00+0000.tar";
    assert_eq!(days.world.backups.file_names(), [before, "docs.tar"]);
    assert_eq!(days.world.backups.contents(before), whole);
    days.run();
    days.run();
    assert_eq!(days.archives(), 4, "nothing is replaced while it is held");
    assert_eq!(days.accept().unwrap().len(), 3);
    assert_eq!(days.archives(), 4, "nothing goes with that itself");
    days.run();
    assert_eq!(days.world.backups.file_names(), ["docs.tar"]);
    let said = days.world.journal.sentences();
    assert!(said.iter().any(|line| line.starts_with("Removed 3 older backups that a hold had kept: ")));
    let sums = days.world.backups.checksum_list();
    assert_eq!(sums.lines().count(), 1, "{sums}");
}

#[test]
fn an_archive_that_is_not_good_is_not_removed_with_a_hold() {
    let mut days = Days::quiet("");
    days.tree.keep_first(6);
    days.run();
    days.run();
    let first = "docs.2026-03-04T09-00+0000.tar";
    let mut bytes = days.world.backups.stored(first).unwrap();
    bytes[30] ^= 1;
    days.world.backups.put(first, bytes);
    let desk = backup_core::manager::Verify::new(days.world.ports());
    let request = backup_core::manager::VerifyRequest { name: Some("docs".to_owned()), all: true };
    for archive in desk.plan(&request).unwrap().archives {
        desk.verify(&archive, &SilentProgress).unwrap();
    }
    days.accept().unwrap();
    days.run();
    assert_eq!(days.world.backups.file_names(), [first, "docs.tar"]);
}

#[test]
fn many_changed_files_are_suspicious_where_few_change() {
    let mut days = Days::quiet("");
    let now = days.now();
    days.tree.edit(20, now);
    assert_eq!(days.run(), []);
    let now = days.now();
    days.tree.names().iter().for_each(|name| days.tree.write(name, now));
    assert_eq!(days.run(), [changed()]);
}

#[test]
fn what_changes_every_day_or_every_week_is_not_suspicious() {
    for period in [1, 7] {
        let mut days = Days::quiet("");
        for day in 0..60 {
            let now = days.now();
            if day % period == 0 {
                days.tree.names().iter().for_each(|name| days.tree.write(name, now));
            }
            let found = days.run();
            assert_eq!(!found.is_empty(), day == 0, "every {period} days: {day} {found:?}");
            if day == 0 {
                days.accept().unwrap();
            }
        }
    }
    // And nobody has to accept it where it was so from the first day on.
    let world = World::at("2026-03-01 09:00").with_schedules("docs;16:07;docs\n");
    let mut days = Days { world, tree: Tree::of(60) };
    for _ in 0..20 {
        let now = days.now();
        days.tree.names().iter().for_each(|name| days.tree.write(name, now));
        assert_eq!(days.run(), []);
    }
}

#[test]
fn a_new_owner_of_all_files_is_not_suspicious() {
    let mut days = Days::quiet("");
    let now = days.now();
    days.tree.files.values_mut().for_each(|(_, at, change)| (*at, *change) = (now, FileChange::Metadata));
    assert_eq!(days.run(), []);
}

#[test]
fn it_can_be_switched_off_and_adjusted() {
    for (options, expected) in [
        (";anomaly=no", 0),
        (";anomaly=lost:95%", 0),
        (";anomaly=lost:no", 0),
        (";anomaly=lost:88%", 2),
        (";anomaly=changed:no,incompressible:no", 2),
    ] {
        let mut days = Days::quiet(options);
        days.tree.keep_first(6);
        assert_eq!(days.run().len(), expected, "{options}");
        assert_eq!(days.hold().is_some(), expected > 0, "{options}");
    }
    let mut days = Days::quiet("");
    days.world.config.write("[defaults]\nanomaly = \"no\"\n");
    days.tree.keep_first(6);
    assert_eq!(days.run(), []);
}

#[test]
fn switching_it_off_does_not_end_a_hold() {
    let mut days = Days::quiet("");
    days.tree.keep_first(6);
    days.run();
    days.world.schedules.write("docs;16:07;docs;anomaly=no\n");
    days.run();
    assert_eq!(days.archives(), 3);
    assert!(days.hold().is_some());
}

#[test]
fn a_prune_by_hand_does_not_count_as_acceptance() {
    let mut days = Days::quiet(";keep=last:2");
    let now = days.now();
    days.tree.encrypt(now, FileChange::Contents);
    assert_eq!(days.run(), [changed(), encrypted()]);
    let manager = days.world.manager();
    assert_eq!(manager.prune_plan("docs").unwrap().hold, days.hold());
    let refused = manager.prune("docs").unwrap_err();
    assert_eq!(refused, Error::Held("docs".to_owned(), Box::new(days.hold().unwrap())));
    assert_eq!(days.archives(), 3);
    days.accept().unwrap();
    assert_eq!(days.world.manager().prune("docs").unwrap().left, Vec::<String>::new());
    assert_eq!(days.archives(), 2);
}

#[test]
fn a_held_backup_is_an_alarm_with_what_it_keeps() {
    let mut days = Days::quiet("");
    assert_ne!(days.overview().backups[0].state, BackupState::Held);
    days.tree.keep_first(6);
    days.run();
    days.run();
    let overview = days.overview();
    assert!(!overview.is_all_right());
    let docs = &overview.backups[0];
    let held = docs.held.as_ref().unwrap();
    assert_eq!((docs.state, docs.state.word()), (BackupState::Held, "held"));
    assert_eq!(held.hold, days.hold().unwrap());
    assert_eq!(held.archive.as_deref(), Some("docs.2026-03-05T09-00+0000.tar"));
    let bytes = ["docs.2026-03-04T09-00+0000.tar", "docs.2026-03-05T09-00+0000.tar"]
        .map(|file_name| days.world.backups.stored(file_name).unwrap().len() as u64);
    assert_eq!((held.kept_archives, held.kept_bytes), (2, bytes.iter().sum()));
    days.accept().unwrap();
    let overview = days.overview();
    assert_ne!(overview.backups[0].state, BackupState::Held);
    assert_eq!(overview.backups[0].held, None);
}

#[test]
fn accepting_takes_a_name_or_an_index_and_says_when_nothing_is_held() {
    let mut days = Days::quiet("");
    days.tree.keep_first(6);
    days.run();
    let manager = days.world.manager();
    assert_eq!(manager.accept("dosc"), Err(manager.accept("dosc").unwrap_err()));
    assert!(matches!(manager.accept("dosc"), Err(Error::NotABackup { .. })), "{:?}", manager.accept("dosc"));
    assert!(matches!(manager.accept("7"), Err(Error::NotABackup { .. })));
    let accepted = manager.accept("0").unwrap();
    assert_eq!((accepted.name.as_str(), accepted.ended.is_some()), ("docs", true));
    let notes = days.world.history.notes().len();
    assert_eq!(manager.accept("docs").unwrap().ended, None);
    assert_eq!(days.world.history.notes().len(), notes, "then nothing is noted");
    let said = days.world.journal.sentences();
    let accepted = "Accepted for docs: 54 of 61 entries are gone; the files hold 3.6 kB, and held 36.0 kB; its older \
                    backups are removed by its rules again";
    assert!(said.iter().any(|line| line == accepted), "{said:#?}");
}

/// Returns the archives that accepting would let go, each with whether it is from before the change, and how many from before
/// stay.
fn plan(days: &Days) -> (Vec<(String, bool)>, usize) {
    let notes = days.world.history.notes();
    let plan = days.world.manager().acceptance_plan("docs").expect("it is known");
    assert_eq!(plan.hold, days.hold());
    assert_eq!(days.world.history.notes(), notes, "who only looks changes nothing");
    assert_eq!(plan.going_from_before(), plan.going.iter().filter(|one| one.is_from_before).count());
    let going = plan.going.into_iter().map(|one| (one.file_name, one.is_from_before)).collect();
    (going, plan.staying_from_before)
}

#[test]
fn a_plan_tells_which_archives_from_before_the_change_would_go() {
    let archive = |day: &str, is_from_before| (format!("docs.2026-03-{day}T09-00+0000.tar"), is_from_before);
    let cases = [
        // Without rules, the next run removes what it would have replaced.
        ("", 2, vec![archive("04", true), archive("05", false)], 0),
        (";keep=last:2", 2, vec![archive("03", true), archive("04", true), archive("05", false)], 0),
        (";keep=last:4", 2, vec![archive("01", true), archive("02", true), archive("03", true)], 1),
        (";keep=last:9", 2, Vec::new(), 4),
    ];
    for (options, runs, going, staying) in cases {
        let mut days = Days::quiet(options);
        assert_eq!(plan(&days), (Vec::new(), 0), "nothing is held");
        days.tree.keep_first(6);
        (0..runs).for_each(|_| drop(days.run()));
        assert_eq!(plan(&days), (going.clone(), staying), "{options}");
        let released: Vec<_> = going.into_iter().map(|(archive, _)| archive).collect();
        assert_eq!(days.accept(), Some(released.clone()), "{options}");
        days.run();
        let left = days.world.backups.file_names();
        assert!(!released.iter().any(|archive| left.contains(archive)), "{options}: {left:?}");
    }
}

#[test]
fn a_plan_of_an_unknown_backup_is_refused_as_accepting_it_is() {
    let days = Days::quiet("");
    let [plan, accept] = [
        days.world.manager().acceptance_plan("dosc").map(drop),
        days.world.manager().accept("dosc").map(drop),
    ];
    let plan = plan.expect_err("nobody knows it").to_string();
    assert_eq!(plan, accept.expect_err("nobody knows it").to_string());
}

#[test]
fn the_commands_of_a_hook_know_whether_the_backup_is_held() {
    let config = "[hooks.db]\nbefore = \"b\"\nfinally = \"f\"\nafter_success = \"a\"\n";
    let mut days = Days::quiet_with(";hooks=db", config);
    let held = |days: &mut Days| {
        let before = days.world.commands.ran().len();
        days.run();
        let ran = days.world.commands.ran().into_iter().skip(before);
        ran.map(|command| command.variable("BACKUP_HELD").expect("it is always set")).collect::<Vec<_>>()
    };
    assert_eq!(held(&mut days), ["no", "no", "no"]);
    days.tree.keep_first(6);
    assert_eq!(held(&mut days), ["no", "no", "yes"], "only the whole source shows it");
    assert_eq!(held(&mut days), ["yes", "yes", "yes"]);
    days.accept().expect("it is held");
    assert_eq!(held(&mut days), ["no", "no", "no"]);
}

#[test]
fn a_deleted_schedule_s_backup_can_be_accepted() {
    let mut days = Days::quiet("");
    days.tree.keep_first(6);
    days.run();
    days.world.schedules.write("");
    assert_eq!(days.accept(), Some(Vec::new()));
    assert_eq!(days.hold(), None);
}

#[test]
fn a_service_holds_and_says_so_in_its_log() {
    let mut days = Days::quiet(";keep=last:2");
    days.tree.keep_first(6);
    days.world.archiver.put("/home/docs", days.tree.source());
    let work = days.world.work();
    let runner = InstantRunner::new(&days.world.clock, at("2026-03-09 00:00"), &work);
    days.world.service(ServiceSettings::default()).run(&runner);
    let said = days.world.journal.sentences();
    let suspicious = "docs is suspicious: 54 of 61 entries are gone; the files hold 3.6 kB, and held 36.0 kB; its backup is \
                      kept, and no older one is removed or replaced until somebody accepts that";
    let position = said.iter().position(|line| line == suspicious).expect("it is said");
    assert_eq!(said[position + 1], "Backup done for docs in backups/docs.tar");
    assert!(days.hold().is_some());
    assert!(days.archives() > 4, "{:?}", days.world.backups.file_names());
}

#[test]
fn a_notice_of_a_held_backup_names_the_one_from_before() {
    let config = "[notify.office]\nto = \"webhook\"\nurl = \"https://hooks.example.com/hunter2\"\n";
    let mut days = Days::quiet_with("", config);
    days.tree.keep_first(6);
    days.world.archiver.put("/home/docs", days.tree.source());
    let (work, notifier) = (days.world.work(), MemoryNotifier::new());
    let runner = InstantRunner::new(&days.world.clock, at("2026-03-05 18:00"), &work);
    let runner = runner.notifying(notifier.clone(), TimeDelta::zero());
    days.world.service(ServiceSettings::default()).run(&runner);
    let before: Vec<_> = notifier.received().into_iter().map(|(_, notice)| notice.before).collect();
    assert_eq!(before, [Some("docs.2026-03-04T09-00+0000.tar".to_owned())]);
}

#[test]
fn a_hold_outlives_a_shortened_history() {
    for keep in ["", ";keep=last:2"] {
        let mut days = Days::quiet(keep);
        days.tree.keep_first(6);
        days.run();
        let (expected, baseline) = (days.hold(), days.ledger().baseline(&"docs".parse().unwrap()).cloned());
        for _ in 0..5 {
            days.world.history.replace(shortened(&days.world.history.notes()));
            assert_eq!(days.hold(), expected);
            assert_eq!(days.ledger().baseline(&"docs".parse().unwrap()).cloned(), baseline);
        }
        let checkpoint = days.ledger().checkpoint();
        days.world.history.replace(checkpoint);
        assert_eq!(days.hold(), expected);
        days.run();
        days.accept().unwrap();
        let checkpoint = days.ledger().checkpoint();
        days.world.history.replace(checkpoint);
        assert_eq!(days.hold(), None);
        days.run();
        let left = if keep.is_empty() { 1 } else { 2 };
        assert_eq!(days.archives(), left, "{keep}");
    }
}

#[test]
fn a_lost_history_knows_from_the_catalogs_what_is_held_and_compared_with() {
    let mut days = Days::quiet(";keep=last:9");
    days.tree.keep_first(6);
    let found = days.run();
    let (hold, baseline) = (days.hold(), days.ledger().baseline(&"docs".parse().unwrap()).cloned());
    assert!(!found.is_empty() && hold.is_some());
    days.world.history.clear();
    assert_eq!(days.run(), found, "it is compared with what there was before the loss");
    assert_eq!(days.hold().map(|hold| hold.since), hold.map(|hold| hold.since));
    days.world.history.clear();
    assert!(matches!(days.world.manager().prune("docs"), Err(Error::Held(..))));
    let rebuilt = days.ledger().baseline(&"docs".parse().unwrap()).cloned();
    assert_eq!(rebuilt.map(|rebuilt| rebuilt.levels[0]), baseline.map(|known| known.levels[0]));
}

#[test]
fn a_lost_history_without_catalogs_forgets_a_hold_and_what_others_were_compared_with() {
    let mut days = Days::quiet("");
    days.tree.keep_first(6);
    days.run();
    days.world.history.clear();
    days.world.backups.lose_catalogs();
    assert_eq!(days.run(), [], "a rebuilt history doesn't know how much there was");
    assert_eq!(days.hold(), None);
    assert_eq!(days.world.backups.file_names().len(), 2, "what a hold had kept stays");
}

#[test]
fn imported_archives_are_not_compared_with() {
    let folder = MemoryFolder::new();
    for day in 1..6 {
        let archive = Tree::of(500).source().archive();
        folder.put(&format!("docs-2025-03-0{day}.tar"), at("2026-03-05T12:00:30Z"), archive);
    }
    let mut days = Days::quiet(";keep=last:20");
    let request = ImportRequest { folder: "/old", name: "docs", only: None };
    let desk = Import::new(days.world.ports(), &folder);
    let plan = desk.plan(&request, &SilentProgress).unwrap();
    desk.carry_out(&plan, &mut |_| (), &SilentProgress).unwrap();
    assert_eq!(days.archives(), 9);
    assert_eq!(days.run(), []);
}

#[test]
fn an_incomplete_backup_is_neither_suspicious_nor_compared_with() {
    let mut days = Days::quiet("");
    let whole = days.tree.source();
    let denied = || FindingKind::Unreadable("denied".to_owned());
    days.world.archiver.put("/home/docs", Tree::of(6).source().finding("rest", denied()));
    let report = days.world.manager().run("docs", &SilentProgress).unwrap();
    assert_eq!((report.outcome, report.record.unwrap().anomalies), (Outcome::Incomplete, vec![]));
    assert_eq!(days.hold(), None);
    days.world.clock.advance(TimeDelta::days(1));
    days.world.archiver.put("/home/docs", whole);
    days.tree.keep_first(6);
    assert_eq!(days.run().len(), 2);
}

#[test]
fn an_empty_source_is_refused_as_before() {
    let mut days = Days::quiet("");
    days.world.archiver.put("/home/docs", MemorySource::folder());
    let refused = days.world.manager().run("docs", &SilentProgress).unwrap_err();
    assert!(matches!(refused, Error::SourceEmpty { .. }), "{refused:?}");
    assert_eq!(days.hold(), None);
    assert_eq!(days.run(), []);
}

#[test]
fn all_lines_of_a_name_are_held_together() {
    let mut days = Days::quiet(";keep=last:2");
    days.world.schedules.write("docs;16:07;docs;keep=last:2\ndocs;04:00;docs;keep=last:2;anomaly=no\n");
    days.tree.keep_first(6);
    days.world.archiver.put("/home/docs", days.tree.source());
    let run = |key| days.world.manager().run(key, &SilentProgress).unwrap().record.unwrap().anomalies.len();
    assert_eq!(run("1"), 0, "of that line nothing is suspicious");
    let mut days = Days::quiet(";keep=last:2");
    days.world.schedules.write("docs;16:07;docs;keep=last:2\ndocs;04:00;docs;keep=last:2;anomaly=no\n");
    days.tree.keep_first(6);
    assert_eq!(days.run().len(), 2);
    days.world.manager().run("1", &SilentProgress).unwrap();
    assert_eq!(days.archives(), 4, "but it removes nothing either");
    assert_eq!(days.overview().backups[0].state, BackupState::Held);
}

#[test]
fn a_run_whose_process_died_holds_as_well() {
    let mut days = Days::quiet(";keep=last:2");
    let now = days.now();
    days.tree.encrypt(now, FileChange::Contents);
    days.run();
    let mut notes = days.world.history.notes();
    let ended = notes.iter().rposition(|note| matches!(note, HistoryNote::Ended(_))).unwrap();
    notes.truncate(ended);
    days.world.history.replace(notes);
    assert_eq!(days.hold(), None);
    days.run();
    assert_eq!(days.hold().map(|hold| hold.began), Some(now));
    assert_eq!(days.archives(), 4);
}

#[test]
fn small_sources_are_never_held() {
    let world = World::at("2026-03-01 09:00").with_schedules("docs;16:07;docs\n");
    let mut days = Days { world, tree: Tree::of(15) };
    (0..4).for_each(|_| assert_eq!(days.run(), []));
    days.tree.keep_first(1);
    assert_eq!(days.run(), []);
    assert_eq!(days.ledger().baseline(&"docs".parse().unwrap()), None, "nothing is remembered of them");
}

#[test]
fn a_suspicious_run_says_so_before_its_outcome() {
    let mut days = Days::quiet("");
    days.tree.keep_first(6);
    let events = days.report().events;
    let names: Vec<_> = events.iter().map(|event| matches!(event, Event::Suspicious { .. })).collect();
    assert_eq!(names, [true, false]);
}

/// What a busy person does to a tree in a year: daily edits, a weekly rewrite of a part, logs that are rotated, an import of
/// photographs, an upgrade of a third of the files, a reorganisation, and a spring-cleaning.
fn live(tree: &mut Tree, day: i64, now: Moment) {
    let some = tree.throw(12);
    tree.edit(some, now);
    tree.write(&format!("log/today-{}", day / 7), now);
    if day % 7 == 0 {
        tree.files.remove(&format!("log/today-{}", day / 7 - 4));
    }
    if day % 7 == 5 {
        let part = tree.files.len() / 5;
        tree.edit(part, now);
    }
    if day % 30 == 11 {
        (0..10).for_each(|number| tree.write(&format!("new/{day}-{number}"), now));
    }
    match day {
        // Photographs, as many as all other files, with the dates of the camera.
        100 => {
            for number in 0..100 {
                let mut photo = tree.noise(FILE_BYTES);
                photo[..3].copy_from_slice(b"\xFF\xD8\xFF");
                tree.put(&format!("photos/{number}"), photo, now - TimeDelta::days(30), FileChange::Contents);
            }
        }
        // An upgrade.
        150 | 290 => {
            let names = tree.names();
            names.iter().step_by(3).for_each(|name| tree.write(name, now));
        }
        // Everything gets another owner.
        200 => {
            for (_, at, change) in tree.files.values_mut() {
                (*at, *change) = (now, FileChange::Metadata);
            }
        }
        // A spring-cleaning.
        250 => {
            let names = tree.names();
            names.iter().step_by(4).for_each(|name| drop(tree.files.remove(name)));
        }
        // Encrypted containers, beside the rest.
        320 => {
            for number in 0..30 {
                let container = tree.noise(4 * FILE_BYTES);
                tree.put(&format!("vault/{number}"), container, now, FileChange::Contents);
            }
        }
        _ => {}
    }
}

#[test]
fn an_ordinary_busy_year_is_never_suspicious() {
    for seed in [7, 77] {
        let world = World::at("2026-01-01 09:00").with_schedules("docs;16:07;docs;keep=last:3;compress=no\n");
        let mut days = Days { world, tree: Tree { dice: seed, ..Tree::of(90) } };
        for day in 0..365 {
            let now = days.now();
            live(&mut days.tree, day, now);
            assert_eq!(days.run(), [], "seed {seed}, day {day}");
        }
        assert_eq!((days.hold(), days.archives()), (None, 3));
        // And then somebody encrypts it.
        let now = days.now();
        days.tree.encrypt(now, FileChange::Metadata);
        let found = days.run();
        assert!(matches!(found.last(), Some(Anomaly::FilesIncompressible { .. })), "{found:?}");
    }
}
