//! A dozen power cuts, and one for each sync that is taken out.

use std::path::Path;

use backup_torture::{Part, Programs, Scale};

use crate::held::holds;

#[test]
fn a_power_cut_leaves_the_old_archive_or_the_new_one() {
    let programs = Programs {
        manager: Path::new(env!("CARGO_BIN_EXE_manager_under_test")).to_owned(),
        service: Path::new(env!("CARGO_BIN_EXE_service_under_test")).to_owned(),
    };
    holds("power", &Part::Power.run(&programs, Scale::Small));
}
