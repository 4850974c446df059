//! Years of schedules in a moment, with everything that goes wrong in years, and a judge that counts.

mod almanac;
mod desk;
mod episode;
mod fate;
mod guarded;
mod guarded_draft;
mod judge;
mod options;
mod plan;
mod random;
mod report;
mod runner;
mod sharing;
mod spelling;
mod sums;
mod verifying;
mod zones;

use super::{ManualClock, MemoryArchiver, MemoryBackups, MemoryHistory, MemorySchedules, MemorySource};
use crate::ports::{Archiver, BackupStore, RunHistory, ScheduleStore};
use episode::Episode;
use random::Random;
pub use report::{Finding, SimulationReport};

/// The adapters that an episode runs over; they live as long as the episode, and crashes of the service don't reach them.
pub struct Stores {
    /// Keeps the schedules. The simulator edits them through [`ScheduleStore::update`], by hand as well.
    pub schedules: Box<dyn ScheduleStore>,
    /// Keeps the backups.
    pub backups: Box<dyn BackupStore>,
    /// Remembers the runs.
    pub history: Box<dyn RunHistory>,
    /// Makes the archives.
    pub archiver: Box<dyn Archiver>,
}

impl Stores {
    /// Returns stores in memory, and a small source for whatever is to be backed up.
    #[must_use]
    pub fn in_memory(clock: &ManualClock) -> Self {
        let archiver = MemoryArchiver::new();
        for source in SOURCES {
            archiver.put(format!("{HOME}/{source}"), MemorySource::folder().file("letter", "Dear all"));
        }
        Self {
            schedules: Box::new(MemorySchedules::new().stamped_by(clock)),
            backups: Box::new(MemoryBackups::new(clock.clone())),
            history: Box::new(MemoryHistory::new()),
            archiver: Box::new(archiver),
        }
    }
}

/// What relative sources are relative to.
const HOME: &str = "/home";
const SOURCES: [&str; 4] = ["docs", "music", "mail", "work"];

/// How many days an episode has: short enough to be replayed in a moment, long enough for a spring and an autumn.
const EPISODE_DAYS: u64 = 400;

/// Runs a whole [`Service`](crate::service::Service) through days in which everything goes wrong, and judges what
/// became of each planned moment.
///
/// The days pass in episodes of 400, each with stores, schedules, zones and misfortunes of its own, which follow from
/// its seed alone. The service crashes at any call to a port, before or after the call took effect; it is stopped, at
/// once or in peace; the machine sleeps; its clock is corrected by up to a day, jumps years ahead or behind, and back;
/// backups take seconds or more than a day; people edit the schedules by hand and with the manager, and travel to other
/// zones; disks are full for a while; catalogs are lost and damaged, and archives can't be read. All that happens on a [`ManualClock`], in the caller's thread.
///
/// The schedules are of all forms, half of them daily. Each is made up as a plan, and its text is written from that in one of
/// its spellings. Half of them have options: a zone of their own, delays, or that they don't catch up. Most take over what hasn't
/// changed from the archive before.
///
/// The judge knows nothing of the core's rules; it walks over the planned moments of each plan with arithmetic of its own. It
/// demands that the service, whenever it has looked at schedules and history and goes to sleep under a clock that is
/// right, has begun all that it could; that it doesn't sleep past what comes next; and that nothing is settled
/// twice or archived twice. For lying clocks it demands what the product promises: what was begun more than a day ahead
/// settles nothing once the clock is right again. Each archive must hold what its source held, and take over nothing where it must
/// read everything. The service verifies each archive whose SHA-256 isn't known once it has nothing else to do, and what it notes then is
/// the SHA-256 of the archive that stands, though some are replaced meanwhile.
///
/// ```
/// use backup_core::testing::Simulation;
///
/// let report = Simulation::new(7).days(800).run();
/// assert_eq!(report.wrong().collect::<Vec<_>>(), [""; 0]);
/// assert!(report.crashes > 0 && report.jumps > 0);
/// ```
///
/// With adapters and schedules of one's own:
///
/// ```
/// use backup_core::testing::{MemoryHistory, Simulation, Stores};
///
/// let simulation = Simulation::new(7).days(400).schedules(["docs;16:07;docs", "music;02:30;music"]).over(|clock| {
///     let history = Box::new(MemoryHistory::new()); // or one's own
///     Stores { history, ..Stores::in_memory(clock) }
/// });
/// assert_eq!(simulation.run().wrong().count(), 0);
/// ```
pub struct Simulation<'a> {
    seed: u64,
    days: u64,
    schedules: Vec<String>,
    stores: Box<dyn Fn(&ManualClock) -> Stores + Sync + 'a>,
    is_telling: bool,
}

impl<'a> Simulation<'a> {
    /// Returns a simulation of no days yet, over stores in memory and schedules that are made up.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (schedules, stores) = (Vec::new(), Box::new(Stores::in_memory));
        Self { seed, days: 0, schedules, stores, is_telling: false }
    }

    /// Returns the same simulation, of so many days at least: whole episodes.
    #[must_use]
    pub fn days(self, days: u64) -> Self {
        Self { days, ..self }
    }

    /// Returns the same simulation, with these schedules, `folder;hh:mm;name` without options, which come and go. At
    /// most one source a name.
    #[must_use]
    pub fn schedules<T: Into<String>>(self, schedules: impl IntoIterator<Item = T>) -> Self {
        Self { schedules: schedules.into_iter().map(Into::into).collect(), ..self }
    }

    /// Returns the same simulation, over the stores that this makes for each episode. The clock is that of the episode.
    #[must_use]
    pub fn over<'b>(self, stores: impl Fn(&ManualClock) -> Stores + Sync + 'b) -> Simulation<'b> {
        let Self { seed, days, schedules, is_telling, .. } = self;
        Simulation { seed, days, schedules, stores: Box::new(stores), is_telling }
    }

    /// Returns the same simulation, which tells all that happens in the reports'
    /// [`story`](SimulationReport::story): for a replay.
    #[must_use]
    pub fn telling(self) -> Self {
        Self { is_telling: true, ..self }
    }

    /// Returns the seed of each episode. They don't depend on each other and can be run side by side.
    pub fn episodes(&self) -> impl Iterator<Item = u64> + use<> {
        let mut seeds = Random::new(self.seed);
        (0..self.days.div_ceil(EPISODE_DAYS)).map(move |_| seeds.next())
    }

    /// Runs the episode of that seed, as [`episodes`](Self::episodes) gives them and a [`Finding`] names them.
    #[must_use]
    pub fn episode(&self, seed: u64) -> SimulationReport {
        Episode::run(self, seed)
    }

    /// Runs all episodes, one after the other.
    #[must_use]
    pub fn run(&self) -> SimulationReport {
        let mut report = SimulationReport::default();
        self.episodes().for_each(|seed| report.add(self.episode(seed)));
        report
    }
}
