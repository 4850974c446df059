//! The generations of a backup, and what is to become of each.

use backup_core::manager::Pruned;
use backup_core::operation::prune::Planned;
use backup_core::policy::retention::Retention;
use backup_core::text::printable;

/// Returns a line for each that stands or stood, the oldest first, and for each that was gone.
pub(crate) fn pruned(pruned: &Pruned) -> Vec<String> {
    let forgotten = pruned
        .forgotten
        .iter()
        .map(|file_name| format!("{}  is forgotten: it was gone already", printable(file_name.as_bytes())));
    lines(&pruned.planned, &pruned.left).into_iter().chain(forgotten).collect()
}

/// Returns a line for each, the oldest first.
pub(crate) fn generations(planned: &[Planned]) -> Vec<String> {
    lines(planned, &[])
}

/// Returns a line for each, going by what could not be removed.
fn lines(planned: &[Planned], left: &[String]) -> Vec<String> {
    if planned.is_empty() {
        return vec!["no backups yet".to_owned()];
    }
    let width = planned.iter().map(|one| one.file_name.chars().count()).max().unwrap_or(0);
    planned
        .iter()
        .map(|one| {
            let is_left = left.contains(&one.file_name);
            let why = if is_left { LEFT.to_owned() } else { why(&one.verdict) };
            format!("{:width$}  {why}", printable(one.file_name.as_bytes()))
        })
        .collect()
}

const LEFT: &str = "still stands, for it could not be removed: no rule keeps it";

fn why(verdict: &Retention) -> String {
    match verdict {
        Retention::Kept(rules) => format!("stays: {}", rules.join(", ")),
        Retention::Newest => "stays: it is the newest good one".to_owned(),
        Retention::Doubtful => "stays: it is not known to be good, and counts for no rule".to_owned(),
        Retention::DrillFailed => "stays: its drill failed, and it counts for no rule".to_owned(),
        Retention::VerifyFailed => {
            "stays: its last verification failed, and it counts for no rule".to_owned()
        }
        Retention::Goes => "goes: no rule keeps it".to_owned(),
    }
}
