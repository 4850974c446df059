//! Warning: a likely mistake in a configuration, and what it is checked against.

use std::path::Path;

use crate::model::command::{Command, CommandObstacle};
use crate::model::config::FileProblem;
use crate::model::schedule::ScheduleEntry;

/// A likely mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigWarning {
    /// The table and the key, as in `hooks.db.dir`, or the table alone.
    pub key: String,
    /// The line that says so, from 1, if that is known.
    pub line: Option<usize>,
    /// The value that is wrong: a name, a path or a program. Empty if there is none.
    pub value: String,
    /// What is wrong.
    pub kind: ConfigWarningKind,
}

/// The kinds of likely mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigWarningKind {
    /// No schedule has a backup of that name.
    NoSuchBackup {
        /// The known name that was most likely meant.
        near: Option<String>,
    },
    /// A hook has no command, so it does nothing.
    EmptyHook,
    /// The service can't drill the backup of that name, though its schedule wants that: no identity opens its archives here.
    NoIdentityForDrills,
    /// The command can't be started.
    Command(CommandObstacle),
    /// The file can't be used, or everybody can read the secret in it.
    File(FileProblem),
}

/// The surroundings that a configuration is checked against.
#[derive(Clone, Copy)]
pub struct ConfigSurroundings<'a> {
    /// The folder that relative paths are relative to.
    pub home: &'a Path,
    /// The schedules.
    pub entries: &'a [&'a ScheduleEntry],
    /// Returns what keeps a command from being started in a folder.
    pub obstacle: &'a dyn Fn(&Command, &Path) -> Option<CommandObstacle>,
    /// Returns what is the matter with a file.
    pub file_problem: &'a dyn Fn(&Path) -> Option<FileProblem>,
}

pub(super) fn warning(key: String, value: &str, kind: ConfigWarningKind) -> ConfigWarning {
    ConfigWarning { key, line: None, value: value.to_owned(), kind }
}
