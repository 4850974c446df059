//! The generations of a backup, and what is to become of each.

use backup_core::backup::Verdict;
use backup_core::prune::Planned;
use backup_core::text::printable;

/// Returns a line for each, the oldest first.
pub(crate) fn generations(planned: &[Planned]) -> Vec<String> {
    if planned.is_empty() {
        return vec!["no backups yet".to_owned()];
    }
    let width = planned.iter().map(|one| one.file_name.chars().count()).max().unwrap_or(0);
    planned
        .iter()
        .map(|one| format!("{:width$}  {}", printable(one.file_name.as_bytes()), why(&one.verdict)))
        .collect()
}

fn why(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Kept(rules) => format!("stays: {}", rules.join(", ")),
        Verdict::Newest => "stays: it is the newest good one".to_owned(),
        Verdict::Doubtful => "stays: it is not known to be good, and counts for no rule".to_owned(),
        Verdict::DrillFailed => "stays: its drill failed, and it counts for no rule".to_owned(),
        Verdict::VerifyFailed => "stays: its last verification failed, and it counts for no rule".to_owned(),
        Verdict::Goes => "goes: no rule keeps it".to_owned(),
    }
}
