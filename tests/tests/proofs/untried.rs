//! What a test asks of a proof.

use backup_torture::{Report, Verdict};

/// Returns why a proof couldn't be tried on this machine, for the test to say; of one that holds, nothing.
///
/// # Panics
/// When it is broken.
#[track_caller]
pub(crate) fn untried(report: &Report) -> Option<&str> {
    match &report.verdict {
        Verdict::Holds => None,
        Verdict::Broken(_) => panic!("{report}"),
        Verdict::CannotRun(reason) => Some(reason),
    }
}
