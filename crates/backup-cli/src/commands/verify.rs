//! The command that tells whether backups are good.

use std::sync::Arc;

use backup_core::backup::ArchiveName;
use backup_core::error::Error;
use backup_core::manager::{Manager, RestoreDesk, RestoreOrder, RestorePlace, VerifyDesk, VerifyOrder};
use backup_core::verified::{Soundness, Verified};
use backup_fs::Adapters;

use crate::commands::interruptible;
use crate::exit;
use crate::output::{complain, print, warn};
use crate::progress_bar::TerminalProgress;
use crate::render::restore as render_restore;

/// Verifies what the arguments say, a line each, and returns the exit code. Ctrl-C ends it.
pub(crate) fn verify(
    adapters: &Adapters,
    name: Option<&str>,
    all: bool,
    against_source: bool,
) -> Result<u8, Error> {
    let desk = VerifyDesk::new(adapters.ports());
    let plan = desk.plan(&VerifyOrder { name: name.map(str::to_owned), all })?;
    Manager::new(adapters.ports()).history_gap().iter().for_each(warn);
    let progress = TerminalProgress::begin(Some(plan.archive_bytes()), interruptible()?, false);
    let progress = progress.with_time_left();
    let mut is_sound = plan.missing.is_empty();
    for missing in &plan.missing {
        desk.note(missing);
        progress.aside(|| show(missing));
    }
    if plan.missing.iter().any(|missing| is_older(&missing.file_name)) {
        complain("hint: `backup_manager prune NAME` forgets older backups that are gone");
    }
    for archive in &plan.archives {
        if let Some(verified) = desk.verify(archive, &progress)? {
            is_sound &= verified.soundness.is_sound();
            progress.aside(|| show(&verified));
        }
    }
    drop(progress);
    if let Some(name) = name.filter(|_| against_source) {
        compare(adapters, name)?;
    }
    Ok(if is_sound { exit::DONE } else { exit::FAILED })
}

/// Shows what differs between the newest complete backup and its source, which stays as it is.
fn compare(adapters: &Adapters, name: &str) -> Result<(), Error> {
    let desk = RestoreDesk::new(adapters.ports(), adapters.restorer());
    let plan = desk.plan(&RestoreOrder {
        name: name.to_owned(),
        generation: None,
        at: None,
        chosen: Vec::new(),
        place: RestorePlace::Source,
        overwrite: false,
        keep_setuid: true,
    })?;
    let archive = &plan.archive;
    let progress = TerminalProgress::begin(Some(archive.archive_bytes), Arc::default(), false);
    let preview = desk.preview(&plan, &progress)?;
    drop(progress);
    print(render_restore::differences(&plan, &preview));
    render_restore::uncompared(&preview).into_iter().for_each(complain);
    Ok(())
}

fn is_older(file_name: &str) -> bool {
    ArchiveName::parse(file_name).is_some_and(|archive| archive.stamp.is_some())
}

fn show(verified: &Verified) {
    let Verified { file_name, soundness, unnoted } = verified;
    print([format!("{file_name}  {soundness}")]);
    if let Some(reason) = unnoted {
        warn(format_args!("the history doesn't hold that of {file_name}: {reason}"));
    }
    if matches!(soundness, Soundness::Unknown | Soundness::Unsummed) {
        complain(format_args!("warning: nothing tells whether {file_name} is what was once made"));
    }
}
