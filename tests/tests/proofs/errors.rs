//! Backups whose system calls fail.

use backup_torture::Part;

use crate::small::{number, tried};

#[test]
fn an_error_is_reported_and_leaves_a_whole_archive() {
    let Some(report) = tried("errors", Part::Errors) else { return };
    for end in ["done, whole", "incomplete", "failed, old one stands"] {
        assert!(number(&report, "all", end) > 0, "{end}\n{report}");
    }
    let read_back = "generations: read back, a byte is another";
    assert!(number(&report, read_back, "failed, old one stands") > 0, "{report}");
}
