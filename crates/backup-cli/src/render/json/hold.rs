//! A hold, and what was accepted.

use backup_core::manager::{Acceptance, AcceptancePlan, GoingArchive, HeldBackup};
use backup_core::model::history::{Anomaly, Hold};
use backup_core::time::rfc3339;
use serde_json::{Value, json};

/// Returns what was accepted.
pub(crate) fn accepted(accepted: &Acceptance) -> Value {
    json!({
        "name": accepted.name,
        "held": accepted.ended.as_ref().map(hold),
        "released": accepted.released,
    })
}

/// Returns what would be accepted.
pub(crate) fn acceptance_plan(plan: &AcceptancePlan) -> Value {
    json!({
        "name": plan.name,
        "held": plan.hold.as_ref().map(hold),
        "going": plan.going.iter().map(going).collect::<Vec<_>>(),
        "staying_from_before": plan.staying_from_before,
    })
}

fn going(archive: &GoingArchive) -> Value {
    json!({
        "archive": archive.file_name,
        "bytes": archive.archive_bytes,
        "from_before": archive.is_from_before,
    })
}

/// Returns a hold.
pub(crate) fn hold(hold: &Hold) -> Value {
    json!({
        "since": rfc3339(hold.since),
        "anomalies": hold.anomalies.iter().map(anomaly).collect::<Vec<_>>(),
        "before": hold.before,
    })
}

/// Returns a hold, and what it keeps.
pub(in crate::render) fn held(held: &HeldBackup) -> Value {
    let mut object = hold(&held.hold);
    object["archive"] = json!(held.archive);
    object["kept"] = json!(held.kept_archives);
    object["kept_bytes"] = json!(held.kept_bytes);
    object
}

/// Returns something suspicious.
pub(super) fn anomaly(anomaly: &Anomaly) -> Value {
    let (before, now) = anomaly.numbers();
    json!({ "kind": anomaly.word(), "before": before, "now": now, "text": anomaly.to_string() })
}
