//! One night of spring, a thousand times as fast.

use backup_torture::Part;

use crate::small::tried;

#[test]
fn each_run_of_the_night_is_there_once() {
    let _ = tried("weekend", Part::Weekend);
}
