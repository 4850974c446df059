//! The generations of a backup, and what is to become of each.

use backup_core::manager::{PrunePlan, Pruned};
use backup_core::operation::prune::PruneDecision;
use backup_core::policy::retention::Retention;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

use super::hold;

/// Returns what a prune would do.
pub(crate) fn prune_plan(plan: &PrunePlan) -> Value {
    object(plan, true, &Pruned::default())
}

/// Returns what a prune did.
pub(crate) fn pruned(pruned: &Pruned) -> Value {
    object(&pruned.plan, false, pruned)
}

fn object(plan: &PrunePlan, is_dry_run: bool, done: &Pruned) -> Value {
    json!({
        "dry_run": is_dry_run,
        "generations": plan.generations.iter().map(generation).collect::<Vec<_>>(),
        "bytes": plan.going_bytes,
        "freed_bytes": plan.freed_bytes,
        "paused": plan.paused.map(|jump| json!({ "from": rfc3339(jump.from), "to": rfc3339(jump.to) })),
        "held": plan.hold.as_ref().map(hold),
        "left": done.left,
        "forgotten": done.forgotten,
    })
}

fn generation(decision: &PruneDecision) -> Value {
    let (state, rules) = match &decision.verdict {
        Retention::Kept(rules) => ("kept", &rules[..]),
        Retention::Newest => ("newest", &[][..]),
        Retention::Doubtful => ("doubtful", &[][..]),
        Retention::DrillFailed => ("drill-failed", &[][..]),
        Retention::VerifyFailed => ("verify-failed", &[][..]),
        Retention::Goes => ("goes", &[][..]),
    };
    json!({
        "archive": decision.file_name,
        "state": state,
        "stays": decision.verdict != Retention::Goes,
        "rules": rules,
    })
}
