//! A home in memory, every operation of which can fail.

use std::path::Path;

use backup_core::manager::Manager;
use backup_core::ports::{Clock, Ports, Progress};
use backup_core::run::{Job, perform};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{
    Faults, InstantCrew, ManualClock, MemoryArchiver, MemoryBackups, MemoryHistory, MemorySchedules,
    MemorySource, RecordingJournal, at,
};

/// All ports of one home with the sources docs and music.
pub(super) struct Machine {
    pub(super) clock: ManualClock,
    pub(super) schedules: MemorySchedules,
    pub(super) archiver: MemoryArchiver,
    pub(super) backups: MemoryBackups,
    pub(super) history: MemoryHistory,
    pub(super) journal: RecordingJournal,
}

pub(super) const SOURCES: [&str; 2] = ["docs", "music"];

impl Machine {
    /// Returns a home with two schedules, where the operations fail as scripted.
    pub(super) fn new(faults: &Faults, is_compressed: bool) -> Self {
        let clock = ManualClock::utc(at("2026-03-10 12:00"));
        let schedules = MemorySchedules::failing(faults).stamped_by(&clock);
        let option = if is_compressed { ";compress=zstd" } else { "" };
        schedules.write(format!("docs;16:07;docs{option}\nmusic;16:08;music{option}\n"));
        let machine = Self {
            schedules,
            archiver: MemoryArchiver::failing(faults),
            backups: MemoryBackups::failing(clock.clone(), faults),
            history: MemoryHistory::failing(faults),
            journal: RecordingJournal::new(),
            clock,
        };
        machine.fill("old");
        machine
    }

    /// Puts other contents into the sources.
    pub(super) fn fill(&self, letter: &str) {
        for source in SOURCES {
            let files = MemorySource::folder().file("letter", letter).file("other", "Dear all");
            self.archiver.put(format!("/home/{source}"), files);
        }
    }

    pub(super) fn ports(&self) -> Ports<'_> {
        Ports {
            clock: &self.clock,
            schedules: &self.schedules,
            archiver: &self.archiver,
            backups: &self.backups,
            history: &self.history,
            journal: &self.journal,
            home: Path::new("/home"),
        }
    }

    pub(super) fn manager(&self) -> Manager<'_> {
        Manager::new(self.ports())
    }

    /// Lets the service run so many days, and stop.
    pub(super) fn serve(&self, days: i64) {
        let work = |job: &Job, progress: &dyn Progress| perform(&self.ports(), job, progress);
        let end = self.clock.now() + chrono::TimeDelta::days(days);
        let crew = InstantCrew::new(&self.clock, end, &work).polling(chrono::TimeDelta::hours(1));
        Service::new(self.ports(), ServiceSettings::default()).run(&crew);
    }

    /// Returns the archive of that name as it stands.
    pub(super) fn archive(&self, name: &str) -> Option<Vec<u8>> {
        [".tar", ".tar.zst"].iter().find_map(|ending| self.backups.contents(&format!("{name}{ending}")))
    }

    /// Returns the archive that a backup of `letter` makes.
    pub(super) fn expected(letter: &str) -> Vec<u8> {
        MemorySource::folder().file("letter", letter).file("other", "Dear all").archive()
    }
}
