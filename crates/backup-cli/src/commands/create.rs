//! `create`: adds a schedule.

use backup_core::model::schedule::ScheduleOption;
use clap::Args;

use super::check;
use crate::args::{ScheduleOptionArgs, drill, keep};
use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print_done;

/// Add a schedule: which folder or file, when, and under which name
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager create \"docs;16:07;docs\"
         Backs up the folder docs every day at 16:07 to backups/docs.tar.\n\n\
         Example: backup_manager create \"docs;16:07;docs\" --exclude '*.tmp' --exclude /cache/
         The same as \"docs;16:07;docs;exclude=*.tmp;exclude=/cache/\".")]
pub(crate) struct CreateArgs {
    /// folder;hh:mm;name, and ;key=value behind it for each option
    schedule: String,

    /// What is left out.
    #[command(flatten)]
    options: ScheduleOptionArgs,

    /// Skip runs that were missed (the machine was off, or asleep) instead of making up for them
    #[arg(long)]
    no_catch_up: bool,

    /// Keep older backups too, as in last:7,daily:14,weekly:8,monthly:12,yearly:3,within:30d
    #[arg(long, value_name = "RULES", value_parser = keep)]
    keep: Option<ScheduleOption>,

    /// Read each backup back before it takes the old one's place
    #[arg(long)]
    verify: bool,

    /// Have the service drill the backups: daily, weekly or monthly
    #[arg(long, value_name = "PERIOD", value_parser = drill)]
    drill: Option<ScheduleOption>,
}

impl CreateArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let text = self.text();
        let code = print_done(&context.manager().create(&text)?);
        check::warn_of(context, &text);
        Ok(code)
    }

    /// Returns the schedule as it is written: each flag is a field behind the name.
    fn text(&self) -> String {
        let mut options = self.options.options();
        options.extend(self.no_catch_up.then_some(ScheduleOption::CatchUp(false)));
        options.extend(self.keep.clone());
        options.extend(self.verify.then_some(ScheduleOption::Verify(true)));
        options.extend(self.drill.clone());
        let fields = options.iter().map(|option| format!(";{option}"));
        fields.fold(self.schedule.clone(), |text, field| text + &field)
    }
}
