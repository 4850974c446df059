//! Not taken: why a line of a crontab is no schedule.

/// Why a line of a crontab is no schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// Its time isn't understood, or is no time, such as the start of the machine.
    Time,
    /// It runs something else, or more than one command.
    OtherCommand,
    /// It doesn't create an archive, or only with words that a shell fills in.
    NotPlain,
    /// It has an option that no schedule has.
    Option(String),
    /// It packs no folder, or several.
    FolderCount(usize),
    /// Which folder it packs isn't known before it runs.
    UnknownFolder(String),
    /// A pattern with a slash means something else there.
    Pattern(String),
    /// The folder's path can't be part of a schedule, or gives no name.
    Unnameable(String),
}
