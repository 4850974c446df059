//! Commands in memory: what they do is a script.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::Faults;
use super::faults::from_io_error;
use super::locked::locked;
use crate::model::command::{Command, CommandEnd, CommandObstacle, CommandReport, KeptOutput};
use crate::model::error::{Failure, PortError, Remedy};
use crate::ports::{CommandRequest, Commands, Progress};

/// One thing that a command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It writes to its standard output.
    Print(Vec<u8>),
    /// It writes to its standard error.
    Complain(Vec<u8>),
    /// It writes that many bytes, each an `x`, to its standard output.
    PrintMuch(u64),
    /// It copies its standard input to its standard output.
    PrintInput,
    /// It writes the value of a variable to its standard output.
    PrintVariable(String),
    /// It writes its working folder to its standard output.
    PrintFolder,
    /// It waits for ever.
    Hang,
    /// It ends with this exit code.
    Exit(i32),
    /// It ends by a signal of this number.
    Die(i32),
}

/// A command that was run, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCommand {
    /// The command, as it is shown.
    pub command: String,
    /// Its working folder.
    pub dir: PathBuf,
    /// Its own variables.
    pub variables: Vec<(String, OsString)>,
    /// What it could read.
    pub input: Option<Vec<u8>>,
}

impl RecordedCommand {
    /// Returns the value of a variable, as text.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let value = self.variables.iter().find(|(known, _)| known == name);
        value.map(|(_, value)| value.to_string_lossy().into_owned())
    }
}

/// Runs commands that do what a test says. A command without a script ends well and prints nothing. Clones are handles of
/// the same one.
///
/// No time passes while a command hangs: it takes too long at once, unless it is cancelled. Its operation is "run".
///
/// ```
/// use backup_core::model::command::Command;
/// use backup_core::testing::{Act, MemoryCommands};
///
/// let commands = MemoryCommands::new();
/// let stop = Command::shell("stop db".to_owned()).expect("it isn't blank");
/// commands.teach(&stop, [Act::Complain(b"no such db\n".to_vec()), Act::Exit(1)]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryCommands {
    scripts: Arc<Mutex<HashMap<Command, Vec<Act>>>>,
    missing: Arc<Mutex<Vec<PathBuf>>>,
    ran: Arc<Mutex<Vec<RecordedCommand>>>,
    faults: Faults,
}

impl MemoryCommands {
    /// Returns commands that never fail to start.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns commands that fail to start as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Says what a command does from now on.
    pub fn teach(&self, command: &Command, acts: impl IntoIterator<Item = Act>) {
        locked(&self.scripts).insert(command.clone(), acts.into_iter().collect());
    }

    /// Removes a program or a working folder, so that nothing that needs it can be started.
    pub fn remove(&self, path: impl Into<PathBuf>) {
        locked(&self.missing).push(path.into());
    }

    /// Returns the commands that were started, oldest first.
    #[must_use]
    pub fn ran(&self) -> Vec<RecordedCommand> {
        locked(&self.ran).clone()
    }

    fn is_missing(&self, path: &Path) -> bool {
        locked(&self.missing).iter().any(|missing| missing == path)
    }

    fn start(&self, request: &CommandRequest<'_>) -> Result<Vec<Act>, PortError> {
        self.faults.check("run", &request.command.to_string())?;
        for path in [request.dir, request.command.program_name().as_ref()] {
            if self.is_missing(path) {
                let remedy = (path == request.dir).then_some(Remedy::ChooseWorkingFolder);
                let missing = PortError::new(Failure::Missing, format!("start {}", path.display()));
                return Err(missing.with_remedy(remedy));
            }
        }
        locked(&self.ran).push(RecordedCommand {
            command: request.command.to_string(),
            dir: request.dir.to_owned(),
            variables: request.variables.to_vec(),
            input: request.input.map(<[u8]>::to_vec),
        });
        Ok(locked(&self.scripts).get(request.command).cloned().unwrap_or_default())
    }
}

impl Commands for MemoryCommands {
    fn run(
        &self,
        request: &CommandRequest<'_>,
        mut out: Option<&mut dyn Write>,
        progress: &dyn Progress,
    ) -> Result<CommandReport, PortError> {
        let acts = self.start(request)?;
        let mut output = KeptOutput::new(request.keep);
        let mut end = CommandEnd::Exited(0);
        for act in acts {
            if progress.is_cancelled() {
                return Ok(CommandReport { end: CommandEnd::Cancelled, output });
            }
            end = match act {
                Act::Complain(bytes) => {
                    output.push(&bytes);
                    continue;
                }
                Act::Exit(code) => CommandEnd::Exited(code),
                Act::Die(signal) => CommandEnd::Killed(signal),
                Act::Hang => hang(progress),
                prints => {
                    print(&printed(&prints, request), &mut output, &mut out)?;
                    continue;
                }
            };
            break;
        }
        Ok(CommandReport { end, output })
    }

    fn obstacle(&self, command: &Command, dir: &Path) -> Option<CommandObstacle> {
        let no_dir = self.is_missing(dir).then_some(CommandObstacle::NoDir);
        let is_program_missing = self.is_missing(command.program_name().as_ref());
        no_dir.or(is_program_missing.then_some(CommandObstacle::NoProgram))
    }
}

/// Waits until it is cancelled or takes too long.
fn hang(progress: &dyn Progress) -> CommandEnd {
    let is_cancelled = (0..LOOKS).any(|_| progress.is_cancelled());
    if is_cancelled { CommandEnd::Cancelled } else { CommandEnd::TimedOut }
}

/// How often a command that hangs looks for a cancellation before it has taken too long.
const LOOKS: usize = 1_000;

/// Returns what an act writes to the standard output.
fn printed(act: &Act, request: &CommandRequest<'_>) -> Vec<u8> {
    match act {
        Act::Print(bytes) => bytes.clone(),
        Act::PrintMuch(count) => vec![b'x'; usize::try_from(*count).unwrap_or_default()],
        Act::PrintInput => request.input.unwrap_or_default().to_vec(),
        Act::PrintVariable(name) => {
            let value = request.variables.iter().find(|(known, _)| known == name);
            value.map(|(_, value)| value.as_encoded_bytes().to_vec()).unwrap_or_default()
        }
        Act::PrintFolder => request.dir.as_os_str().as_encoded_bytes().to_vec(),
        Act::Complain(_) | Act::Hang | Act::Exit(_) | Act::Die(_) => Vec::new(),
    }
}

fn print(bytes: &[u8], output: &mut KeptOutput, out: &mut Option<&mut dyn Write>) -> Result<(), PortError> {
    match out {
        Some(out) => out.write_all(bytes).map_err(|error| from_io_error("pass on the output", error)),
        None => {
            output.push(bytes);
            Ok(())
        }
    }
}
