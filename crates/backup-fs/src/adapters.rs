//! The one place where the real adapters are put together, for both programs and for embedders.

use std::path::Path;

use backup_core::model::error::PortError;
use backup_core::ports::{Driller, Ports, Restorer, Viewer};

use crate::clock::system_clock::SystemClock;
use crate::home::history_file::HistoryFile;
use crate::home::layout::Home;
use crate::home::log_file::LogFile;
use crate::home::schedule_file::ScheduleFile;
use crate::store::backup_dir::BackupDir;
use crate::store::output_file::OutputFile;
use crate::tar_archiver::TarArchiver;
use crate::tar_driller::TarDriller;
use crate::tar_restorer::TarRestorer;
use crate::tar_viewer::TarViewer;

/// Which log a program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// `logs/backup_manager.log`.
    Manager,
    /// `logs/backup_service.log`.
    Service,
}

/// All real adapters of one home.
#[derive(Debug)]
pub struct Adapters {
    home: Home,
    clock: SystemClock,
    schedules: ScheduleFile,
    archiver: TarArchiver,
    backups: BackupDir,
    driller: TarDriller,
    history: HistoryFile,
    journal: LogFile,
}

impl Adapters {
    /// Puts the adapters of that home together. Nothing is made or changed yet.
    ///
    /// # Errors
    /// As [`Home::open`].
    pub fn open(home: &Path, log: Log) -> Result<Self, PortError> {
        Ok(Self::of(Home::open(home)?, log))
    }

    /// Puts the adapters of a home together that is open. Nothing is made or changed yet.
    #[must_use]
    pub fn of(home: Home, log: Log) -> Self {
        let name = match log {
            Log::Manager => Home::MANAGER_LOG,
            Log::Service => Home::SERVICE_LOG,
        };
        Self {
            clock: SystemClock,
            schedules: ScheduleFile::new(&home),
            archiver: TarArchiver::for_home(&home),
            backups: BackupDir::new(&home),
            driller: TarDriller::new(&home),
            history: HistoryFile::new(&home),
            journal: LogFile::new(&home, name),
            home,
        }
    }

    /// Returns the home.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Removes the temporary files beside the schedules and the history whose processes were killed; none that is still
    /// being written. Those of backups are [`BackupStore::sweep`](backup_core::ports::BackupStore::sweep)'s.
    ///
    /// # Errors
    /// The first failure to remove one, once the other is removed.
    pub fn sweep(&self) -> Result<(), PortError> {
        let (schedules, history) = (self.schedules.sweep(), self.history.sweep());
        schedules.and(history)
    }

    /// Returns what gets files back.
    #[must_use]
    pub fn restorer(&self) -> &dyn Restorer {
        &TarRestorer
    }

    /// Returns what proves that backups come back.
    #[must_use]
    pub fn driller(&self) -> &dyn Driller {
        &self.driller
    }

    /// Returns what looks into backups.
    #[must_use]
    pub fn viewer(&self) -> &dyn Viewer {
        &TarViewer
    }

    /// Returns an archiver that leaves out what is being written to that file, too.
    #[must_use]
    pub fn archiver_beside(&self, output: &OutputFile) -> TarArchiver {
        TarArchiver::for_home(&self.home).excluding(output.temporary())
    }

    /// Returns the log of the program.
    #[must_use]
    pub fn log(&self) -> &LogFile {
        &self.journal
    }

    /// Returns the ports for the use cases of the core.
    #[must_use]
    pub fn ports(&self) -> Ports<'_> {
        Ports::builder(self.home.root())
            .clock(&self.clock)
            .schedules(&self.schedules)
            .archiver(&self.archiver)
            .backups(&self.backups)
            .history(&self.history)
            .journal(&self.journal)
            .build()
            .expect("every port is set")
    }
}
