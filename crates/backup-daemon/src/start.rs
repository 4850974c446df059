//! The two ways to start: in the foreground by hand, and into the background.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::event::{Event, Severity};
use backup_core::ports::ServiceControl;
use backup_core::time::Clock;
use backup_fs::{
    Adapters, Home, Log, NAMES, Readiness, ServiceProcess, StderrLog, SystemClock, detach, leave_terminal,
    redirect_output_to_null, survive_file_size_limit,
};
use clap::Parser;

use crate::args::Arguments;
use crate::exit;
use crate::serve::{Audience, Ready};
use crate::start_error::{cant_start, hint, is_untrusted, not_started};

/// Runs the program, with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    // Where this can't be had, the limit kills as it always did.
    let _ = survive_file_size_limit();
    let arguments = Arguments::parse();
    let result = match () {
        () if arguments.background => background(&arguments),
        () if arguments.launch => launch(),
        () if arguments.announce => announced(&arguments),
        () => foreground(&arguments),
    };
    match result {
        Ok(()) => exit::DONE.into(),
        Err(error) => {
            // Where nobody listens any more, the log has it, if the home is there.
            let stderr = StderrLog::of_process();
            stderr.print(Severity::Error, format_args!("Error: {}", error.named(&NAMES)));
            hint(&error).iter().for_each(|hint| stderr.print(Severity::Info, format_args!("hint: {hint}")));
            exit::FAILED.into()
        }
    }
}

fn foreground(arguments: &Arguments) -> Result<(), Error> {
    let ready = Ready::prepare(Adapters::of(home(arguments)?, Log::Service))?;
    ready.serve(arguments.settings(), arguments.poll(), &Audience::of_foreground());
    Ok(())
}

/// Starts the service as `backup_manager start` does.
fn background(arguments: &Arguments) -> Result<(), Error> {
    SystemClock.check_zone().map_err(Error::UnknownZone)?;
    let home = home(arguments)?;
    let passed = ["--poll".to_owned(), arguments.poll.to_string()];
    let workers = arguments.workers.map(|workers| format!("--workers={workers}"));
    let passed = passed.into_iter().chain(workers).collect();
    ServiceProcess::new(home, passed).launch().map_err(not_started)?;
    // Whoever doesn't listen knows by the exit code.
    let _ = writeln!(io::stdout(), "{}", Event::ServiceStarted.named(&NAMES));
    Ok(())
}

/// The first half of a start: the service proper goes on alone.
fn launch() -> Result<(), Error> {
    let passed = std::env::args_os().skip(1).filter(|argument| argument != "--launch");
    let passed: Vec<OsString> = passed.chain([OsString::from("--announce")]).collect();
    detach(&passed).map_err(|error| cant_start(error, "go into the background"))
}

fn announced(arguments: &Arguments) -> Result<(), Error> {
    match detached(arguments) {
        Ok(ready) => {
            announce(&Readiness::Ready);
            redirect_output_to_null().map_err(|error| cant_start(error, "let go of the terminal"))?;
            ready.serve(arguments.settings(), arguments.poll(), &Audience::default());
            Ok(())
        }
        Err(error) => {
            announce(&match &error {
                Error::AlreadyRunning => Readiness::Busy,
                Error::CantStart(cause) if is_untrusted(cause) => Readiness::Untrusted(cause.to_string()),
                Error::CantStart(cause) => Readiness::Failed(cause.to_string()),
                Error::NoRoomToStart(cause) => Readiness::Full(cause.to_string()),
                other => Readiness::Failed(other.named(&NAMES).to_string()),
            });
            Err(error)
        }
    }
}

fn detached(arguments: &Arguments) -> Result<Ready, Error> {
    let home = home(arguments)?;
    leave_terminal().map_err(|error| cant_start(error, "leave the terminal"))?;
    Ready::prepare(Adapters::of(home, Log::Service))
}

/// Opens the home, which has to be the one that the starter has opened, if there is one.
fn home(arguments: &Arguments) -> Result<Home, Error> {
    let home = Home::choose(arguments.home.as_deref(), arguments.trust_home);
    let home = home.map_err(Error::cant_start)?;
    let identity = home.identity().map_err(Error::cant_start)?;
    match &arguments.home_identity {
        Some(expected) if *expected != identity => {
            let action = format!("open home folder {}", home.root().display());
            let moved = "somebody has just put another folder in its place";
            Err(Error::cant_start(PortError::new(Failure::Refused, action).because(moved)))
        }
        _ => Ok(home),
    }
}

fn announce(readiness: &Readiness) {
    // A starter that has gone doesn't need to know.
    let _ = writeln!(io::stdout(), "{readiness}").and_then(|()| io::stdout().flush());
}
