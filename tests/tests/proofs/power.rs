//! A dozen power cuts, and one for each sync that is taken out.

use backup_torture::Part;

use crate::small::tried;

#[test]
fn a_power_cut_leaves_the_old_archive_or_the_new_one() {
    let _ = tried("power", Part::Power);
}
