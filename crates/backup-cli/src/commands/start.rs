//! `start`: starts the service in the background.

use backup_core::manager::ServiceManager;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print_done;

/// Start the service in the background
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager start")]
pub(crate) struct StartArgs {
    /// Look at the schedules at least this often [default: 45]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    poll: Option<u32>,

    /// Make at most this many backups at once [default: what the configuration says, else 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: Option<u8>,
}

impl StartArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let mut arguments = Vec::new();
        arguments.extend(self.poll.map(|seconds| format!("--poll={seconds}")));
        arguments.extend(self.workers.map(|workers| format!("--workers={workers}")));
        let service = context.service(arguments);
        let code = print_done(&ServiceManager::new(context.ports(), &service).start()?);
        context.warn_of_missing_schedules();
        Ok(code)
    }
}
