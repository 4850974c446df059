//! What is taken over from a folder of tar archives.

use backup_core::manager::{ImportFile, ImportPlan, ImportState};
use backup_core::policy::import::DatedBy;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

use crate::render::{Imported, not_imported};

/// Returns what becomes of a file.
pub(crate) fn import_file(file: &ImportFile) -> Value {
    let (state, archive, problem) = match &file.state {
        ImportState::New | ImportState::InPlace(_) => ("new", Some(file.archive.to_string()), None),
        ImportState::Taken => ("taken", Some(file.archive.to_string()), None),
        ImportState::Known(file_name) => ("known", Some(file_name.clone()), None),
        ImportState::NotTaken(reason) => ("not-taken", None, Some(not_imported(reason))),
    };
    json!({
        "file": file.dated.shown_name(),
        "made_for": rfc3339(file.dated.moment),
        "dated_by": if file.dated.dated_by == DatedBy::Name { "name" } else { "modification" },
        "state": state,
        "archive": archive,
        "problem": problem,
    })
}

/// Returns what an import came to.
pub(crate) fn imported(imported: &Imported, plan: &ImportPlan) -> Value {
    json!({
        "dry_run": imported.is_dry_run,
        "taken": imported.taken,
        "known": imported.known,
        "not_taken": imported.not_taken,
        "goes": plan.goes,
    })
}
