//! A proof of the programs, on a small scale.

use std::path::Path;
use std::sync::OnceLock;

use backup_core::testing::skipped;
use backup_tests::Programs;
use backup_torture::{Budget, Part, Report, Scale, Verdict};

/// Tries a part, and returns what it found. If it can't be tried, prints that and returns `None`.
///
/// # Panics
/// When it is broken.
#[track_caller]
pub(crate) fn tried(name: &str, part: Part) -> Option<Report> {
    judged(
        name,
        part.run(&backup_torture::Programs::in_folder(programs().folder()), Scale::Small, Budget::UNLIMITED),
    )
}

/// Returns what was found. If it couldn't be tried, prints that and returns `None`.
///
/// # Panics
/// When it is broken.
#[track_caller]
pub(crate) fn judged(name: &str, report: Report) -> Option<Report> {
    match &report.verdict {
        Verdict::Holds => return Some(report),
        Verdict::Broken(_) => panic!("{name}: {report}"),
        Verdict::CannotRun(reason) => skipped(format_args!("{name}: {reason}")),
    }
    None
}

/// Returns the number in that column of the row of that title.
///
/// # Panics
/// When there is none.
#[track_caller]
pub(crate) fn number(report: &Report, row: &str, column: &str) -> usize {
    let column = report.head.iter().position(|title| *title == column).expect("the column is there");
    let row = report.rows.iter().find(|cells| cells[0] == row).expect("the row is there");
    row[column].parse().expect("it is a number")
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let manager = Path::new(env!("CARGO_BIN_EXE_manager_under_test"));
        let service = Path::new(env!("CARGO_BIN_EXE_service_under_test"));
        let profile = manager.parent().and_then(Path::file_name).expect("a program lies in a folder");
        Programs::link(manager, service, &Path::new(env!("CARGO_TARGET_TMPDIR")).join(profile))
    })
}
