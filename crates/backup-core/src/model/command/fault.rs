//! Why a command didn't end well.

use std::fmt;

use crate::model::command::CommandEnd;
use crate::model::error::PortError;
use crate::text::printable;
use crate::time::Period;

/// Why a command didn't end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandFault {
    /// It ended with this exit code.
    Exited(i32),
    /// A signal of this number ended it.
    Killed(i32),
    /// It took longer than this, and was ended.
    TimedOut(Period),
    /// It was ended because somebody asked for it.
    Cancelled,
    /// It ended well, but printed nothing.
    Silent,
    /// It could not be started, or its output could not be read or kept.
    NotRun(PortError),
}

impl CommandFault {
    /// Returns why a command that ended so didn't end well, if it didn't. It had this much time.
    #[must_use]
    pub fn of(end: CommandEnd, timeout: Period) -> Option<Self> {
        Some(match end {
            CommandEnd::Exited(0) => return None,
            CommandEnd::Exited(code) => Self::Exited(code),
            CommandEnd::Killed(signal) => Self::Killed(signal),
            CommandEnd::TimedOut => Self::TimedOut(timeout),
            CommandEnd::Cancelled => Self::Cancelled,
        })
    }
}

/// What went wrong with the command whose output is backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandProblem {
    /// The name of the command in the configuration.
    pub name: String,
    /// What happened.
    pub fault: CommandFault,
    /// The last line that it printed to its standard error, if it printed any.
    pub last_line: Option<String>,
}

impl fmt::Display for CommandProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fault, last_line } = self;
        write!(f, "the command {} {fault}", printable(name.as_bytes()))?;
        match last_line {
            Some(line) => write!(f, ": {}", printable(line.as_bytes())),
            None => Ok(()),
        }
    }
}

/// The text continues a sentence that names the command.
impl fmt::Display for CommandFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "ended with exit code {code}"),
            Self::Killed(signal) => write!(f, "was ended by signal {signal}"),
            Self::TimedOut(timeout) => write!(f, "took longer than {timeout} and was ended"),
            Self::Cancelled => f.write_str("was ended on request"),
            Self::Silent => f.write_str("printed nothing"),
            Self::NotRun(error) => write!(f, "could not be run: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Failure;

    #[test]
    fn a_problem_says_what_happened_and_the_last_line() {
        let cases = [
            (CommandFault::Exited(3), Some("no\x1b"), "the command db ended with exit code 3: no\\u{1b}"),
            (CommandFault::Killed(9), None, "the command db was ended by signal 9"),
            (
                CommandFault::TimedOut(Period::hours(1)),
                Some("x"),
                "the command db took longer than 1h and was ended: x",
            ),
            (CommandFault::Cancelled, None, "the command db was ended on request"),
            (CommandFault::Silent, None, "the command db printed nothing"),
            (
                CommandFault::NotRun(PortError::new(Failure::Missing, "start pg_dump")),
                None,
                "the command db could not be run: can't start pg_dump",
            ),
        ];
        for (fault, last_line, expected) in cases {
            let problem =
                CommandProblem { name: "db".to_owned(), fault, last_line: last_line.map(str::to_owned) };
            assert_eq!(problem.to_string(), expected);
        }
    }

    #[test]
    fn only_exit_code_0_is_no_fault() {
        let of = |end| CommandFault::of(end, Period::hours(1));
        assert_eq!(of(CommandEnd::Exited(0)), None);
        assert_eq!(of(CommandEnd::Exited(1)), Some(CommandFault::Exited(1)));
        assert_eq!(of(CommandEnd::Killed(9)), Some(CommandFault::Killed(9)));
        assert_eq!(of(CommandEnd::TimedOut), Some(CommandFault::TimedOut(Period::hours(1))));
        assert_eq!(of(CommandEnd::Cancelled), Some(CommandFault::Cancelled));
    }
}
