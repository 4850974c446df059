//! `start`: starts the service in the background.

use backup_core::manager::ServiceManager;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::{complain, print_done, print_line};

/// Start the service in the background
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager start\n\n\
         Example: backup_manager start --ensure
         For scripts: starts it if it doesn't run.")]
pub(crate) struct StartArgs {
    /// Look at the schedules at least this often [default: 45]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    poll: Option<u32>,

    /// Make at most this many backups at once [default: what the configuration says, else 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: Option<u8>,

    /// Succeed if it runs already; then it goes on as it is, with the options that it has
    #[arg(long)]
    ensure: bool,
}

/// What `--ensure` found.
const RUNS_ALREADY: &str = "backup_service already running";

impl StartArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let mut arguments = Vec::new();
        arguments.extend(self.poll.map(|seconds| format!("--poll={seconds}")));
        arguments.extend(self.workers.map(|workers| format!("--workers={workers}")));
        let service = context.service(arguments.clone());
        let manager = ServiceManager::new(context.ports(), &service);
        let started = if self.ensure { manager.ensure_started()? } else { Some(manager.start()?) };
        let ran_already = started.is_none();
        let code = started.map_or_else(|| print_line(RUNS_ALREADY), |event| print_done(&event));
        if ran_already && !arguments.is_empty() {
            complain(keeps_its_options(&arguments));
        }
        context.warn_of_missing_schedules();
        Ok(code)
    }
}

/// Says that these options don't reach a service that runs.
fn keeps_its_options(arguments: &[String]) -> String {
    let options = arguments.join(" ").replace('=', " ");
    format!(
        "note: the service that runs goes on with the options that it has; to give it {options}: `backup_manager stop`, then \
         `backup_manager start {options}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_do_not_reach_a_service_that_runs() {
        let note = keeps_its_options(&["--poll=9".to_owned(), "--workers=4".to_owned()]);
        insta::assert_snapshot!(note, @"note: the service that runs goes on with the options that it has; to give it --poll 9 --workers 4: `backup_manager stop`, then `backup_manager start --poll 9 --workers 4`");
    }
}
