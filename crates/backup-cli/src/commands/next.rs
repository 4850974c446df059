//! `next`: shows what will run when.

use backup_core::manager::{UpcomingQuery, UpcomingRun};
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render::{self, json};

/// Show what will run when, in local time and UTC
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager next\n\n\
         Example: backup_manager next docs --from 2026-03-28 --to 2026-03-30
         With a note at each run that a change of the clocks moves.\n\n\
         Example: backup_manager next --from now --to tomorrow")]
pub(crate) struct NextArgs {
    /// The index that `list` shows, or the name of the backup [default: all]
    schedule: Option<String>,

    /// Show so many runs [default: 10, or all up to --to]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,

    /// Show runs from this moment on: 2026-01-29, "2026-01-29 14:00", 14:00, today, tomorrow, "tomorrow 14:00" [default: now]
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,

    /// Show runs up to this moment
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// How many runs are shown by default.
const COUNT: u32 = 10;

impl NextArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        self.schedule.iter().for_each(|key| context.say_how_read(key));
        let count = self.count.or_else(|| self.to.is_none().then_some(COUNT));
        let query = UpcomingQuery {
            key: self.schedule.as_deref(),
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            count: count.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        };
        let runs = context.manager().upcoming(&query)?;
        let lines = if self.json {
            json::array(runs.iter().map(json::upcoming_run)).collect()
        } else {
            self.paused(&runs, context)?.map_or_else(|| render::upcoming(&runs), |line| vec![line])
        };
        Ok(print(lines))
    }

    /// Says that nothing is planned because the schedule is paused, if it is.
    fn paused(&self, runs: &[UpcomingRun], context: Context<'_>) -> Result<Option<String>, CommandError> {
        let Some(key) = self.schedule.as_deref().filter(|_| runs.is_empty()) else { return Ok(None) };
        Ok(context.manager().is_paused(key)?.then(|| render::upcoming_paused(key)))
    }
}
