//! `stop`: stops the service.

use std::io::{self, IsTerminal};

use backup_core::manager::ServiceManager;
use backup_core::ports::Urgency;
use backup_core::text::printable;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{complain, print_done, print_line};

/// Stop the service, once the backups under way are finished
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager stop\n\n\
         Example: backup_manager stop --ensure
         For scripts: stops it if it runs.")]
pub(crate) struct StopArgs {
    /// Don't wait: end the backups under way cleanly; they are made again at the next start
    #[arg(long)]
    now: bool,

    /// Succeed if it doesn't run
    #[arg(long)]
    ensure: bool,
}

/// What `--ensure` found.
const DOESNT_RUN: &str = "backup_service not running";

impl StopArgs {
    /// Says on a terminal which backups it waits for.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let urgency = if self.now { Urgency::Now } else { Urgency::Finish };
        let mut told = Vec::new();
        let mut tell = |sources: &[String]| {
            if io::stderr().is_terminal() && !sources.is_empty() && told != sources {
                let names = printable(sources.join(", ").as_bytes());
                complain(format_args!("Waiting for the backup of {names} (`stop --now` ends it)"));
                told = sources.to_vec();
            }
        };
        let service = context.service(Vec::new());
        let manager = ServiceManager::new(context.ports(), &service);
        let stopped = match self.ensure {
            true => manager.ensure_stopped(urgency, &mut tell)?,
            false => Some(manager.stop(urgency, &mut tell)?),
        };
        Ok(stopped.map_or_else(|| print_line(DOESNT_RUN), |event| print_done(&event)))
    }
}
