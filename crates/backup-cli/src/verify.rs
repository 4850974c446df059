//! The command that tells whether backups are good.

use backup_core::error::Error;
use backup_core::manager::{VerifyDesk, VerifyOrder};
use backup_core::verified::{Soundness, Verified};
use backup_fs::Adapters;

use crate::commands::interruptible;
use crate::exit;
use crate::output::{complain, print};
use crate::progress_bar::TerminalProgress;

/// Verifies what the arguments say, a line each, and returns the exit code. Ctrl-C ends it.
pub(crate) fn verify(adapters: &Adapters, name: Option<&str>, all: bool) -> Result<u8, Error> {
    let desk = VerifyDesk::new(adapters.ports());
    let plan = desk.plan(&VerifyOrder { name: name.map(str::to_owned), all })?;
    let progress = TerminalProgress::begin(Some(plan.archive_bytes()), interruptible()?, false);
    let progress = progress.with_time_left();
    let mut is_sound = plan.missing.is_empty();
    for missing in &plan.missing {
        desk.note(missing);
        progress.aside(|| show(missing));
    }
    for archive in &plan.archives {
        if let Some(verified) = desk.verify(archive, &progress)? {
            is_sound &= verified.soundness.is_sound();
            progress.aside(|| show(&verified));
        }
    }
    Ok(if is_sound { exit::DONE } else { exit::FAILED })
}

fn show(verified: &Verified) {
    let Verified { file_name, soundness } = verified;
    print([format!("{file_name}  {soundness}")]);
    if matches!(soundness, Soundness::Unknown | Soundness::Unsummed) {
        complain(format_args!("warning: nothing tells whether {file_name} is what was once made"));
    }
}
