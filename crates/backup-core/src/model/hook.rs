//! Hooks: the commands that run before and after a backup, and what went wrong with one.

use std::fmt;

use crate::model::command::{Command, CommandFault};
use crate::text::printable;
use crate::time::Period;

/// The commands that run before and after a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Runs before the source is read. If it fails, no backup is made.
    pub before: Option<Command>,
    /// Runs as soon as the source has been read, whatever happened.
    pub finally: Option<Command>,
    /// Runs when a good backup was made.
    pub after_success: Option<Command>,
    /// Runs when no good backup was made.
    pub after_failure: Option<Command>,
    /// How long each of them may take.
    pub timeout: Period,
    /// Their working folder. If it is relative, it is in the home. `None` means the home itself.
    pub dir: Option<String>,
}

/// When a command of a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HookPhase {
    /// Before the source is read.
    Before,
    /// As soon as the source has been read, whatever happened.
    Finally,
    /// When a good backup was made.
    AfterSuccess,
    /// When no good backup was made.
    AfterFailure,
}

impl HookPhase {
    /// Every phase, in the order in which they come.
    pub const ALL: [Self; 4] = [Self::Before, Self::Finally, Self::AfterSuccess, Self::AfterFailure];

    /// Returns its key in the configuration.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Finally => "finally",
            Self::AfterSuccess => "after_success",
            Self::AfterFailure => "after_failure",
        }
    }
}

impl Default for Hook {
    /// Without commands.
    fn default() -> Self {
        Self {
            before: None,
            finally: None,
            after_success: None,
            after_failure: None,
            timeout: Self::TIMEOUT,
            dir: None,
        }
    }
}

impl Hook {
    /// How long a command may take unless something else is set.
    pub const TIMEOUT: Period = Period::hours(1);

    /// Returns each setting as a key and a value, and whether it is what holds if nothing is set.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String, bool)> {
        let commands = HookPhase::ALL.into_iter().filter_map(|phase| {
            let command = self.command(phase)?;
            Some((phase.key(), command.to_string(), false))
        });
        let timeout = ("timeout", self.timeout.to_string(), self.timeout == Self::TIMEOUT);
        let dir = self.dir.iter().map(|dir| ("dir", dir.clone(), false));
        commands.chain([timeout]).chain(dir).collect()
    }

    /// Returns the command of a phase.
    #[must_use]
    pub fn command(&self, phase: HookPhase) -> Option<&Command> {
        match phase {
            HookPhase::Before => self.before.as_ref(),
            HookPhase::Finally => self.finally.as_ref(),
            HookPhase::AfterSuccess => self.after_success.as_ref(),
            HookPhase::AfterFailure => self.after_failure.as_ref(),
        }
    }
}

/// A command of a hook failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookProblem {
    /// The name of the hook.
    pub hook: String,
    /// When the command ran.
    pub phase: HookPhase,
    /// What happened.
    pub fault: CommandFault,
    /// The last line that it printed.
    pub last_line: Option<String>,
}

impl fmt::Display for HookProblem {
    /// One line, safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hook, phase, fault, last_line } = self;
        write!(f, "{} of hook {} {fault}", phase.key(), printable(hook.as_bytes()))?;
        match last_line {
            Some(line) => write!(f, ": {}", printable(line.as_bytes())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_happened_and_the_last_line() {
        let cases = [
            (CommandFault::Exited(3), Some("no\x1b"), "before of hook db ended with exit code 3: no\\u{1b}"),
            (CommandFault::Cancelled, None, "before of hook db was ended on request"),
        ];
        for (fault, last_line, expected) in cases {
            let (hook, last_line) = ("db".to_owned(), last_line.map(str::to_owned));
            let problem = HookProblem { hook, phase: HookPhase::Before, fault, last_line };
            assert_eq!(problem.to_string(), expected);
        }
    }

    #[test]
    fn each_phase_has_its_command() {
        let command = |line: &str| Command::shell(line.to_owned());
        let hook = Hook {
            before: command("before"),
            finally: command("finally"),
            after_success: command("after_success"),
            after_failure: command("after_failure"),
            ..Hook::default()
        };
        for phase in HookPhase::ALL {
            assert_eq!(hook.command(phase).map(ToString::to_string).as_deref(), Some(phase.key()));
        }
    }
}
