//! The promises of [`Commands`], checked on any adapter.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Act;
use super::cancelled::Cancelled;
use super::contract::contract;
use super::promise::{promise, same, works};
use crate::model::command::{Command, CommandEnd, CommandObstacle, CommandReport, OutputLimit};
use crate::model::error::{Failure, PortError, Remedy};
use crate::ports::{CommandRequest, Commands, Progress, SilentProgress};

/// Returns a command that does this, one after the other.
pub type CommandThat = dyn Fn(&[Act]) -> Command;

/// Who runs commands, and a place to run them in.
pub struct CommandPlace {
    /// Runs them.
    pub commands: Box<dyn Commands>,
    /// A working folder.
    pub dir: PathBuf,
    /// A folder that doesn't exist.
    pub missing_dir: PathBuf,
    /// A command whose program doesn't exist.
    pub missing: Command,
    /// Returns a command that does this, one after the other.
    pub that: Box<CommandThat>,
}

contract! {
    $
    /// Makes one test of each promise of [`Commands`](crate::ports::Commands), in a module of that name.
    ///
    /// Each call of `make` gives a fresh place.
    ///
    /// ```
    /// use backup_core::model::command::Command;
    /// use backup_core::testing::{Act, CommandPlace, MemoryCommands};
    ///
    /// fn make() -> CommandPlace {
    ///     let commands = MemoryCommands::new(); // or an adapter of your own, and a temporary folder
    ///     commands.remove("/missing");
    ///     let taught = commands.clone();
    ///     CommandPlace {
    ///         commands: Box::new(commands),
    ///         dir: "/home".into(),
    ///         missing_dir: "/missing".into(),
    ///         missing: Command::program(vec!["/missing".to_owned()]).expect("it has a program"),
    ///         that: Box::new(move |acts: &[Act]| {
    ///             let command = Command::shell(format!("{acts:?}")).expect("it isn't blank");
    ///             taught.teach(&command, acts.to_vec());
    ///             command
    ///         }),
    ///     }
    /// }
    ///
    /// backup_core::commands_contract!(my_commands, make);
    /// # backup_core::testing::COMMANDS_CONTRACT.check_all(&make);
    /// ```
    commands_contract, COMMANDS_CONTRACT: dyn Fn() -> CommandPlace;
    |make| {
        how_it_ended_is_told(&make());
        its_output_is_kept(&make());
        of_a_long_output_both_ends_are_kept(&make());
        a_sink_gets_the_standard_output(&make());
        a_sink_that_fails_ends_it(&make());
        it_gets_its_input(&make());
        it_gets_its_variables_and_its_folder(&make());
        one_that_takes_too_long_is_ended(&make());
        one_that_is_cancelled_is_ended(&make());
        what_is_missing_is_named(&make());
        an_obstacle_is_real(&make());
    }
}

const LIMIT: OutputLimit = OutputLimit { first_bytes: 100, last_bytes: 50 };

/// Long enough for a slow machine.
const LONG: Duration = Duration::from_secs(100);

/// Long enough for a command to print something.
const SHORT: Duration = Duration::from_secs(1);

fn request<'a>(place: &'a CommandPlace, command: &'a Command) -> CommandRequest<'a> {
    CommandRequest { command, dir: &place.dir, variables: &[], input: None, timeout: LONG, keep: LIMIT }
}

/// Runs a command that does this.
fn report(place: &CommandPlace, acts: &[Act]) -> CommandReport {
    let command = (place.that)(acts);
    run(place, &request(place, &command))
}

fn run(place: &CommandPlace, request: &CommandRequest<'_>) -> CommandReport {
    works(place.commands.run(request, None, &SilentProgress), "a command can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn first(report: &CommandReport) -> String {
    text(report.output.first())
}

fn how_it_ended_is_told(place: &CommandPlace) {
    same(&report(place, &[]).end, &CommandEnd::Exited(0), "a command that does nothing ends well");
    same(&report(place, &[Act::Exit(7)]).end, &CommandEnd::Exited(7), "the exit code is told");
    same(&report(place, &[Act::Die(9)]).end, &CommandEnd::Killed(9), "the signal that ended it is told");
}

fn its_output_is_kept(place: &CommandPlace) {
    let said =
        report(place, &[Act::Print(b"one\n".to_vec()), Act::Complain(b"two\n".to_vec()), Act::Exit(1)]);
    let mut lines: Vec<_> = first(&said).lines().map(str::to_owned).collect();
    lines.sort();
    same(&lines, &["one", "two"], "both outputs are kept");
    same(&said.end, &CommandEnd::Exited(1), "the exit code is told besides the output");
    promise(report(place, &[]).output.is_empty(), "of a silent command nothing is kept", "some output");
}

fn of_a_long_output_both_ends_are_kept(place: &CommandPlace) {
    let acts = [Act::Print(b"begin".to_vec()), Act::PrintMuch(300_000), Act::Print(b"end".to_vec())];
    let said = report(place, &acts);
    let (first, last) = (first(&said), text(&said.output.last()));
    promise(first.starts_with("beginxx") && first.len() == 100, "the beginning is kept", &first);
    promise(last.ends_with("xxend") && last.len() == 50, "the end is kept", &last);
    same(&said.output.left_out_bytes(), &(300_008 - 150), "what is left out is counted");
}

fn a_sink_gets_the_standard_output(place: &CommandPlace) {
    let command = (place.that)(&[Act::Complain(b"two".to_vec()), Act::PrintMuch(300_000), Act::Exit(3)]);
    let mut out = Vec::new();
    let said = place.commands.run(&request(place, &command), Some(&mut out), &SilentProgress);
    let said = works(said, "a command can be run into a sink");
    same(&out.len(), &300_000, "a sink gets all of the standard output");
    same(&first(&said), "two", "only the standard error is kept with a sink");
    same(&said.end, &CommandEnd::Exited(3), "the exit code is told with a sink");
}

/// Takes a few bytes, then fails.
struct FullSink;

impl Write for FullSink {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn a_sink_that_fails_ends_it(place: &CommandPlace) {
    let command = (place.that)(&[Act::PrintMuch(300_000), Act::Hang]);
    let failed = place.commands.run(&request(place, &command), Some(&mut FullSink), &SilentProgress);
    let failure = failed.map_err(|error| error.failure);
    same(&failure, &Err(Failure::Full), "a command whose sink fails is ended, with the failure of the sink");
}

fn it_gets_its_input(place: &CommandPlace) {
    let command = (place.that)(&[Act::PrintInput]);
    same(&first(&run(place, &request(place, &command))), "", "without an input, it reads nothing");
    let with_input = CommandRequest { input: Some(b"letter"), ..request(place, &command) };
    same(&first(&run(place, &with_input)), "letter", "it reads its input");
    let long = vec![b'i'; 300_000];
    let silent = (place.that)(&[]);
    let ignored = CommandRequest { input: Some(&long), ..request(place, &silent) };
    same(&run(place, &ignored).end, &CommandEnd::Exited(0), "it may ignore its input");
}

fn it_gets_its_variables_and_its_folder(place: &CommandPlace) {
    let command = (place.that)(&[Act::PrintVariable("BACKUP_NAME".to_owned())]);
    let odd = "a b;$(false)`\n'\"";
    let variables = [("BACKUP_NAME".to_owned(), OsString::from(odd))];
    let with_variable = CommandRequest { variables: &variables, ..request(place, &command) };
    same(&first(&run(place, &with_variable)), odd, "it gets its variables as they are");
    let folder = report(place, &[Act::PrintFolder]);
    same(&Path::new(first(&folder).trim_end()), &place.dir.as_path(), "it has its working folder");
}

fn one_that_takes_too_long_is_ended(place: &CommandPlace) {
    let command = (place.that)(&[Act::Print(b"begun".to_vec()), Act::Hang]);
    let short = CommandRequest { timeout: SHORT, ..request(place, &command) };
    let said = run(place, &short);
    same(&said.end, &CommandEnd::TimedOut, "a command that takes too long is ended");
    same(&first(&said), "begun", "what it had printed is kept");
}

/// Cancels when it was asked a few times.
#[derive(Default)]
struct CancelsLater(AtomicU64);

impl Progress for CancelsLater {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) > 5
    }
}

fn one_that_is_cancelled_is_ended(place: &CommandPlace) {
    let command = (place.that)(&[Act::Hang]);
    for progress in [&Cancelled as &dyn Progress, &CancelsLater::default()] {
        let said =
            works(place.commands.run(&request(place, &command), None, progress), "a command can be run");
        same(&said.end, &CommandEnd::Cancelled, "a command that is cancelled is ended");
    }
}

fn what_is_missing_is_named(place: &CommandPlace) {
    let failed = |request: &CommandRequest<'_>| -> PortError {
        match place.commands.run(request, None, &SilentProgress) {
            Err(error) => error,
            Ok(report) => panic!("broken promise: what is missing can't be run\n  seen: {report:?}"),
        }
    };
    let error = failed(&request(place, &place.missing));
    same(&error.failure, &Failure::Missing, "a missing program is Missing");
    let said = error.to_string();
    promise(said.contains(place.missing.program_name()), "the message names the missing program", &said);
    let silent = (place.that)(&[]);
    let error = failed(&CommandRequest { dir: &place.missing_dir, ..request(place, &silent) });
    same(&error.failure, &Failure::Missing, "a missing folder is Missing");
    let (said, dir) = (error.to_string(), place.missing_dir.display().to_string());
    promise(said.contains(&dir), "the message names the missing folder", &said);
    let remedy = error.remedy.as_deref();
    same(&remedy, &Some(&Remedy::ChooseWorkingFolder), "the remedy for a missing folder is another one");
}

fn an_obstacle_is_real(place: &CommandPlace) {
    let silent = (place.that)(&[]);
    let obstacle = |command, dir: &Path| place.commands.obstacle(command, dir);
    same(&obstacle(&silent, &place.dir), &None, "nothing is in the way of a command that can be started");
    let program = obstacle(&place.missing, &place.dir);
    let is_told = matches!(program, None | Some(CommandObstacle::NoProgram));
    promise(is_told, "a missing program is the obstacle", &program);
    let dir = obstacle(&silent, &place.missing_dir);
    promise(matches!(dir, None | Some(CommandObstacle::NoDir)), "a missing folder is the obstacle", &dir);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemoryCommands;
    use crate::testing::promise::broken_promise;

    #[test]
    fn the_fake_keeps_every_promise() {
        COMMANDS_CONTRACT.check_all(&|| place(|commands| Box::new(commands)));
    }

    fn place(open: impl Fn(MemoryCommands) -> Box<dyn Commands>) -> CommandPlace {
        let commands = MemoryCommands::new();
        commands.remove("/missing");
        let taught = commands.clone();
        CommandPlace {
            commands: open(commands),
            dir: "/home".into(),
            missing_dir: "/missing".into(),
            missing: Command::program(vec!["/missing".to_owned()]).unwrap(),
            that: Box::new(move |acts: &[Act]| {
                let command = Command::shell(format!("{acts:?}")).unwrap();
                taught.teach(&command, acts.to_vec());
                command
            }),
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Flaw {
        AlwaysEndsWell,
        LosesOutput,
        KeepsLess,
        KeepsWhatGoesToTheSink,
        LosesInput,
        LosesVariables,
        NeverCancels,
        NamesNothing,
        FindsNoProgram,
    }

    struct Broken(MemoryCommands, Flaw);

    impl Commands for Broken {
        fn run(
            &self,
            request: &CommandRequest<'_>,
            out: Option<&mut dyn Write>,
            progress: &dyn Progress,
        ) -> Result<CommandReport, PortError> {
            let mut request = *request;
            match self.1 {
                Flaw::LosesInput => request.input = None,
                Flaw::LosesVariables => request.variables = &[],
                Flaw::LosesOutput => request.keep = OutputLimit { first_bytes: 0, last_bytes: 0 },
                Flaw::KeepsLess => request.keep.last_bytes = 0,
                _ => {}
            }
            let progress = if self.1 == Flaw::NeverCancels { &SilentProgress } else { progress };
            let out = out.filter(|_| self.1 != Flaw::KeepsWhatGoesToTheSink);
            let mut report = self.0.run(&request, out, progress).map_err(|error| match self.1 {
                Flaw::NamesNothing => PortError::new(error.failure, "start it"),
                _ => error,
            })?;
            if self.1 == Flaw::AlwaysEndsWell {
                report.end = CommandEnd::Exited(0);
            }
            Ok(report)
        }

        fn obstacle(&self, command: &Command, dir: &Path) -> Option<CommandObstacle> {
            let wrong = (self.1 == Flaw::FindsNoProgram).then_some(CommandObstacle::NoProgram);
            wrong.or_else(|| self.0.obstacle(command, dir))
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::AlwaysEndsWell, "the exit code is told"),
            (Flaw::LosesOutput, "both outputs are kept"),
            (Flaw::KeepsLess, "the end is kept"),
            (Flaw::KeepsWhatGoesToTheSink, "a sink gets all of the standard output"),
            (Flaw::LosesInput, "it reads its input"),
            (Flaw::LosesVariables, "it gets its variables"),
            (Flaw::NeverCancels, "a command that is cancelled is ended"),
            (Flaw::NamesNothing, "names the missing program"),
            (Flaw::FindsNoProgram, "nothing is in the way"),
        ];
        for (flaw, expected) in cases {
            let open = move |inner| -> Box<dyn Commands> { Box::new(Broken(inner, flaw)) };
            let said = broken_promise(|| COMMANDS_CONTRACT.check_all(&move || place(open)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
