//! The port that runs other programs.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use auto_impl::auto_impl;

use super::Progress;
use crate::model::command::{Command, CommandObstacle, CommandReport, OutputLimit};
use crate::model::error::{Failure, PortError};

/// What to run, and with what.
#[derive(Debug, Clone, Copy)]
pub struct CommandRequest<'a> {
    /// The command.
    pub command: &'a Command,
    /// Its working folder. A relative path of a program is relative to it.
    pub dir: &'a Path,
    /// The variables that it gets besides those of this process.
    pub variables: &'a [(String, OsString)],
    /// What it reads from its standard input. Without it, it reads nothing.
    pub input: Option<&'a [u8]>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much of its output is kept.
    pub keep: OutputLimit,
}

/// Runs other programs.
#[auto_impl(&, Box, Arc)]
pub trait Commands: Send + Sync {
    /// Runs a command to its end.
    ///
    /// With `out`, its standard output is written there as it comes, in bounded memory, and only its standard error is kept.
    /// Without it, both are kept. The order between the two isn't promised.
    ///
    /// Promises:
    /// - A command that takes too long, or that `progress` cancels, is ended with all processes of its group: first they are
    ///   asked to end, and what is left after a few seconds is killed. So it has ended when this returns.
    /// - What it had printed is in the report, however it ended.
    /// - A child that it leaves in the background isn't ended, and is waited for no longer than about a second.
    /// - It gets none of the files that this process has open.
    /// - `progress` is asked all the time, also while the command prints nothing.
    ///
    /// Not promised: that processes that left the group are ended too.
    ///
    /// # Errors
    /// - [`Failure::Missing`]: there is no such program or working folder. The message names it. Where it is the folder, the
    ///   remedy is [`Remedy::ChooseWorkingFolder`](crate::model::error::Remedy::ChooseWorkingFolder).
    /// - [`Failure::Denied`] and others: it can't be started.
    /// - Whatever `out` fails with. The command is ended then.
    fn run(
        &self,
        request: &CommandRequest<'_>,
        out: Option<&mut dyn Write>,
        progress: &dyn Progress,
    ) -> Result<CommandReport, PortError>;

    /// Returns what would keep a command from being started in that folder. Starts nothing.
    ///
    /// Of a line for the shell, only the shell is looked for. `None` means that nothing is in the way, or that this can't be
    /// told, which is the default.
    ///
    /// Not promised: that the command can be started later, or by a process with another user or another search path.
    fn obstacle(&self, command: &Command, dir: &Path) -> Option<CommandObstacle> {
        let _ = (command, dir);
        None
    }
}

/// Runs nothing: every command is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCommands;

impl Commands for NoCommands {
    fn run(
        &self,
        request: &CommandRequest<'_>,
        _out: Option<&mut dyn Write>,
        _progress: &dyn Progress,
    ) -> Result<CommandReport, PortError> {
        let action = format!("start {}", request.command.program_name());
        Err(PortError::new(Failure::Refused, action).because("commands can't be run here"))
    }
}

const _DYN_COMPATIBLE: Option<&dyn Commands> = None;
