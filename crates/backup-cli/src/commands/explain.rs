//! `explain`: says in words when a time field runs.

use backup_core::model::schedule::{InZone, Schedule, TimeRule};
use backup_core::policy::upcoming::upcoming;
use backup_core::time::{Clock, Zoned};
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render;

/// Say in words when a time runs, with its next five moments
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager explain \"Mon..Fri 16:07\"\n\n\
         Forms: 16:07   08:00,12:30   every 4h   every 4h from 02:00
         Mon..Fri 16:07   Sun *-*-1..7 03:00   *-*-01 04:00   *:0/15
         */15 9-17 * * 1-5   @daily")]
pub(crate) struct ExplainArgs {
    /// The time field of a schedule, in quotes
    time: String,

    /// The time zone, as in the option tz= of a schedule
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

/// How many moments are shown.
const MOMENTS: usize = 5;

impl ExplainArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let time: TimeRule = self.time.parse().map_err(|error| CommandError::unclear_time(&error))?;
        let clock = context.ports().clock;
        let zoned;
        let rule: &dyn Schedule = match &self.tz {
            Some(zone) => {
                Zoned { clock, zone }.check_zone().map_err(|_| CommandError::unknown_zone(zone))?;
                zoned = InZone { rule: &time, zone };
                &zoned
            }
            None => &time,
        };
        let rules = [rule];
        let moments: Vec<_> = upcoming(&rules, clock.now(), clock).take(MOMENTS).collect();
        Ok(print(render::explained(&time, self.tz.as_deref(), &moments)))
    }
}
