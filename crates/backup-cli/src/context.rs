//! What every command works with: the adapters of the home, and the use cases over them.

use backup_core::manager::Manager;
use backup_core::model::schedule::ScheduleEntry;
use backup_core::ports::{Ports, ServiceControl};
use backup_core::text::printable;
use backup_core::time::wall_clock;
use backup_fs::{Adapters, ServiceProcess};

use crate::args::{ArchiveArgs, archive_name};
use crate::output::{complain, warn};
use crate::render;

/// The real adapters of one home.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) adapters: &'a Adapters,
}

impl<'a> Context<'a> {
    pub(crate) fn new(adapters: &'a Adapters) -> Self {
        Self { adapters }
    }

    pub(crate) fn ports(self) -> Ports<'a> {
        self.adapters.ports()
    }

    pub(crate) fn manager(self) -> Manager<'a> {
        Manager::new(self.ports())
    }

    /// Returns the control of this home's service, which passes `arguments` to one that it starts.
    pub(crate) fn service(self, arguments: Vec<String>) -> ServiceProcess {
        ServiceProcess::new(self.adapters.home().clone(), arguments)
    }

    /// Says what a key was taken for, where it could be an index or a name.
    pub(crate) fn say_how_read(self, key: &str) {
        if self.manager().is_ambiguous(key) {
            say_taken_for_index(key);
        }
    }

    /// Returns the file names in paths of archives of that backup, and says what its key was taken for.
    pub(crate) fn archive_names<const N: usize>(self, key: &str, given: [&str; N]) -> [String; N] {
        let backups = self.adapters.home().backups();
        let names = given.map(|given| archive_name(&backups, given));
        self.say_which_backup(key, &names);
        names.map(str::to_owned)
    }

    /// Returns the file name of the archive of that backup that is asked for by its file, and says what its key was taken
    /// for.
    pub(crate) fn generation(self, key: &str, arguments: &ArchiveArgs) -> Option<String> {
        match &arguments.generation {
            Some(given) => Some(self.archive_names(key, [given]).concat()),
            None => {
                self.say_which_backup(key, &[]);
                None
            }
        }
    }

    /// Says what a key was taken for, where it could be the index or the name of two backups. `files` are the archives that
    /// are asked for as well.
    pub(crate) fn say_which_backup(self, key: &str, files: &[&str]) {
        if self.manager().is_ambiguous_backup(key, files) {
            say_taken_for_index(key);
        }
    }

    /// Says when a schedule runs for the first time from now on. `what` is that run.
    pub(crate) fn say_first_run(self, what: &str, entry: &ScheduleEntry) {
        let Some(first) = self.manager().first_run(entry) else { return };
        let service_runs = self.service(Vec::new()).running().is_ok_and(|service| service.is_some());
        let condition = if service_runs { "" } else { ", once the service runs" };
        let zone = entry.options().zone().zip(self.manager().in_zone(entry, first));
        let zone = zone.map(|(zone, reading)| format!(" ({})", render::in_zone(first, reading, zone)));
        complain(format_args!("{what}: {}{}{condition}", wall_clock(first), zone.unwrap_or_default()));
    }

    /// A service in the wrong home looks like a success, and backs up nothing.
    pub(crate) fn warn_of_missing_schedules(self) {
        if let Err(error) = self.ports().schedules.load() {
            let home = self.adapters.home().root().display().to_string();
            warn(format_args!("nothing is scheduled in {}: {error}", printable(home.as_bytes())));
        }
    }
}

fn say_taken_for_index(key: &str) {
    let key = printable(key.as_bytes());
    complain(format_args!("note: took {key} for the index, not for the name {key}"));
}
