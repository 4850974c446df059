//! Backups that are killed.

use backup_torture::Part;

use crate::small::{number, tried};

#[test]
fn a_kill_leaves_the_old_archive_or_the_new_one() {
    let Some(report) = tried("kill", Part::Kill) else { return };
    assert!(number(&report, "all", "points") >= 30, "{report}");
    assert!(number(&report, "all", "old one stands") > 0, "{report}");
    assert!(number(&report, "all", "new one stands") > 0, "{report}");
    let keeping = "Plain, generations: main thread";
    assert!(number(&report, keeping, "old one stands") > 0, "{report}");
    assert!(number(&report, keeping, "new one stands") > 0, "{report}");
}
