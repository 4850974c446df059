//! `import tars`: takes over a folder of tar archives as older backups.

use std::path::PathBuf;

use backup_core::manager::{Import, ImportFile, ImportPlan, ImportRequest, ImportState};
use backup_core::text::printable;
use backup_fs::ForeignDir;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::hint::{IMPORT_ALL_THE_SAME, create_for};
use crate::interrupt::interruptible;
use crate::output::{complain, hint, print};
use crate::progress_bar::TerminalProgress;
use crate::render::{self, Imported, json};

/// Take over the tar archives in a folder as older backups of a name; the archives stay as they are
#[derive(Debug, Args)]
#[command(
    after_help = "Each archive is of the date in its name, such as docs-2026-11-01.tar.gz, or else of the time at which \
it was last modified. It is read to its end, copied into the folder backups, and read back from there. Archives that \
are compressed with gzip are kept decompressed.\n\n\
         Example: backup_manager import tars /backup docs --dry-run
         Shows what would be taken over, and why the rest would not.\n\n\
         Example: backup_manager import tars /backup docs --only 'docs-*'
         Takes over those whose names begin with docs-."
)]
pub(super) struct TarsArgs {
    /// The folder with the archives
    folder: PathBuf,

    /// The name of the backup, without .tar
    name: String,

    /// Only the files whose names match; * stands for any text
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,

    /// Read the archives and show what would be done; take over nothing
    #[arg(long)]
    dry_run: bool,

    /// Also take over archives that the schedule's keep= would remove after its next run
    #[arg(long)]
    yes: bool,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl TarsArgs {
    /// The exit code is 1 where a file is not taken over. Ctrl-C ends it.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let folder = ForeignDir::open(context.adapters.home(), &self.folder)?;
        let desk = Import::new(context.ports(), &folder);
        let (cancel, shown) = (interruptible()?, self.folder.to_string_lossy());
        let request = ImportRequest { folder: &shown, name: &self.name, only: self.only.as_deref() };
        let plan = desk.plan(&request, &*cancel)?;
        if !plan.goes.is_empty() {
            complain(render::import_goes(&plan));
            if !self.yes && !self.dry_run {
                plan.files.iter().for_each(|file| self.show(file));
                complain("Nothing was taken over");
                hint(IMPORT_ALL_THE_SAME);
                return Ok(exit::FAILED);
            }
        }
        let progress = TerminalProgress::begin(None, cancel, false);
        let mut imported = Imported { is_dry_run: self.dry_run, ..Imported::default() };
        let mut visit = |file: &ImportFile| {
            imported.count(&file.state);
            progress.aside(|| self.show(file));
        };
        if self.dry_run {
            desk.check(&plan, &mut visit, &progress)?;
        } else {
            desk.carry_out(&plan, &mut visit, &progress)?;
        }
        drop(progress);
        print([if self.json {
            json::line(&json::imported(&imported, &plan))
        } else {
            render::imported(&imported)
        }]);
        self.hint_schedule(&plan, &imported);
        Ok(if imported.not_taken == 0 { exit::DONE } else { exit::FAILED })
    }

    fn show(&self, file: &ImportFile) {
        print([if self.json { json::line(&json::import_file(file)) } else { render::import_file(file) }]);
    }

    /// Says how to go on where nothing makes newer backups of that name.
    fn hint_schedule(&self, plan: &ImportPlan, imported: &Imported) {
        if plan.entry.is_none() && imported.taken > 0 && !self.dry_run {
            hint(create_for(&printable(plan.name.as_str().as_bytes())));
        }
    }
}

impl Imported {
    fn count(&mut self, state: &ImportState) {
        match state {
            ImportState::New | ImportState::InPlace(_) | ImportState::Taken => self.taken += 1,
            ImportState::Known(_) => self.known += 1,
            ImportState::NotTaken(_) => self.not_taken += 1,
        }
    }
}
