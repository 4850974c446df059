//! A home in memory: all ports, put together.

use std::path::Path;

use super::{
    Faults, ManualClock, MemoryArchiver, MemoryBackups, MemoryCommands, MemoryConfig, MemoryHistory,
    MemoryNotices, MemorySchedules, RecordingJournal,
};
use crate::manager::Manager;
use crate::model::history::{HistoryNote, RunRecord};
use crate::model::job::{RunJob, RunResult};
use crate::operation::run::perform;
use crate::ports::{OwnRules, Ports, Progress};
use crate::service::{Service, ServiceSettings};

/// All ports of one home, `/home`, on fakes: for tests of a program that embeds the service or its use cases.
///
/// Its parts are handles, to look into and to change while something runs on them; one that shall be another is replaced
/// before that. At first nothing is scheduled, and there are no sources.
///
/// ```
/// use backup_core::ports::SilentProgress;
/// use backup_core::testing::{ManualClock, MemoryHome, MemorySource, at};
///
/// let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 12:00")));
/// home.archiver.put("/home/docs", MemorySource::folder().file("letter", "Dear all"));
/// home.schedules.write("docs;16:07;docs\n");
/// home.manager().run("docs", &SilentProgress)?;
/// assert_eq!(home.backups.file_names(), ["docs.tar"]);
/// assert_eq!(home.ended().len(), 1);
/// # Ok::<(), backup_core::model::error::Error>(())
/// ```
pub struct MemoryHome {
    /// The time, and the zone.
    pub clock: ManualClock,
    /// The schedules, whose changes the clock dates.
    pub schedules: MemorySchedules,
    /// The configuration. At first there is none.
    pub config: MemoryConfig,
    /// The sources.
    pub archiver: MemoryArchiver,
    /// The finished backups.
    pub backups: MemoryBackups,
    /// The commands that can be run.
    pub commands: MemoryCommands,
    /// What ran.
    pub history: MemoryHistory,
    /// What was told to whom.
    pub notices: MemoryNotices,
    /// What was said.
    pub journal: RecordingJournal,
}

impl MemoryHome {
    /// Returns a home in which nothing fails.
    #[must_use]
    pub fn new(clock: ManualClock) -> Self {
        Self::failing(clock, &Faults::none())
    }

    /// Returns a home whose schedules, configuration, sources, backups, commands and history fail as scripted, all by one count.
    #[must_use]
    pub fn failing(clock: ManualClock, faults: &Faults) -> Self {
        Self {
            schedules: MemorySchedules::failing(faults).stamped_by(&clock),
            config: MemoryConfig::failing(faults),
            archiver: MemoryArchiver::failing(faults),
            backups: MemoryBackups::failing(clock.clone(), faults),
            commands: MemoryCommands::failing(faults),
            history: MemoryHistory::failing(faults),
            notices: MemoryNotices::failing(faults),
            journal: RecordingJournal::new(),
            clock,
        }
    }

    /// Returns its ports.
    #[must_use]
    pub fn ports(&self) -> Ports<'_> {
        Ports {
            clock: &self.clock,
            schedules: &self.schedules,
            archiver: &self.archiver,
            backups: &self.backups,
            history: &self.history,
            journal: &self.journal,
            config: &self.config,
            rules: &OwnRules,
            notices: &self.notices,
            commands: &self.commands,
            home: Path::new("/home"),
        }
    }

    /// Returns the use cases of `backup_manager` on it.
    #[must_use]
    pub fn manager(&self) -> Manager<'_> {
        Manager::new(self.ports())
    }

    /// Returns the service on it.
    #[must_use]
    pub fn service(&self, settings: ServiceSettings) -> Service<'_> {
        Service::new(self.ports(), settings)
    }

    /// Returns what a runner does with a job here: [`perform`], as the service does.
    pub fn work(&self) -> impl Fn(&RunJob, &dyn Progress) -> RunResult + '_ {
        |job, progress| perform(&self.ports(), job, progress)
    }

    /// Returns the runs whose ends the history holds, oldest first, whatever is scripted to fail.
    #[must_use]
    pub fn ended(&self) -> Vec<RunRecord> {
        let ended = |note| if let HistoryNote::Ended(run) = note { Some(run) } else { None };
        self.history.notes().into_iter().filter_map(ended).collect()
    }
}
