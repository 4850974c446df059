//! Every sentence that the logs can hold.

use std::fmt;

use crate::backup::Finding;
use crate::error::Error;
use crate::text::printable;

/// Something that happened. Its text is one line, whatever its names contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A schedule was added; its text.
    ScheduleAdded(String),
    /// The schedules were listed.
    ListShown,
    /// The schedule at that index was deleted.
    ScheduleDeleted(usize),
    /// The service began.
    ServiceStarted,
    /// The service has gone.
    ServiceStopped,
    /// The service's status was shown.
    StatusShown,
    /// The backups were listed.
    BackupsShown,
    /// Everything is in the archive.
    BackupDone {
        /// As written in the schedule.
        source: String,
        /// The archive, below home.
        archive: String,
    },
    /// Everything is in the archive, but something changed while it was read.
    BackupTorn {
        /// As written in the schedule.
        source: String,
        /// The archive, below home.
        archive: String,
        /// How many entries.
        torn_entries: u64,
    },
    /// Something could not be read.
    BackupIncomplete {
        /// As written in the schedule.
        source: String,
        /// The archive, below home.
        archive: String,
        /// How many entries.
        missing_entries: u64,
    },
    /// The backup was ended on request; as written in the schedule.
    BackupInterrupted(String),
    /// Another process is making this backup, so the service tries again later; as written in the schedule.
    BackupPostponed(String),
    /// A run makes up for missed ones.
    MakingUp {
        /// As written in the schedule.
        source: String,
        /// How many.
        missed_runs: u32,
    },
    /// Something about one entry of a source.
    Found {
        /// As written in the schedule.
        source: String,
        /// What.
        finding: Finding,
    },
    /// There was more to say about entries than a log should hold.
    MoreFound {
        /// As written in the schedule.
        source: String,
        /// How many findings were not written.
        findings: usize,
    },
    /// Something was left out on purpose.
    LeftOut {
        /// As written in the schedule.
        source: String,
        /// How many entries and contents of folders.
        excluded_entries: u64,
    },
    /// What dead processes left was removed; how many files.
    DraftsSwept(usize),
    /// A lasting trouble has ended; what works again.
    Recovered(String),
    /// Something failed.
    Failed(String),
}

impl Event {
    /// Returns the event of a failure.
    #[must_use]
    pub fn failed(error: &Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::ScheduleAdded(text) => write!(f, "New schedule added: {}", safe(text)),
            Self::ListShown => f.write_str("Show schedules list"),
            Self::ScheduleDeleted(index) => write!(f, "Schedule at index {index} deleted"),
            Self::ServiceStarted => f.write_str("backup_service started"),
            Self::ServiceStopped => f.write_str("backup_service stopped"),
            Self::StatusShown => f.write_str("Show service status"),
            Self::BackupsShown => f.write_str("Show backups list"),
            Self::BackupDone { source, archive } => {
                write!(f, "Backup done for {} in {}", safe(source), safe(archive))
            }
            Self::BackupTorn { source, archive, torn_entries } => write!(
                f,
                "Backup done for {} in {}, but {} changed while being read",
                safe(source),
                safe(archive),
                entries(*torn_entries)
            ),
            Self::BackupIncomplete { source, archive, missing_entries } => write!(
                f,
                "Backup incomplete for {} in {}: {} could not be read",
                safe(source),
                safe(archive),
                entries(*missing_entries)
            ),
            Self::BackupInterrupted(source) => {
                write!(f, "Backup interrupted for {}, still owed", safe(source))
            }
            Self::BackupPostponed(source) => {
                write!(f, "Backup postponed for {}: another process is making it", safe(source))
            }
            Self::MakingUp { source, missed_runs } => {
                let runs = if *missed_runs == 1 { "run" } else { "runs" };
                write!(f, "Making up for {missed_runs} missed {runs} of {}", safe(source))
            }
            Self::Found { source, finding } => write!(f, "In {}: {finding}", safe(source)),
            Self::MoreFound { source, findings } => write!(f, "In {}: {findings} more", safe(source)),
            Self::LeftOut { source, excluded_entries } => {
                write!(f, "In {}: {} left out on purpose", safe(source), entries(*excluded_entries))
            }
            Self::DraftsSwept(1) => f.write_str("Removed 1 unfinished archive of a dead process"),
            Self::DraftsSwept(files) => write!(f, "Removed {files} unfinished archives of dead processes"),
            Self::Recovered(what) => write!(f, "{} again", safe(what)),
            Self::Failed(message) => write!(f, "Error: {}", safe(message)),
        }
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
