//! From the arguments of the process to a command, and to an exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use backup_core::model::error::{Error, PortError};
use backup_core::ports::Ports;
use backup_fs::{Adapters, Home, Log, survive_file_size_limit};
use clap::{CommandFactory, Parser};

use crate::arguments::Arguments;
use crate::command_error::CommandError;
use crate::commands::Command;
use crate::context::Context;
use crate::exit;
use crate::output::{complain, hint, print_error, warn};

/// Runs the program, with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    // Where this can't be had, the limit kills as it always did.
    let _ = survive_file_size_limit();
    let code = match Arguments::try_parse() {
        Ok(arguments) => run(&arguments),
        Err(error) if !error.use_stderr() => {
            // Help and version; a reader that has gone away has read enough of them.
            let _ = error.print();
            exit::DONE
        }
        Err(error) => refuse(&error),
    };
    ExitCode::from(code)
}

fn run(arguments: &Arguments) -> u8 {
    let adapters = match Home::choose(arguments.home.as_deref(), arguments.trust_home) {
        Ok(home) => Adapters::of(home, Log::Manager),
        Err(error) => return give_up(&error.into()),
    };
    warn_of_zone(arguments.command.as_ref(), adapters.ports());
    let result = match &arguments.command {
        Some(command) => command.run(Context::new(&adapters)),
        None => Err(CommandError::no_command()),
    };
    result.unwrap_or_else(|error| {
        if error.is_unlogged {
            log(&error, &adapters);
        }
        give_up(&error)
    })
}

fn give_up(error: &CommandError) -> u8 {
    print_error(error);
    if error.lists_commands && error.hint.is_none() {
        complain(format_args!("\n{}", Arguments::command().render_help()));
    }
    error.code
}

/// Where the zone isn't known, files can be got back all the same. The commands that need it fail by themselves.
fn warn_of_zone(command: Option<&Command>, ports: Ports<'_>) {
    let needs_it = matches!(command, Some(Command::Create(_) | Command::Start(_)));
    if let (false, Err(error)) = (needs_it, ports.clock.check_zone()) {
        let error = CommandError::from(Error::UnknownZone(error));
        warn(format_args!("{}; times are shown in UTC", error.message));
        error.hint.iter().for_each(hint);
    }
}

/// A command line that clap refuses. What is wrong with it stands in the first paragraph of its text, and goes to the
/// log of the home that was meant, as far as that can be told.
fn refuse(error: &clap::Error) -> u8 {
    let text = error.to_string();
    let (what, usage) = text.split_once("\n\n").unwrap_or((&text, ""));
    let words: Vec<&str> = what.trim_start_matches("error:").split_whitespace().collect();
    let error = CommandError::wrong_usage(words.join(" "));
    if let Ok(home) = intended_home() {
        log(&error, &Adapters::of(home, Log::Manager));
    }
    let code = give_up(&error);
    complain(format_args!("\n{}", usage.trim_end()));
    code
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
fn log(error: &CommandError, adapters: &Adapters) {
    adapters.log().write(adapters.ports().clock.now(), format_args!("Error: {}", error.message));
}
