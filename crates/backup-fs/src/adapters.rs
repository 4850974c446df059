//! The composition root: builds the real adapters of a home, for both programs and for embedders.

use std::path::Path;
use std::sync::Arc;

use backup_core::model::error::PortError;
use backup_core::ports::{Driller, Ports, Restorer, Viewer};

use crate::age::identities::Identities;
use crate::clock::system_clock::SystemClock;
use crate::home::config_file::ConfigFile;
use crate::home::history_file::HistoryFile;
use crate::home::layout::Home;
use crate::home::log_file::LogFile;
use crate::home::notice_file::NoticeFile;
use crate::home::schedule_file::ScheduleFile;
use crate::process::command_runner::SystemCommands;
use crate::store::backup_dir::BackupDir;
use crate::store::output_file::OutputFile;
use crate::tar_archiver::TarArchiver;
use crate::tar_driller::TarDriller;
use crate::tar_restorer::TarRestorer;
use crate::tar_viewer::TarViewer;

/// The log file that a program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// `logs/backup_manager.log`.
    Manager,
    /// `logs/backup_service.log`.
    Service,
}

/// The real adapters of one home.
#[derive(Debug)]
pub struct Adapters {
    home: Home,
    clock: SystemClock,
    schedules: ScheduleFile,
    config: ConfigFile,
    archiver: TarArchiver,
    backups: BackupDir,
    driller: TarDriller,
    history: HistoryFile,
    notices: NoticeFile,
    journal: LogFile,
}

impl Adapters {
    /// Opens the home in that folder and builds its adapters. Creates and changes no file.
    ///
    /// # Errors
    /// As [`Home::open`].
    pub fn open(home: &Path, log: Log) -> Result<Self, PortError> {
        Ok(Self::of(Home::open(home)?, log))
    }

    /// Builds the adapters of an open home. Creates and changes no file.
    #[must_use]
    pub fn of(home: Home, log: Log) -> Self {
        let name = match log {
            Log::Manager => Home::MANAGER_LOG,
            Log::Service => Home::SERVICE_LOG,
        };
        Self {
            clock: SystemClock,
            schedules: ScheduleFile::new(&home),
            config: ConfigFile::new(&home),
            archiver: TarArchiver::for_home(&home),
            backups: BackupDir::new(&home),
            driller: TarDriller::new(&home),
            history: HistoryFile::new(&home),
            notices: NoticeFile::new(&home),
            journal: LogFile::new(&home, name),
            home,
        }
    }

    /// Returns the same adapters, which read what is encrypted for these identities.
    #[must_use]
    pub fn with_identities(self, identities: Identities) -> Self {
        let identities = Arc::new(identities);
        Self {
            backups: self.backups.with_identities(Arc::clone(&identities)),
            driller: self.driller.with_identities(identities),
            ..self
        }
    }

    /// Returns the home.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Removes the temporary files that killed processes left beside the schedules, the configuration, the history and
    /// the notices.
    ///
    /// Files that are still being written stay. The temporary files of backups are removed by
    /// [`BackupStore::remove_leftovers`](backup_core::ports::BackupStore::remove_leftovers).
    ///
    /// # Errors
    /// The first failure. The other files are removed all the same.
    pub fn remove_leftovers(&self) -> Result<(), PortError> {
        let (schedules, config) = (self.schedules.remove_leftovers(), self.config.remove_leftovers());
        let (history, notices) = (self.history.remove_leftovers(), self.notices.remove_leftovers());
        schedules.and(config).and(history).and(notices)
    }

    /// Returns the file of the configuration.
    #[must_use]
    pub fn config_file(&self) -> &ConfigFile {
        &self.config
    }

    /// Returns the adapter that restores files.
    #[must_use]
    pub fn restorer(&self) -> &dyn Restorer {
        &TarRestorer
    }

    /// Returns the adapter that proves that backups can be restored.
    #[must_use]
    pub fn driller(&self) -> &dyn Driller {
        &self.driller
    }

    /// Returns the adapter that lists the contents of backups.
    #[must_use]
    pub fn viewer(&self) -> &dyn Viewer {
        &TarViewer
    }

    /// Returns an archiver that also leaves out the temporary file of `output`, so that no archive contains itself.
    #[must_use]
    pub fn archiver_beside(&self, output: &OutputFile) -> TarArchiver {
        TarArchiver::for_home(&self.home).excluding(output.temporary())
    }

    /// Returns the log of the program.
    #[must_use]
    pub fn log(&self) -> &LogFile {
        &self.journal
    }

    /// Returns the ports that the use cases of the core work with.
    #[must_use]
    pub fn ports(&self) -> Ports<'_> {
        Ports::builder(self.home.root())
            .clock(&self.clock)
            .schedules(&self.schedules)
            .config(&self.config)
            .archiver(&self.archiver)
            .backups(&self.backups)
            .commands(&SystemCommands)
            .history(&self.history)
            .notices(&self.notices)
            .journal(&self.journal)
            .build()
            .expect("every port is set")
    }
}
