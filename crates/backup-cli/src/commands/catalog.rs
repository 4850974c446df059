//! `catalog`: makes the catalogs of archives.

use backup_core::manager::{CatalogState, Catalogs};
use clap::{Args, Subcommand};

use crate::args::{IdentityArgs, archive_name};
use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::interrupt::interruptible;
use crate::output::print;
use crate::progress_bar::{TerminalProgress, Unit};
use crate::render::{self, json};

/// Make the catalogs by which what is in an archive is found without reading it
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager catalog rebuild")]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Rebuild(RebuildArgs),
}

/// Read archives to their end and make their catalogs; exit code 1 when one can't be made
#[derive(Debug, Args)]
#[command(
    after_help = "Every backup makes the catalog of its archive. Archives of older versions, imported ones and those \
whose catalog was lost have none, and are read whenever somebody looks for something in them.\n\n\
         Example: backup_manager catalog rebuild
         Makes those that are missing or damaged.\n\n\
         Example: backup_manager catalog rebuild docs
         Makes those of all backups of that name anew."
)]
struct RebuildArgs {
    /// Names of backups, indexes that `list` shows, or archives as `backups` shows them [default: every archive without a
    /// catalog]
    #[arg(value_name = "BACKUP")]
    archives: Vec<String>,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl CatalogArgs {
    /// Returns what opens encrypted archives.
    pub(super) fn identity(&self) -> &IdentityArgs {
        match &self.what {
            What::Rebuild(arguments) => &arguments.identity,
        }
    }

    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match &self.what {
            What::Rebuild(arguments) => arguments.run(context),
        }
    }
}

/// Returns the file name in the path of an archive; any other word as it is. Says what that is taken for.
fn meant(context: Context<'_>, word: &str) -> String {
    context.say_which_backup(word, &[]);
    archive_name(&context.adapters.home().backups(), word).to_owned()
}

impl RebuildArgs {
    /// The exit code is 1 where a catalog can't be made. Ctrl-C ends it.
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let words: Vec<String> = self.archives.iter().map(|word| meant(context, word)).collect();
        let desk = Catalogs::new(context.ports());
        let plan = desk.plan(&words)?;
        let progress = TerminalProgress::begin(None, interruptible()?, false).reading(Unit::Archives);
        let mut code = exit::DONE;
        for archive in &plan.archives {
            let state = desk.rebuild(&plan, archive, &progress)?;
            if let CatalogState::NotMade(_) = state {
                code = exit::FAILED;
            }
            progress.aside(|| self.show(&archive.file_name, &state));
        }
        Ok(code)
    }

    fn show(&self, file_name: &str, state: &CatalogState) {
        print([if self.json {
            json::line(&json::catalog(file_name, state))
        } else {
            render::catalog(file_name, state)
        }]);
    }
}
