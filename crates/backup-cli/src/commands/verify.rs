//! `verify`: tells whether backups are whole.

use std::sync::Arc;

use backup_core::manager::{Restore, RestoreDestination, RestoreRequest, Verify, VerifyRequest};
use backup_core::model::archive::ArchiveName;
use backup_core::model::error::{Error, PortError, Remedy};
use backup_core::model::history::Verdict;
use backup_core::policy::verdict::Verified;
use clap::Args;

use crate::args::IdentityArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::hint::{GIVE_IDENTITY, OLDER_GONE};
use crate::interrupt::interruptible;
use crate::output::{complain, hint, print, sentence, warn};
use crate::progress_bar::{TerminalProgress, Unit};
use crate::render::{self, json};

/// Read backups to their end, and tell whether they are whole and what they were when they were made; exit code 1
/// when one isn't
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager verify
         Reads every archive in the folder backups.\n\n\
         Example: backup_manager verify docs
         Reads the newest complete backup of that name.")]
pub(crate) struct VerifyArgs {
    /// The index that `list` shows, or the name of the backup [default: every archive in the folder backups]
    name: Option<String>,

    /// Its older generations and incomplete ones too
    #[arg(long)]
    all: bool,

    /// Tell too what differs from the folder as it is now; that is no fault
    #[arg(long, requires = "name")]
    against_source: bool,

    /// What opens it.
    #[command(flatten)]
    pub(super) identity: IdentityArgs,

    /// Write JSON, an object a line
    #[arg(long)]
    json: bool,
}

impl VerifyArgs {
    /// The exit code is 1 where an archive is gone, damaged or changed. Ctrl-C ends it.
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        self.name.iter().for_each(|key| context.say_which_backup(key, &[]));
        let desk = Verify::new(context.ports());
        let plan = desk.plan(&VerifyRequest { name: self.name.clone(), all: self.all })?;
        context.manager().history_gap().iter().map(sentence).for_each(warn);
        let progress = TerminalProgress::begin(Some(plan.archive_bytes()), interruptible()?, false);
        let progress = progress.reading(Unit::Archives);
        let mut is_sound = plan.missing.is_empty();
        for missing in &plan.missing {
            desk.log(missing);
            progress.aside(|| self.show(missing));
        }
        if plan.missing.iter().any(|missing| is_older(&missing.file_name)) {
            hint(OLDER_GONE);
        }
        let mut needs_identity = false;
        for archive in &plan.archives {
            if let Some(verified) = desk.verify(archive, &progress)? {
                is_sound &= verified.verdict.is_sound();
                // Whoever gives a key wants to know what is inside.
                is_sound &= verified.locked.is_none() || !self.identity.is_given();
                needs_identity |= wants_identity(&verified);
                progress.aside(|| self.show(&verified));
            }
        }
        drop(progress);
        needs_identity.then(|| hint(GIVE_IDENTITY));
        if let Some(name) = self.name.as_deref().filter(|_| self.against_source) {
            self.compare(context, name)?;
        }
        Ok(if is_sound { exit::DONE } else { exit::FAILED })
    }

    fn show(&self, verified: &Verified) {
        print(if self.json {
            vec![json::line(&json::verified(verified))]
        } else {
            render::verified(verified)
        });
        render::verified_warnings(verified).into_iter().for_each(warn);
    }

    /// Shows what differs between the newest complete backup and its source, which stays as it is.
    fn compare(&self, context: Context<'_>, name: &str) -> Result<(), Error> {
        let desk = Restore::new(context.ports(), context.adapters.restorer());
        let plan = desk.plan(&RestoreRequest {
            name: name.to_owned(),
            generation: None,
            at: None,
            chosen: Vec::new(),
            place: RestoreDestination::Source,
            overwrite: false,
            keep_setuid: true,
        })?;
        let archive = &plan.archive;
        let progress = TerminalProgress::begin(Some(archive.archive_bytes), Arc::default(), false);
        let progress = progress.reading(Unit::Entries);
        let preview = desk.preview(&plan, &progress)?;
        drop(progress);
        print(if self.json {
            vec![json::line(&json::preview(&plan, &preview))]
        } else {
            render::differences(&plan, &preview)
        });
        render::uncompared(&preview).into_iter().for_each(complain);
        Ok(())
    }
}

/// Returns whether nothing of the archive was checked, and a secret key would help.
fn wants_identity(verified: &Verified) -> bool {
    let is_locked = |why: &PortError| why.remedy.as_deref() == Some(&Remedy::GiveIdentity);
    matches!(verified.verdict, Verdict::Unchecked(_)) && verified.locked.as_ref().is_some_and(is_locked)
}

fn is_older(file_name: &str) -> bool {
    ArchiveName::parse(file_name).is_some_and(|archive| archive.stamp.is_some())
}
