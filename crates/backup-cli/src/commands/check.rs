//! The command that looks for what is wrong in the schedules.

use std::path::PathBuf;

use backup_core::error::Error;
use backup_core::manager::Manager;
use backup_fs::Adapters;

use crate::exit;
use crate::output::{print, warn};
use crate::render;

/// Names each line with something wrong, and returns the exit code: 1 where a line doesn't run as it is written.
pub(crate) fn check(adapters: &Adapters) -> Result<u8, Error> {
    let lines = Manager::new(adapters.ports()).check(user_home().as_deref())?;
    let code = print(render::checked(&lines));
    let is_wrong = lines.iter().any(|line| line.error().is_some());
    Ok(if is_wrong { exit::FAILED } else { code })
}

/// Says what is most likely not meant in a schedule that was just added.
pub(crate) fn warn_of(adapters: &Adapters, text: &str) {
    let warnings = Manager::new(adapters.ports()).warnings_of(text, user_home().as_deref());
    warnings.iter().map(render::sentence).for_each(warn);
}

fn user_home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}
