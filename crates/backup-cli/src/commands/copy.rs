//! `copy`: copies backups to a destination.

use backup_core::manager::Copied;
use backup_core::model::archive::BackupRecord;
use backup_core::model::schedule::ByteRate;
use backup_core::ports::Progress;
use backup_fs::Throttle;
use clap::Args;

use crate::args::ArchiveArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::destinations::open_destination;
use crate::exit;
use crate::interrupt::interruptible;
use crate::output::print;
use crate::progress_bar::{TerminalProgress, Unit};
use crate::render::{self, json};

/// Copy a backup to a destination, with its catalog, and look whether it is there
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager copy docs --to offsite
         Copies the newest complete backup, unless it is there.\n\n\
         Example: backup_manager copy docs --to offsite --all --max-rate 5M
         Copies those that are missing there, the newest first.")]
pub(crate) struct CopyArgs {
    /// The index that `list` shows, or the name of the backup
    name: String,

    /// The name behind `destinations.` in the configuration
    #[arg(long = "to", value_name = "DESTINATION")]
    destination: String,

    #[command(flatten)]
    archive: ArchiveArgs,

    /// Copy its older generations too, the newest first
    #[arg(long, conflicts_with_all = ["generation", "at"])]
    all: bool,

    /// Send no more bytes a second: 800K, 5M
    #[arg(long, value_name = "RATE", value_parser = rate)]
    max_rate: Option<ByteRate>,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> Result<ByteRate, String> {
    ByteRate::parse(text).ok_or_else(|| "it takes a rate a second such as 800K, 50M or 1G".to_owned())
}

impl CopyArgs {
    /// Ctrl-C ends it. What was copied stays there.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let archives = self.archives(context)?;
        let destination = open_destination(context, &self.destination)?;
        let bytes = archives.iter().map(|archive| archive.archive_bytes).sum();
        let progress = TerminalProgress::begin(Some(bytes), interruptible()?, false).reading(Unit::Archives);
        let throttle = self.max_rate.map(|rate| Throttle::new(&progress, rate));
        let held: &dyn Progress = throttle.as_ref().map_or(&progress, |throttle| throttle);
        for archive in &archives {
            let copied = context.manager().copy(archive, &*destination, held)?;
            progress.aside(|| self.show(archive, &copied));
        }
        Ok(exit::DONE)
    }

    fn archives(&self, context: Context<'_>) -> Result<Vec<BackupRecord>, CommandError> {
        if self.all {
            context.say_which_backup(&self.name, &[]);
            let mut all = context.manager().backups_of(&self.name)?;
            all.retain(|archive| !archive.is_incomplete());
            return Ok(all);
        }
        let generation = context.generation(&self.name, &self.archive);
        let query = self.archive.of(&self.name, generation.as_deref());
        Ok(vec![query.find(&context.ports())?.archive])
    }

    fn show(&self, archive: &BackupRecord, copied: &Copied) {
        let line = match self.json {
            true => json::line(&json::copied(&self.destination, archive, copied)),
            false => render::copied(&self.destination, archive, copied),
        };
        print([line]);
    }
}
