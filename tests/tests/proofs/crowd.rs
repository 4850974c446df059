//! Many programs in one home.

use backup_torture::Part;

use crate::small::tried;

#[test]
fn a_crowd_starts_one_service_and_loses_no_schedule() {
    let _ = tried("crowd", Part::Crowd);
}
