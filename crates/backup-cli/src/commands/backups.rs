//! `backups`: shows the archives.

use backup_core::model::archive::{BackupName, BackupRecord};
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::destinations::open_destination;
use crate::output::print;
use crate::render::{self, json};

/// Show the archives in the folder backups
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager backups --long\n\n\
         Example: backup_manager backups docs
         Shows those of one backup, the newest first.\n\n\
         Example: backup_manager backups docs --at offsite
         Shows the copies of one backup at a destination.")]
pub(crate) struct BackupsArgs {
    /// The index that `list` shows, or the name of the backup [default: all, in the order of their file names]
    name: Option<String>,

    /// Show size and age too, and where archives share parts of the disk, what each has alone
    #[arg(short, long)]
    long: bool,

    /// Write JSON, which has size and moment anyway
    #[arg(long, conflicts_with = "long")]
    json: bool,

    /// Show the copies at this destination instead, the oldest first
    #[arg(long = "at", value_name = "DESTINATION")]
    destination: Option<String>,
}

impl BackupsArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        if let Some(destination) = &self.destination {
            return self.copies(context, destination);
        }
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

    /// A name is that of a backup, which need not be here any more.
    fn copies(&self, context: Context<'_>, destination: &str) -> Result<u8, CommandError> {
        let name = self.name.as_deref().map(str::parse::<BackupName>).transpose();
        let name =
            name.map_err(|fault| CommandError::wrong_usage(format_args!("the name of a backup {fault}")))?;
        let destination = open_destination(context, destination)?;
        let copies = context.manager().copies(&*destination, name.as_ref())?;
        Ok(match (self.json, self.long) {
            (true, _) => print(json::array(copies.iter().map(json::copy))),
            (false, true) => print(render::copies_long(&copies, context.ports().clock.now())),
            (false, false) => print(render::copies(&copies)),
        })
    }
}
