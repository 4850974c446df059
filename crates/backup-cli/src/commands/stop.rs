//! `stop`: stops the service.

use std::io::{self, IsTerminal};

use backup_core::manager::ServiceManager;
use backup_core::ports::Urgency;
use backup_core::text::printable;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{complain, print_done};

/// Stop the service, once the backups under way are finished
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager stop")]
pub(crate) struct StopArgs {
    /// Don't wait: end the backups under way cleanly; they are made again at the next start
    #[arg(long)]
    now: bool,
}

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
        Ok(print_done(&ServiceManager::new(context.ports(), &service).stop(urgency, &mut tell)?))
    }
}
