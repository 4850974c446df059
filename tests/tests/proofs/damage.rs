//! Archives with wrong and missing bytes.

use backup_torture::Part;

use crate::small::{number, tried};

#[test]
fn damage_is_found_and_every_cut_by_the_structure() {
    let Some(report) = tried("damage", Part::Damage) else { return };
    for cut in ["Plain: cut", "Zstd: cut", "Plain: cut, by the program", "Zstd: cut, by the program"] {
        assert!(number(&report, cut, "points") > 0, "{report}");
    }
    assert!(number(&report, "Plain: wrong byte", "found by the digest alone") > 0, "{report}");
}
