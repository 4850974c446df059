//! One night of spring, a thousand times as fast.

use std::path::Path;

use backup_torture::{Programs, Scale, prove_weekends};

use crate::untried::untried;

#[test]
fn each_run_of_the_night_is_there_once() {
    let programs = Programs {
        manager: Path::new(env!("CARGO_BIN_EXE_manager_under_test")).to_owned(),
        service: Path::new(env!("CARGO_BIN_EXE_service_under_test")).to_owned(),
    };
    let report = prove_weekends(&programs, Scale::Small);
    if let Some(reason) = untried(&report) {
        println!("skipped: {reason}");
    }
}
