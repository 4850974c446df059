//! What became of a command.

use crate::model::command::KeptOutput;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandEnd {
    /// It ended by itself, with this exit code.
    Exited(i32),
    /// A signal of this number ended it, and nobody here had sent it.
    Killed(i32),
    /// It took too long and was ended.
    TimedOut,
    /// Somebody asked to end it.
    Cancelled,
}

impl CommandEnd {
    /// Returns whether it ended well: with exit code 0.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandReport {
    /// How it ended.
    pub end: CommandEnd,
    /// The part of its output that was kept.
    pub output: KeptOutput,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_0_is_success() {
        assert!(CommandEnd::Exited(0).is_success());
        for end in [CommandEnd::Exited(1), CommandEnd::Killed(9), CommandEnd::TimedOut, CommandEnd::Cancelled]
        {
            assert!(!end.is_success(), "{end:?}");
        }
    }
}
