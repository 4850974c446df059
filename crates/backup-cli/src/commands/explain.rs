//! `explain`: says in words when a time field runs.

use backup_core::model::schedule::{InZone, Schedule, TimeRule};
use backup_core::policy::upcoming::upcoming;
use backup_core::time::{Clock, Zoned, moment};
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render::{self, ZoneColumn};

/// Say in words when a time runs, with its next five moments
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager explain \"Mon..Fri 16:07\"\n\n\
         Forms: 16:07   08:00,12:30   every 4h   every 4h from 02:00
         Mon..Fri 16:07   Sun *-*-1..7 03:00   *-*-01 04:00   *:0/15
         */15 9-17 * * 1-5   @daily")]
pub(crate) struct ExplainArgs {
    /// The time field of a schedule; several words are one time, but a shell needs quotes around *
    #[arg(required = true, value_name = "TIME")]
    time: Vec<String>,

    /// The time zone, as in the option tz= of a schedule
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

/// How many moments are shown.
const MOMENTS: usize = 5;

impl ExplainArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let time: Result<TimeRule, _> = self.time.join(" ").parse();
        let time = time.map_err(CommandError::unclear_time)?;
        let clock = context.ports().clock;
        let zone = self.tz.as_deref().map(|zone| Zoned { clock, zone });
        let zoned;
        let rule: &dyn Schedule = match zone {
            Some(clock) => {
                let zone = clock.zone;
                clock.check_zone().map_err(|_| CommandError::unknown_zone(zone))?;
                zoned = InZone { rule: &time, zone };
                &zoned
            }
            None => &time,
        };
        let rules = [rule];
        let moments: Vec<_> = upcoming(&rules, clock.now(), clock).take(MOMENTS).collect();
        let column = zone.map(|clock| ZoneColumn {
            zone: clock.zone,
            readings: moments.iter().map(|next| moment(&clock, next.planned.to_utc())).collect(),
        });
        Ok(print(render::explained(&time, column.as_ref(), &moments)))
    }
}
