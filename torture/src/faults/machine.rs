//! A home in memory, every operation of which can fail.

use std::ops::Deref;

use backup_core::service::ServiceSettings;
use backup_core::testing::{Faults, InstantRunner, ManualClock, MemoryHome, MemorySource, at};
use backup_core::time::Clock;
use chrono::TimeDelta;

use super::point::Options;

/// A home with the sources docs and music.
pub(super) struct Machine(MemoryHome);

pub(super) const SOURCES: [&str; 2] = ["docs", "music"];

impl Deref for Machine {
    type Target = MemoryHome;

    fn deref(&self) -> &MemoryHome {
        &self.0
    }
}

impl Machine {
    /// Returns a home with two schedules, where the operations fail as scripted.
    pub(super) fn new(faults: &Faults, options: Options) -> Self {
        let machine = Self(MemoryHome::failing(ManualClock::utc(at("2026-03-10 12:00")), faults));
        let options = options.text();
        machine.schedules.write(format!("docs;16:07;docs{options}\nmusic;16:08;music{options}\n"));
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

    /// Lets the service run so many days, and stop.
    pub(super) fn serve(&self, days: i64) {
        let (work, end) = (self.work(), self.clock.now() + TimeDelta::days(days));
        let runner = InstantRunner::new(&self.clock, end, work).polling(TimeDelta::hours(1));
        self.service(ServiceSettings::default()).run(&runner);
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
