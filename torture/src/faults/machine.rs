//! A home in memory. Each of its operations can fail.

use std::ops::Deref;

use backup_core::model::command::Command;
use backup_core::model::config::Config;
use backup_core::model::hook::Hook;
use backup_core::service::ServiceSettings;
use backup_core::testing::{
    Faults, InstantRunner, ManualClock, MemoryHome, MemorySource, RecordedCommand, at,
};
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
        machine.config.put(&config());
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

    /// Returns whether a last command has followed each first one, of each backup.
    pub(super) fn owes_nothing(&self) -> bool {
        let ran = self.commands.ran();
        let last = |source: &str, phase: &str| {
            let is_it = |command: &RecordedCommand| {
                command.variable("BACKUP_NAME").as_deref() == Some(source)
                    && command.variable("BACKUP_HOOK").as_deref() == Some(phase)
            };
            ran.iter().rposition(is_it)
        };
        SOURCES.iter().all(|source| last(source, "before") <= last(source, "finally"))
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

/// Returns a configuration with a hook, which some schedules choose.
fn config() -> Config {
    let command = |line: &str| Command::shell(line.to_owned());
    let hook = Hook {
        before: command("before"),
        finally: command("finally"),
        after_success: command("good"),
        after_failure: command("bad"),
        ..Hook::default()
    };
    let mut config = Config::default();
    config.hooks.insert("mark".to_owned(), hook);
    config
}
