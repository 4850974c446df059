//! The promises of a whole home: all ports together, as a program supplies them.

mod gate;
mod gated;
mod gated_clock;
mod gated_store;
mod no_service;
mod one_at_a_time;
mod place;

pub use place::{HomePlace, ReadFile, WriteSource};

use chrono::TimeDelta;

use self::gated::Gated;
use self::no_service::NoService;
use self::one_at_a_time::OneAtATime;
use super::contract::contract;
use super::promise::{promise, same, same_bytes, works};
use super::{InstantRunner, ManualClock, at};
use crate::manager::{
    Manager, Restore, RestoreDestination as Place, RestoreRequest, ServiceManager, Verify, VerifyRequest,
};
use crate::model::archive::{Compression, Grade};
use crate::model::history::{HistoryNote, Outcome};
use crate::operation::run::perform;
use crate::policy::retention::Retention;
use crate::ports::{PackRequest, Ports, Progress, SilentProgress};
use crate::service::{Service, ServiceSettings};
use crate::time::Clock;

contract! {
    $
    /// Makes one test of each promise of a whole home, in a module of that name: each use case does its work on all ports
    /// together.
    ///
    /// This is for a program that keeps schedules, backups and history in one place, for example in one database with one
    /// lock. It shows that the ports work together, and that none waits for another for ever: while a port runs what it was
    /// given to run (an edit, the reading of an archive, a shortening), no other port is called. The one exception is
    /// [`Archiver::check`](crate::ports::Archiver::check), which reads what it is given. A draft or an archive that is open
    /// must not hold a lock between two calls.
    ///
    /// Each call of `make` gives a fresh home. The suite moves the clock that it gives to `make`.
    ///
    /// ```
    /// use std::path::PathBuf;
    ///
    /// use backup_core::testing::{HomePlace, ManualClock, MemoryHome, MemoryRestorer, MemorySource};
    ///
    /// fn make(clock: &ManualClock) -> HomePlace {
    ///     let home = MemoryHome::new(clock.clone()); // or the adapters of your own
    ///     home.archiver.put("/home/docs", MemorySource::folder());
    ///     let (restorer, sources) = (MemoryRestorer::default(), home.archiver.clone());
    ///     let restored = restorer.clone();
    ///     HomePlace {
    ///         clock: Box::new(home.clock),
    ///         schedules: Box::new(home.schedules),
    ///         archiver: Box::new(home.archiver),
    ///         backups: Box::new(home.backups),
    ///         history: Box::new(home.history),
    ///         journal: Box::new(home.journal),
    ///         restorer: Box::new(restorer),
    ///         home: PathBuf::from("/home"),
    ///         target: PathBuf::from("/target"),
    ///         write: Box::new(move |name, contents| {
    ///             sources.put("/home/docs", MemorySource::folder().file(name, contents));
    ///         }),
    ///         read: Box::new(move |path| {
    ///             let (folder, name) = (path.parent()?, path.file_name()?);
    ///             restored.target(folder)?.get(name.as_ref() as &std::path::Path).cloned()
    ///         }),
    ///     }
    /// }
    ///
    /// backup_core::home_contract!(my_home, make);
    /// # backup_core::testing::HOME_CONTRACT.check_all(&make);
    /// ```
    home_contract, HOME_CONTRACT: dyn Fn(&ManualClock) -> HomePlace;
    |make| {
        schedules_are_created_listed_and_deleted(make);
        a_backup_is_made_and_listed(make);
        a_backup_is_read_back_and_verified(make);
        a_backup_is_restored(make);
        older_generations_are_pruned(make);
        the_service_makes_each_run_once(make);
        the_service_notes_an_archive_that_the_history_does_not_know(make);
        the_state_and_the_past_are_told(make);
    }
}

type Make<'a> = &'a dyn Fn(&ManualClock) -> HomePlace;

const DOCS: &str = "docs;16:07;docs";

/// A home whose ports are watched, and the clock that it goes by.
struct World {
    place: HomePlace,
    clock: ManualClock,
}

impl World {
    /// Makes a home at noon, with a letter in its source.
    fn new(make: Make<'_>) -> Self {
        let clock = ManualClock::utc(at("2026-03-10 12:00"));
        let place = make(&clock);
        (place.write)("letter", b"Dear all");
        Self { place, clock }
    }

    fn watched(&self) -> Gated<Ports<'_>, OneAtATime> {
        Gated { source: self.place.ports(), gate: OneAtATime::default() }
    }

    /// Serves for so many days.
    fn serve(&self, ports: Ports<'_>, days: i64) -> usize {
        let end = self.clock.now() + TimeDelta::days(days);
        let work = |job: &_, progress: &dyn Progress| perform(&ports, job, progress);
        let runner = InstantRunner::new(&self.clock, end, work);
        Service::new(ports, ServiceSettings::default()).run(&runner);
        runner.begun().len()
    }
}

fn schedules_are_created_listed_and_deleted(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let manager = Manager::new(watched.ports());
    works(manager.create(DOCS), "a schedule can be created in an empty home");
    works(manager.create("docs;18:00;more;keep=last:2"), "a second schedule can be created");
    promise(manager.create(DOCS).is_err(), "a schedule is not created twice", &manager.list());
    works(manager.delete("0"), "a schedule can be deleted");
    let listed = works(manager.list(), "the schedules can be listed");
    let texts: Vec<_> = listed.iter().map(|line| line.text.as_str()).collect();
    same(&texts, &["docs;18:00;more;keep=last:2"], "what was created and not deleted is listed");
    same(&listed.iter().filter(|line| line.refused.is_some()).count(), &0, "what was created runs");
}

fn a_backup_is_made_and_listed(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let manager = Manager::new(watched.ports());
    works(manager.create(DOCS), "a schedule can be created");
    works(manager.run("docs", &SilentProgress), "a backup can be made by hand");
    world.clock.advance(TimeDelta::hours(1));
    works(manager.run("docs", &SilentProgress), "a backup can be made again");
    let made = format!("docs{}", world.place.backups.ending(Compression::None.into()));
    same(&names(&manager), &[made], "what was made is listed, once");
    let notes = works(world.place.history.load(), "the history can be read");
    let ended = notes.iter().filter(|note| matches!(note, HistoryNote::Ended(run) if run.outcome.is_good()));
    same(&ended.count(), &2, "each run has ended well in the history");
}

fn a_backup_is_read_back_and_verified(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let manager = Manager::new(watched.ports());
    works(manager.create("docs;16:07;docs;verify=yes"), "a schedule can be created");
    works(manager.run("docs", &SilentProgress), "a backup can be read back before it is published");
    let desk = Verify::new(watched.ports());
    let plan = works(desk.plan(&VerifyRequest::default()), "what there is to verify can be told");
    same(&plan.archives.len(), &1, "what was made is there to verify");
    for archive in &plan.archives {
        let verified = works(desk.verify(archive, &SilentProgress), "a backup can be verified");
        let is_good = verified.as_ref().is_some_and(|verified| verified.verdict.is_sound());
        promise(is_good, "what was made is good", &verified);
    }
}

fn a_backup_is_restored(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let manager = Manager::new(watched.ports());
    works(manager.create(DOCS), "a schedule can be created");
    works(manager.run("docs", &SilentProgress), "a backup can be made by hand");
    let desk = Restore::new(watched.ports(), &*world.place.restorer);
    let order = RestoreRequest {
        name: "docs".to_owned(),
        generation: None,
        at: None,
        chosen: Vec::new(),
        place: Place::Beside(world.place.target.clone()),
        overwrite: false,
        keep_setuid: false,
    };
    let plan = works(desk.plan(&order), "a restore can be planned");
    let report = works(desk.restore(&plan, &SilentProgress), "a backup can be restored");
    promise(report.is_complete(), "all of it is restored", &report);
    let read = (world.place.read)(&plan.request.target.path().join("letter"));
    same_bytes(&read.unwrap_or_default(), b"Dear all", "what comes back is what was backed up");
}

fn older_generations_are_pruned(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let manager = Manager::new(watched.ports());
    works(manager.create("docs;16:07;docs;keep=last:2"), "a schedule with generations can be created");
    for day in 0..4 {
        (world.place.write)("letter", format!("Dear all, this is day {day}").as_bytes());
        works(manager.run("docs", &SilentProgress), "a backup can be made by hand");
        world.clock.advance(TimeDelta::days(1));
    }
    same(&names(&manager).len(), &2, "as many generations are kept as the schedule says");
    let pruned = works(manager.prune("docs"), "the generations can be pruned by hand");
    let gone = pruned.plan.generations.iter().filter(|one| one.verdict == Retention::Goes).count();
    same(&(gone, pruned.failures.len()), &(0, 0), "nothing more is to be removed");
}

fn the_service_makes_each_run_once(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    works(Manager::new(watched.ports()).create(DOCS), "a schedule can be created");
    same(&world.serve(watched.ports(), 3), &3, "the service makes each run of three days");
    same(&world.serve(watched.ports(), 1), &1, "a service that starts later makes nothing twice");
    let runs = works(world.place.history.load(), "the history can be read");
    let done =
        runs.iter().filter(|note| matches!(note, HistoryNote::Ended(run) if run.outcome == Outcome::Done));
    same(&done.count(), &4, "each run has ended well in the history");
}

fn the_service_notes_an_archive_that_the_history_does_not_know(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let ports = watched.ports();
    works(Manager::new(ports).create(DOCS), "a schedule can be created");
    let name = "docs".parse().expect("the suite's own names are well formed");
    let mut draft = works(ports.backups.draft(&name, Compression::None), "a backup can be drafted");
    let source = world.place.home.join("docs");
    let request = PackRequest::all_of(&source);
    works(ports.archiver.pack(&request, &mut *draft, &SilentProgress), "the source can be packed");
    works(draft.publish(Grade::Complete), "a draft can be published");
    world.serve(ports, 0);
    let notes = works(world.place.history.load(), "the history can be read");
    let found = notes.iter().filter(|note| matches!(note, HistoryNote::Found(_))).count();
    same(&found, &1, "the archive is noted as found");
}

fn the_state_and_the_past_are_told(make: Make<'_>) {
    let world = World::new(make);
    let watched = world.watched();
    let manager = Manager::new(watched.ports());
    works(manager.create(DOCS), "a schedule can be created");
    world.serve(watched.ports(), 2);
    let desk = ServiceManager::new(watched.ports(), &NoService);
    let status = works(desk.status(), "the state can be told");
    let last = status.schedules.first().and_then(|schedule| schedule.last_run.as_ref());
    same(&last.map(|run| run.outcome), &Some(Outcome::Done), "the last run is told");
    let past = works(desk.history(Some("docs"), None), "the past can be told");
    same(&past.len(), &2, "each run is told");
    let why = works(desk.why("docs", "2026-03-11"), "a run can be explained");
    same(&why.len(), &1, "the run of a day is explained");
    let checked = works(manager.check(None), "the schedules can be checked");
    same(&checked.len(), &1, "each line is checked");
}

fn names(manager: &Manager<'_>) -> Vec<String> {
    let listed = works(manager.backups(), "the backups can be listed");
    listed.into_iter().map(|backup| backup.file_name).collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::gate::Gate;
    use super::gated::Source;
    use super::*;
    use crate::testing::promise::broken_promise;
    use crate::testing::{MemoryHome, MemoryRestorer, MemorySource, within};

    impl Source for MemoryHome {
        fn ports(&self) -> Ports<'_> {
            Self::ports(self)
        }
    }

    /// Returns a home in memory whose ports stand behind that gate.
    fn behind<G: Gate + Clone + 'static>(gate: &G, clock: &ManualClock) -> HomePlace {
        let home = MemoryHome::new(clock.clone());
        let home = Arc::new(MemoryHome { history: home.history.clone().holding(20), ..home });
        home.archiver.put("/home/docs", MemorySource::folder());
        let (sources, restored) = (home.archiver.clone(), MemoryRestorer::default());
        let port = || Box::new(Gated { source: Arc::clone(&home), gate: gate.clone() });
        HomePlace {
            clock: port(),
            schedules: port(),
            archiver: port(),
            backups: port(),
            history: port(),
            journal: port(),
            restorer: Box::new(restored.clone()),
            home: PathBuf::from("/home"),
            target: PathBuf::from("/target"),
            write: Box::new(move |name, contents| {
                sources.put("/home/docs", MemorySource::folder().file(name, contents));
            }),
            read: Box::new(move |path| restored.target(path.parent()?)?.get(Path::new("letter")).cloned()),
        }
    }

    /// Each port keeps what it keeps by itself.
    #[derive(Clone)]
    struct Apart;

    impl Gate for Apart {
        fn call<T>(&self, _call: &'static str, act: impl FnOnce() -> T) -> T {
            act()
        }

        fn within<T>(&self, _call: &'static str, act: impl FnOnce() -> T) -> T {
            act()
        }
    }

    home_contract!(memory_home, |clock| behind(&Apart, clock));

    /// All that keeps something shares one lock, as in a database with one connection. Who holds it and wants it waits for
    /// ever.
    #[derive(Clone, Default)]
    struct OneLock(Arc<Mutex<()>>);

    impl Gate for OneLock {
        fn call<T>(&self, call: &'static str, act: impl FnOnce() -> T) -> T {
            let is_kept_elsewhere = call.starts_with("Archiver::") || call.starts_with("Clock::");
            let _held = (!is_kept_elsewhere).then(|| self.0.lock().unwrap());
            act()
        }

        fn within<T>(&self, _call: &'static str, act: impl FnOnce() -> T) -> T {
            act()
        }
    }

    home_contract!(home_of_one_lock, |clock| behind(&OneLock::default(), clock));

    /// Reads the history while the schedule store runs an edit.
    fn nest(ports: &Ports<'_>) {
        let _ = ports.schedules.update(&mut |_| ports.history.load().map(drop).map_err(Into::into));
    }

    #[test]
    fn a_port_that_is_called_within_an_edit_is_found() {
        let world = World::new(&|clock| behind(&Apart, clock));
        let said = broken_promise(|| nest(&world.watched().ports()));
        let expected = "broken promise: ports never nest\n  seen: RunHistory::read within what ScheduleStore::update runs";
        assert_eq!(said, expected);
    }

    #[test]
    fn a_home_of_one_lock_hangs_where_ports_nest_and_that_is_found() {
        let hang = || {
            let place = behind(&OneLock::default(), &ManualClock::utc(at("2026-03-10 12:00")));
            nest(&place.ports());
        };
        let said = broken_promise(|| within(Duration::from_millis(50), "ports_never_nest", hang));
        assert!(said.starts_with("broken promise: ports_never_nest has not ended"), "{said}");
    }
}
