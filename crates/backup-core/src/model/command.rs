//! Command: a program with its arguments, or a line for the shell.

mod fault;
mod obstacle;
mod output;
mod report;

use std::fmt;

pub use fault::{CommandFault, CommandProblem};
pub use obstacle::CommandObstacle;
pub use output::{KeptOutput, OutputLimit};
pub use report::{CommandEnd, CommandReport};

use crate::text::printable;

/// A command that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Command {
    /// A program and its arguments. No shell sees them. It is never empty, and neither is the program.
    Program(Vec<String>),
    /// A line for `/bin/sh -c`.
    Shell(String),
}

impl Command {
    /// Returns the command of a list of words. Returns `None` if there is no program, or if a word contains a NUL byte.
    #[must_use]
    pub fn program(words: Vec<String>) -> Option<Self> {
        let is_whole = words.first().is_some_and(|program| !program.is_empty());
        (is_whole && !words.iter().any(|word| word.contains('\0'))).then_some(Self::Program(words))
    }

    /// Returns the command of a line for the shell. Returns `None` if it is blank, or if it contains a NUL byte.
    #[must_use]
    pub fn shell(line: String) -> Option<Self> {
        (!line.trim().is_empty() && !line.contains('\0')).then_some(Self::Shell(line))
    }

    /// Returns the name or path of the program that is started. For a line, it is the shell.
    #[must_use]
    pub fn program_name(&self) -> &str {
        self.words().first().copied().unwrap_or_default()
    }

    /// Returns the program and its arguments.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Program(words) => words.iter().map(String::as_str).collect(),
            Self::Shell(line) => vec!["/bin/sh", "-c", line],
        }
    }
}

/// The text is one line, safe to print. It is for people: a program is shown as a list, as a configuration has it.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Program(words) => format!("{words:?}"),
            Self::Shell(line) => line.clone(),
        };
        f.write_str(&printable(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_a_program() {
        let words = |words: &[&str]| Command::program(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(words(&[]), None);
        assert_eq!(words(&["", "a"]), None);
        assert_eq!(words(&["a", "b\0"]), None);
        assert_eq!(Command::shell(" \n".to_owned()), None);
        assert_eq!(Command::shell("a\0".to_owned()), None);
        let dump = words(&["pg_dump", "--", "a b", ""]).expect("it has a program");
        assert_eq!(dump.to_string(), r#"["pg_dump", "--", "a b", ""]"#);
        let line = Command::shell("a | b\n".to_owned()).expect("it isn't blank");
        assert_eq!((dump.program_name(), line.program_name()), ("pg_dump", "/bin/sh"));
        assert_eq!(line.words(), ["/bin/sh", "-c", "a | b\n"]);
        assert_eq!(line.to_string(), "a | b\\n");
    }
}
