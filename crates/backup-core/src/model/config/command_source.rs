//! Command source: a command whose output is backed up.

use crate::model::command::Command;
use crate::time::Period;

/// A command whose standard output is backed up as one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSource {
    /// The command.
    pub run: Command,
    /// The name of the file in the archive. It holds no `/`.
    pub file: String,
    /// How long the command may take.
    pub timeout: Period,
}

impl CommandSource {
    /// How long a command may take unless something else is set.
    pub const TIMEOUT: Period = Period::hours(6);

    /// Returns each setting as a key and a value, and whether it is what holds if nothing is set.
    pub(super) fn fields(&self, name: &str) -> [(&'static str, String, bool); 3] {
        [
            ("run", self.run.to_string(), false),
            ("file", self.file.clone(), self.file == name),
            ("timeout", self.timeout.to_string(), self.timeout == Self::TIMEOUT),
        ]
    }
}
