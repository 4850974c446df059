//! `import`: takes over what another backup has.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use backup_core::model::error::{Error, Failure, PortError};
use backup_core::policy::crontab::{CrontabLine, CrontabSchedule, read_crontab};
use backup_core::text::printable;
use clap::{Args, Subcommand};

use super::check;
use super::import_tars::TarsArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::hint::CRONTAB_STAYS;
use crate::output::{complain, hint, print, print_done, print_error};
use crate::{exit, render};

/// Take over what tar in cron did: its commands as schedules, its archives as backups
#[derive(Debug, Args)]
#[command(after_help = "Example: crontab -l | backup_manager import crontab\n\n\
         Example: backup_manager import tars /backup docs --dry-run")]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Crontab(CrontabArgs),
    Tars(TarsArgs),
}

/// Show the commands that create schedules for the lines of a crontab that pack one folder with tar
#[derive(Debug, Args)]
#[command(after_help = "Example: crontab -l | backup_manager import crontab
         Prints a line `backup_manager create ...` for each, and why the others are not taken.\n\n\
         Example: crontab -l | backup_manager import crontab --add
         Creates them. The crontab itself stays as it is.")]
struct CrontabArgs {
    /// The crontab; - is standard input
    #[arg(default_value = "-")]
    file: PathBuf,

    /// Create the schedules; those that are there already stay
    #[arg(long)]
    add: bool,
}

impl ImportArgs {
    /// The exit code is 1 when there is nothing to take, or something could not be taken.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match &self.what {
            What::Crontab(arguments) => arguments.run(context),
            What::Tars(arguments) => arguments.run(context),
        }
    }
}

impl CrontabArgs {
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let lines = read_crontab(&self.text()?);
        lines
            .iter()
            .flat_map(|line| render::not_taken(line).into_iter().chain(render::way(line)))
            .for_each(complain);
        let with_number = |line: CrontabLine| Some((line.line_number, line.schedule.ok()?));
        let schedules: Vec<_> = lines.into_iter().filter_map(with_number).collect();
        if schedules.is_empty() {
            complain("no line packs one folder with tar");
            return Ok(exit::FAILED);
        }
        if !self.add {
            let code = print(schedules.iter().map(|(_, schedule)| render::create_command(schedule)));
            say_what_differs(schedules.iter(), false);
            return Ok(code);
        }
        let added: Vec<_> = schedules.iter().map(|(_, schedule)| add(context, schedule)).collect();
        let new = schedules.iter().zip(&added).filter(|(_, added)| **added == Added::New);
        say_what_differs(new.map(|(schedule, _)| schedule), true);
        if added.contains(&Added::Failed) {
            return Ok(exit::FAILED);
        }
        hint(CRONTAB_STAYS);
        Ok(exit::DONE)
    }

    fn text(&self) -> Result<String, CommandError> {
        let from_input = self.file == Path::new("-");
        if from_input && io::stdin().is_terminal() {
            let instead = "name a file, or give the crontab: crontab -l | backup_manager import crontab";
            return Err(CommandError::wrong_usage(instead));
        }
        let mut bytes = Vec::new();
        let read = if from_input {
            io::stdin().lock().read_to_end(&mut bytes).map(drop)
        } else {
            fs::read(&self.file).map(|read| bytes = read)
        };
        read.map_err(|error| {
            let place = printable(self.file.as_os_str().as_encoded_bytes());
            let failure =
                if error.kind() == io::ErrorKind::NotFound { Failure::Missing } else { Failure::Other };
            PortError::new(failure, format!("read the crontab {place}")).because(error)
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn say_what_differs<'a>(schedules: impl Iterator<Item = &'a (usize, CrontabSchedule)>, is_added: bool) {
    let differs = |(number, schedule): &'a (usize, CrontabSchedule)| {
        render::done_otherwise(*number, schedule, is_added)
    };
    schedules.flat_map(differs).for_each(complain);
}

/// What became of a schedule that was to be added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Added {
    New,
    Before,
    Failed,
}

/// Adds a schedule.
fn add(context: Context<'_>, schedule: &CrontabSchedule) -> Added {
    let text = schedule.text();
    match context.manager().create(&text) {
        Ok(event) => {
            print_done(&event);
            check::warn_of(context, &text);
            Added::New
        }
        Err(Error::DuplicateSchedule { .. }) => {
            complain(format_args!("{} is there already", printable(text.as_bytes())));
            Added::Before
        }
        Err(error) => {
            print_error(&error.into());
            Added::Failed
        }
    }
}
