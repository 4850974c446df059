//! `backups`: shows the archives.

use backup_core::model::archive::BackupRecord;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::output::print;
use crate::render::{self, json};

/// Show the archives in the folder backups
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager backups --long\n\n\
         Example: backup_manager backups docs
         Shows those of one backup, the newest first.")]
pub(crate) struct BackupsArgs {
    /// The index that `list` shows, or the name of the backup [default: all, in the order of their file names]
    name: Option<String>,

    /// Show size and age too, and where archives share parts of the disk, what each has alone
    #[arg(short, long)]
    long: bool,

    /// Write JSON, which has size and moment anyway
    #[arg(long, conflicts_with = "long")]
    json: bool,
}

impl BackupsArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let records = match &self.name {
            None => context.manager().backups()?,
            Some(key) => {
                context.say_which_backup(key, &[]);
                context.manager().backups_of(key)?
            }
        };
        if !self.json && !self.long {
            return Ok(print(render::backups(&records)));
        }
        let uses = context.manager().disk_uses(&records)?;
        if self.json {
            let backup = |record: &BackupRecord| json::backup(record, uses.each.get(&record.file_name));
            return Ok(print(json::array(records.iter().map(backup))));
        }
        Ok(print(render::backups_long(&records, &uses, context.ports().clock.now())))
    }
}
