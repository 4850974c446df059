//! A dozen zones with the oddest changes, in one year.

use std::path::Path;

use backup_torture::{Scale, prove_zones};

use crate::small::judged;

#[test]
fn every_minute_of_the_day_comes_when_the_wall_clock_first_reads_it() {
    let teller = Path::new(env!("CARGO_BIN_EXE_torture_under_test"));
    let _ = judged("zones", prove_zones(Scale::Small, teller));
}
