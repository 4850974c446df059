//! Some hundred failures of ports.

use backup_torture::{Budget, Part, Programs, Scale, Verdict};

#[test]
fn failures_are_reported_and_cost_no_backup() {
    let nowhere = Programs::in_folder("/nowhere".as_ref());
    let report = Part::Faults.run(&nowhere, Scale::Small, Budget::UNLIMITED);
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
}
