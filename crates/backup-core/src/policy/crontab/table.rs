//! A table of the configuration that does what a line of a crontab does, and what it is called.

use super::schedule::CrontabSchedule;
use crate::model::command::Command;

/// What does the same as a line of a crontab, together with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrontabWay {
    /// A command of the configuration whose output is backed up, and the schedule that names it. `None` if the line doesn't say
    /// enough.
    Output(Option<(WayTable, CrontabSchedule)>),
    /// A hook that runs the commands around a backup, and the schedule that names it. `None` if the line doesn't say enough.
    Around(Option<(WayTable, CrontabSchedule)>),
}

/// A table of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayTable {
    /// The name of the table.
    pub name: String,
    /// The commands, each with its key.
    pub commands: Vec<(&'static str, Command)>,
    /// The name of the file in the archive.
    pub file: Option<String>,
}

/// Returns a text as the name of a table: what can't be in one becomes `-`.
pub(super) fn table_name(text: &str) -> Option<String> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let name: String =
        text.chars().map(|character| if allowed(character) { character } else { '-' }).collect();
    let name = name.trim_matches(['-', '_']);
    (!name.is_empty() && name != "no").then(|| name.to_owned())
}
