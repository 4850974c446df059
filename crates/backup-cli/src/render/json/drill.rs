//! What `drill` says of one backup.

use backup_core::manager::{DrillPlan, DrillProof, Undrilled};
use backup_core::model::error::Error;
use backup_core::model::history::DrillOutcome;
use backup_core::text::hex;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

use crate::error_message::message;

/// Returns the receipt of a drill that was carried out.
pub(crate) fn drilled(plan: &DrillPlan, DrillProof { receipt, history_error }: &DrillProof) -> Value {
    let (differences, problems) = match &receipt.outcome {
        DrillOutcome::Passed => (0, &[][..]),
        DrillOutcome::Failed { differences, reported } => (*differences, &reported[..]),
    };
    json!({
        "name": plan.name.as_str(),
        "archive": receipt.archive,
        "state": if receipt.passed() { "passed" } else { "failed" },
        "began": rfc3339(receipt.began),
        "ended": rfc3339(receipt.ended),
        "entries": receipt.entries,
        "bytes": receipt.content_bytes,
        "uncompared": receipt.uncompared_entries,
        "differences": differences,
        "problems": problems,
        "sha256": hex(&receipt.sha256),
        "summed": receipt.is_summed,
        "history_error": history_error.as_ref().map(message),
    })
}

/// Returns a backup whose drill could not be carried out.
pub(crate) fn not_drilled(plan: &DrillPlan, error: &Error) -> Value {
    without_receipt(plan.name.as_str(), Some(&plan.archive.file_name), "error", &[message(error)])
}

/// Returns a backup that has nothing to drill.
pub(crate) fn undrilled(undrilled: &Undrilled) -> Value {
    let state = if undrilled.is_missing { "missing" } else { "none" };
    without_receipt(undrilled.name.as_str(), undrilled.made.as_deref(), state, &[])
}

fn without_receipt(name: &str, archive: Option<&str>, state: &str, problems: &[String]) -> Value {
    json!({
        "name": name, "archive": archive, "state": state, "began": null, "ended": null, "entries": 0, "bytes": 0,
        "uncompared": 0, "differences": 0, "problems": problems, "sha256": null, "summed": false,
        "history_error": null,
    })
}
