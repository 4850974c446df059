//! The variables that the commands of a hook get. Each is always set, and empty where nothing is known.

use std::ffi::OsString;
use std::path::Path;

use crate::model::error::Error;
use crate::model::history::{Outcome, RunKey};
use crate::model::hook::HookPhase;
use crate::model::schedule::ScheduleEntry;
use crate::operation::run_variables::of_a_run;

/// What is known of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// How the run, or the reading of its source, ended.
    pub(super) outcome: Option<Outcome>,
    /// The path of the archive, relative to the home, and its size.
    pub(super) archive: Option<(String, u64)>,
    /// Why there is no good backup.
    pub(super) error: Option<String>,
}

impl Known {
    /// Returns that this is the outcome.
    pub(super) fn outcome(outcome: Outcome) -> Self {
        Self { outcome: Some(outcome), ..Self::default() }
    }

    /// Returns that it failed, and why.
    pub(super) fn failed(error: &Error) -> Self {
        Self { error: Some(error.to_string()), ..Self::outcome(Outcome::Failed) }
    }

    /// Returns that the process of the run died.
    pub(super) fn died() -> Self {
        let error = Some("the process that made the backup has died".to_owned());
        Self { error, ..Self::outcome(Outcome::Interrupted) }
    }
}

/// Returns the variables of a command.
pub(super) fn variables(
    home: &Path,
    key: &RunKey,
    entry: &ScheduleEntry,
    phase: HookPhase,
    known: &Known,
) -> Vec<(String, OsString)> {
    let archive = known.archive.as_ref();
    let path = archive.map(|(path, _)| home.join(path).into_os_string()).unwrap_or_default();
    let text = |value: Option<String>| OsString::from(value.unwrap_or_default());
    let all = [
        ("BACKUP_HOOK", phase.key().into()),
        ("BACKUP_OUTCOME", text(known.outcome.map(|outcome| outcome.word().to_owned()))),
        ("BACKUP_ERROR", text(known.error.clone())),
        ("BACKUP_ARCHIVE", path),
        ("BACKUP_BYTES", text(archive.map(|(_, bytes)| bytes.to_string()))),
    ];
    let mut variables = of_a_run(home, key.planned, entry);
    variables.extend(all.map(|(name, value)| (name.to_owned(), value)));
    variables
}

/// Returns the variable that tells whether nothing of the backup is removed for now, because its source is suspicious.
pub(super) fn held(is_held: bool) -> (String, OsString) {
    ("BACKUP_HELD".to_owned(), if is_held { "yes" } else { "no" }.into())
}
