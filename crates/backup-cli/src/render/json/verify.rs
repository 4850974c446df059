//! What `verify` says of one archive.

use backup_core::model::history::{Flaw, Verdict};
use backup_core::policy::verdict::Verified;
use backup_core::time::{Moment, rfc3339};
use serde_json::{Value, json};

use super::path;

/// Returns how an archive is.
pub(crate) fn verified(verified: &Verified) -> Value {
    let verdict = &verified.verdict;
    let as_made = match verdict {
        Verdict::Good(as_made) | Verdict::Incomplete(as_made) => Some(as_made),
        _ => None,
    };
    json!({
        "archive": verified.file_name,
        "state": state(verdict),
        "sound": verdict.is_sound(),
        "bytes": as_made.map(|made| made.archive_bytes),
        "entries": as_made.map(|made| made.entries),
        "made_for": made_for(verdict).map(rfc3339),
        "problem": problem(verdict),
        "damaged_entries": verified.damaged.count(),
        "damaged": verified.damaged.named().iter().map(|one| path(one)).collect::<Vec<_>>(),
        "locked": verified.locked.as_ref().map(ToString::to_string),
        "history_error": verified.history_error,
    })
}

fn state(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Good(_) => "good",
        Verdict::Incomplete(_) => "incomplete",
        Verdict::UnknownDigest => "unknown-digest",
        Verdict::Unknown => "unknown",
        Verdict::Unchecked(_) => "unchecked",
        Verdict::Flawed(Flaw::Damaged(_)) => "damaged",
        Verdict::Flawed(Flaw::Changed(_)) => "changed",
        Verdict::Flawed(Flaw::Unreadable(_)) => "unreadable",
        Verdict::Missing { .. } => "missing",
    }
}

fn made_for(verdict: &Verdict) -> Option<Moment> {
    match verdict {
        Verdict::Good(as_made) | Verdict::Incomplete(as_made) => Some(as_made.made_for),
        Verdict::Missing { made_for } => Some(*made_for),
        _ => None,
    }
}

fn problem(verdict: &Verdict) -> Option<&str> {
    verdict.flaw().map(|flaw| match flaw {
        Flaw::Damaged(why) | Flaw::Changed(why) | Flaw::Unreadable(why) => why.as_str(),
    })
}
