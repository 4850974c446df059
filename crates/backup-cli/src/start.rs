//! From the arguments of the process to a command, and to an exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use backup_core::model::error::{Error, PortError};
use backup_core::ports::Ports;
use backup_fs::{Adapters, Home, Log, survive_file_size_limit};
use backup_report::nagios_unknown;
use clap::{CommandFactory, FromArgMatches};

use crate::arguments::{Arguments, SHORT_USAGE};
use crate::command_error::CommandError;
use crate::commands::{Command, unknown_command, works_anywhere};
use crate::completion;
use crate::context::Context;
use crate::exit;
use crate::interrupt::exit_code;
use crate::output::{complain, hint, print, print_error, warn};
use crate::usage_error::usage_error;

/// Runs the program, with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    if completion::answer() {
        return ExitCode::SUCCESS;
    }
    // Where this can't be had, the limit kills as it always did.
    let _ = survive_file_size_limit();
    let code = match parse() {
        Ok((arguments, name)) => run(&arguments, &name).unwrap_or_else(|error| match &arguments.command {
            Some(Command::Status(status)) if status.is_for_nagios() => give_up_to_nagios(&error),
            _ => give_up(&error),
        }),
        Err(error) if !error.use_stderr() => {
            // Help and version; a reader that has gone away has read enough of them.
            let _ = error.print();
            exit::DONE
        }
        Err(error) => refuse(&error),
    };
    ExitCode::from(exit_code(code))
}

/// Returns the arguments of the process, and the name of their command.
fn parse() -> Result<(Arguments, String), clap::Error> {
    let matches = Arguments::command().try_get_matches()?;
    let name = matches.subcommand_name().unwrap_or_default().to_owned();
    Ok((Arguments::from_arg_matches(&matches)?, name))
}

fn run(arguments: &Arguments, name: &str) -> Result<u8, CommandError> {
    match &arguments.command {
        Some(Command::Help(help)) => return show_help(help.command.as_deref()),
        Some(Command::Completions(completions)) => return Ok(completions.run()),
        Some(Command::Version(_)) => return Ok(show(["--version"])),
        _ => {}
    }
    let home = Home::choose(arguments.home.as_deref(), arguments.trust_home)?;
    let adapters = Adapters::of(home, Log::Manager);
    let Some(command) = &arguments.command else {
        let error = log(CommandError::no_command(), &adapters);
        complain(format_args!("Error: {}\n\n{SHORT_USAGE}", error.message));
        return Ok(error.code);
    };
    let (is_unused, root) = (adapters.home().is_unused(), adapters.home().root().to_owned());
    if is_unused && !works_anywhere(name) && !matches!(command, Command::Unknown(_)) {
        return Err(CommandError::no_home(&root));
    }
    warn_of_zone(command, adapters.ports());
    let adapters = match command.identity() {
        Some(identity) => adapters.with_identities(identity.read()?),
        None => adapters,
    };
    let result = command.run(Context::new(&adapters));
    result.map_err(|error| match error {
        error if error.is_unlogged => log(error, &adapters),
        error if is_unused && looks_in_home(command) => error.looked_in(&root),
        error => error,
    })
}

/// Returns whether the command fails in a folder that is no home because it looks for something there.
fn looks_in_home(command: &Command) -> bool {
    !matches!(
        command,
        Command::Config(_)
            | Command::Create(_)
            | Command::Start(_)
            | Command::Explain(_)
            | Command::Import(_)
    )
}

/// Shows how all commands, or one of them, are used.
fn show_help(command: Option<&str>) -> Result<u8, CommandError> {
    match command {
        Some(word) if Arguments::command().find_subcommand(word).is_none() => Err(unknown_command(word)),
        command => Ok(show(command.into_iter().chain(["--help"]))),
    }
}

/// Prints what clap says about a command line of these words.
fn show<'a>(words: impl IntoIterator<Item = &'a str>) -> u8 {
    if let Err(text) = Arguments::command().try_get_matches_from(["backup_manager"].into_iter().chain(words))
    {
        // A reader that has gone away has read enough of it.
        let _ = text.print();
    }
    exit::DONE
}

/// A monitor shows the first line of standard output.
fn give_up_to_nagios(error: &CommandError) -> u8 {
    print([nagios_unknown(&error.message)]);
    exit::NAGIOS_UNKNOWN
}

fn give_up(error: &CommandError) -> u8 {
    print_error(error);
    error.code
}

/// Where the zone isn't known, files can be got back all the same. The commands that need it fail by themselves.
fn warn_of_zone(command: &Command, ports: Ports<'_>) {
    let needs_it = matches!(command, Command::Create(_) | Command::Start(_));
    if let (false, Err(error)) = (needs_it, ports.clock.check_zone()) {
        let error = CommandError::from(Error::UnknownZone(error));
        warn(format_args!("{}; times are shown in UTC", error.message));
        error.hint.iter().for_each(hint);
    }
}

/// A command line that clap refuses goes to the log of the home that was meant, as far as that can be told.
fn refuse(error: &clap::Error) -> u8 {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let program = Arguments::command();
    let error = usage_error(error, &program, &words);
    let has_fixed_log = words.iter().any(|word| works_anywhere(word));
    match intended_home() {
        Ok(home) if has_fixed_log || !home.is_unused() => {
            give_up(&log(error, &Adapters::of(home, Log::Manager)))
        }
        _ => give_up(&error),
    }
}

fn intended_home() -> Result<Home, PortError> {
    let matches = Arguments::command().ignore_errors(true).try_get_matches().ok();
    let matches = matches.as_ref();
    let home = matches.and_then(|matches| matches.try_get_one::<PathBuf>("home").ok().flatten());
    let is_trusted = matches.and_then(|matches| matches.try_get_one::<bool>("trust_home").ok().flatten());
    let is_trusted = is_trusted.copied().unwrap_or_default();
    Home::choose(home.map(PathBuf::as_path), is_trusted)
}

/// The core knows nothing of the words of a command line, so that their error is no event.
fn log(error: CommandError, adapters: &Adapters) -> CommandError {
    adapters.log().write(adapters.ports().clock.now(), format_args!("Error: {}", error.message));
    error
}
