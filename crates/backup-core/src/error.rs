//! What can go wrong, as data that the core can match on.

use std::error::Error as StdError;
use std::fmt;

use crate::schedule::EntryFault;
use crate::text::printable;

/// What kind of failure an adapter met. The core matches on it, never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// It isn't there.
    Missing,
    /// Not allowed.
    Denied,
    /// No room: disk, quota, file-size limit.
    Full,
    /// Somebody else is at it.
    Busy,
    /// Refused because it is not what it should be (a symbolic link where a folder of ours should stand, say).
    Refused,
    /// It is there and can be read, but it is not what was once written: bytes are wrong or missing.
    Damaged,
    /// Ended because somebody asked for it.
    Interrupted,
    /// Anything else.
    Other,
}

/// An adapter's failure: its kind, what it was doing, and why it failed.
#[derive(Debug)]
pub struct PortError {
    /// The kind, for the core.
    pub failure: Failure,
    /// What was being done, with the path: "write backups/docs.tar".
    pub action: String,
    /// Why it failed.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl PortError {
    /// Returns a failure without a deeper cause.
    pub fn new(failure: Failure, action: impl Into<String>) -> Self {
        Self { failure, action: action.into(), source: None }
    }

    /// Returns the same failure with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }
}

impl fmt::Display for PortError {
    /// One line, safe to print: "can't write backups/docs.tar: No space left on device".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't {}", printable(self.action.as_bytes()))?;
        match &self.source {
            Some(source) => write!(f, ": {}", printable(source.to_string().as_bytes())),
            None => Ok(()),
        }
    }
}

impl StdError for PortError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// Why a use case could not do what it was asked to. Its text is what follows `Error: ` in logs and on terminals.
#[derive(Debug)]
pub enum Error {
    /// The text is no schedule.
    MalformedSchedule {
        /// As it was given.
        text: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The very same schedule is there.
    DuplicateSchedule {
        /// Where.
        index: usize,
        /// Which.
        text: String,
    },
    /// The name belongs to another folder's backups.
    NameTaken {
        /// The name.
        name: String,
        /// The index of the schedule that has it.
        index: usize,
        /// That schedule.
        other: String,
    },
    /// No schedule at that index; as it was given.
    NoSuchIndex(String),
    /// No schedule with that index or name; as it was given.
    NoSuchSchedule(String),
    /// There is no schedules file.
    SchedulesMissing,
    /// There is no place for backups.
    BackupsMissing,
    /// The source isn't there; as written in the schedule.
    SourceMissing(String),
    /// The source is empty, but its last backup wasn't; as written in the schedule.
    SourceEmpty(String),
    /// The backup could not be made.
    BackupFailed {
        /// The source as written in the schedule.
        source: String,
        /// Why.
        cause: PortError,
    },
    /// A service runs already.
    AlreadyRunning,
    /// No service runs.
    NotRunning,
    /// The service could not be started; the reason.
    CantStart(String),
    /// The service could not be stopped; the reason.
    CantStop(String),
    /// No such command; as it was given.
    UnknownInstruction(String),
    /// A command with the wrong arguments.
    WrongUsage(String),
    /// A port failed.
    Port(PortError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::MalformedSchedule { text, .. } => write!(f, "malformed schedule: {}", safe(text)),
            Self::DuplicateSchedule { index, text } => {
                write!(f, "schedule already exists at index {index}: {}", safe(text))
            }
            Self::NameTaken { name, index, other } => {
                write!(f, "name {name} already used for another folder at index {index}: {}", safe(other))
            }
            Self::NoSuchIndex(index) => write!(f, "can't find schedule at index {}", safe(index)),
            Self::NoSuchSchedule(key) => write!(f, "can't find schedule {}", safe(key)),
            Self::SchedulesMissing => f.write_str("can't find backup_schedules.txt"),
            Self::BackupsMissing => f.write_str("can't find backups directory"),
            Self::SourceMissing(source) => write!(f, "path {} does not exist", safe(source)),
            Self::SourceEmpty(source) => {
                write!(f, "path {} is empty, but its last backup was not; that one is kept", safe(source))
            }
            Self::BackupFailed { source, cause } => write!(f, "can't back up {}: {cause}", safe(source)),
            Self::AlreadyRunning => f.write_str("backup_service already running"),
            Self::NotRunning => f.write_str("backup_service not running"),
            Self::CantStart(reason) => write!(f, "can't start backup_service: {}", safe(reason)),
            Self::CantStop(reason) => write!(f, "can't stop backup_service: {}", safe(reason)),
            Self::UnknownInstruction(word) => write!(f, "unknown instruction: {}", safe(word)),
            Self::WrongUsage(what) => write!(f, "wrong usage: {}", safe(what)),
            Self::Port(failure) => failure.fmt(f),
        }
    }
}

impl Error {
    /// Returns what went wrong in more words, where there is more to say than the message does.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::MalformedSchedule { fault, .. } => Some(fault.to_string()),
            _ => None,
        }
    }

    /// Returns what to do next, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::MalformedSchedule { .. } => {
                r#"a schedule is folder;hh:mm;name, for example "docs;16:07;docs""#
            }
            Self::NameTaken { .. } => {
                "choose another name: both backups would be written to the same archive"
            }
            Self::NoSuchIndex(_) | Self::NoSuchSchedule(_) => "`backup_manager list` shows the schedules",
            Self::SchedulesMissing => {
                r#"add the first schedule with `backup_manager create "docs;16:07;docs"`, or name another --home"#
            }
            Self::BackupsMissing => "the first backup makes it; `backup_manager run` makes one now",
            Self::SourceMissing(_) => "a relative path is relative to the home folder",
            Self::SourceEmpty(_) => {
                "is it a mount point with nothing mounted? if not, move the old archive away first"
            }
            Self::NotRunning => "`backup_manager start` starts it",
            Self::BackupFailed { cause, .. } | Self::Port(cause) => match cause.failure {
                Failure::Full => "make room, then run it again; the last good backup is untouched",
                Failure::Busy => "another process is making this backup; try again when it is done",
                Failure::Damaged => "don't rely on it: take another copy, and check the disk that it is on",
                Failure::Refused => "it is not what Backup Manager made; look at it and move it away",
                _ => return None,
            },
            _ => return None,
        };
        Some(hint)
    }
}

impl StdError for Error {}

impl From<PortError> for Error {
    fn from(failure: PortError) -> Self {
        Self::Port(failure)
    }
}
