//! What a test asks of a proof.

use backup_torture::{Report, Verdict};

/// Lets a proof pass that holds. One that can't be tried on this machine says so in one line.
///
/// # Panics
/// When it is broken.
#[track_caller]
#[expect(clippy::print_stdout, reason = "a proof that is skipped must not pass silently")]
pub(crate) fn holds(name: &str, report: &Report) {
    match &report.verdict {
        Verdict::Holds => {}
        Verdict::Broken(_) => panic!("{name}: {report}"),
        Verdict::CannotRun(reason) => println!("skipped: {name}: {reason}"),
    }
}
