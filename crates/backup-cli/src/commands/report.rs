//! `report`: writes a page that shows how the backups are.

use std::path::{Path, PathBuf};

use backup_core::manager::ServiceManager;
use backup_core::text::printable;
use backup_fs::{NAMES, Readers, TextFile};
use backup_report::Page;
use clap::Args;

use crate::command_error::CommandError;
use crate::commands::metrics::typed;
use crate::context::Context;
use crate::exit;
use crate::output::pour_text;

/// Write a page of HTML that shows how all backups are, and were within a year
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager report --html backups.html
         The page needs no other file and runs no script.\n\n\
         Example: backup_manager report --html - >backups.html
         Writes it to standard output. With report_file in backup_manager.toml, the service writes it.")]
pub(crate) struct ReportArgs {
    /// The file of the page, which is replaced as a whole; - is standard output
    #[arg(long, value_name = "FILE", required = true)]
    html: PathBuf,
}

impl ReportArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let home = context.adapters.home();
        let file = (self.html != Path::new("-")).then(|| TextFile::find(home, &typed(&self.html)));
        let file = file.transpose()?;
        let service = context.service(Vec::new());
        let shown = printable(home.root().as_os_str().as_encoded_bytes());
        let mut page = Page::new(env!("CARGO_PKG_VERSION"), &shown, NAMES);
        ServiceManager::new(context.ports(), &service).visit_report(&mut page)?;
        match file {
            Some(file) => file.write(&page, Readers::Owner)?,
            None => return Ok(pour_text(&page)),
        }
        Ok(exit::DONE)
    }
}
