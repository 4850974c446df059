//! Some hundred failures of ports.

use backup_torture::Part;

use crate::small::tried;

#[test]
fn failures_are_reported_and_cost_no_backup() {
    assert!(tried("faults", Part::Faults).is_some(), "it needs nothing");
}
