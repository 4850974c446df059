//! Runs other programs, each in a process group of its own.

mod group_members;
mod running;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use backup_core::model::command::{Command as Wanted, CommandObstacle, CommandReport};
use backup_core::model::error::{PortError, Remedy};
use backup_core::ports::{CommandRequest, Commands, Progress};

use self::running::Running;
use crate::error::{port_error, refused};
use crate::process::child_group::ChildGroup;
use crate::process::program_search::obstacle;

/// Runs programs of this system. They get the environment of this process, and none of its open files.
///
/// Each leads a process group of its own. A thread waits for the programs that it has started, and for no others.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemCommands;

impl Commands for SystemCommands {
    fn run(
        &self,
        request: &CommandRequest<'_>,
        out: Option<&mut dyn Write>,
        progress: &dyn Progress,
    ) -> Result<CommandReport, PortError> {
        check_dir(request.dir)
            .map_err(|error| port_error(format!("work in {}", request.dir.display()), error))
            .map_err(|error| error.with_remedy(Remedy::ChooseWorkingFolder))?;
        let group = start(request)
            .map_err(|error| port_error(format!("start {}", request.command.program_name()), error))?;
        let failed = |error| port_error(format!("run {}", request.command.program_name()), error);
        Running::new(group, request, out).map_err(failed)?.finish(request.timeout, progress).map_err(failed)
    }

    fn obstacle(&self, command: &Wanted, dir: &Path) -> Option<CommandObstacle> {
        obstacle(command.program_name(), dir, std::env::var_os("PATH").as_deref())
    }
}

/// Fails if a working folder can't be one. Otherwise it couldn't be told from a missing program.
fn check_dir(dir: &Path) -> io::Result<()> {
    if fs::metadata(dir)?.is_dir() { Ok(()) } else { Err(refused("it is no folder")) }
}

fn start(request: &CommandRequest<'_>) -> io::Result<ChildGroup> {
    let words = request.command.words();
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let input = if request.input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(request.dir)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.envs(request.variables.iter().map(|(name, value)| (name, value)));
    ChildGroup::spawn(&mut command)
}
