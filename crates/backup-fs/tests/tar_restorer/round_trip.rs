//! Made-up trees come back as they were.

use std::fs;

use crate::maker::Maker;
use crate::place::{Place, pack};
use crate::random::setting;
use crate::tree::{is_root, same, see};

#[test]
fn generated_trees_come_back() {
    let (seed, count) = (setting("BACKUP_TREES_SEED", 1), setting("BACKUP_TREES", 150));
    println!("to have these trees again: BACKUP_TREES_SEED={seed} BACKUP_TREES={count}");
    for at in 0..count {
        let place = Place::new();
        let source = place.path("source");
        fs::create_dir(&source).unwrap();
        Maker::make(seed.wrapping_mul(1_000_003).wrapping_add(at), &source.join("docs"));
        let expected = see(&source, "docs");
        let archive = pack(&source.join("docs"));
        let report = place.restore(&archive).unwrap();
        assert_eq!(report.findings, [], "tree {at}");
        same(&place.see_target(), &expected, &format!("tree {at}"));
        // A hard link is no entry that can be told from its file.
        assert!(report.entries <= expected.len() as u64 && report.present_entries == 0, "{report:?}");
        place.assert_nothing_outside("a tree");
        same(&see(&source, "docs"), &expected, "the source");
    }
    if !is_root() {
        backup_core::testing::skipped("owners, for only root can set them");
    }
}

#[test]
fn a_very_deep_tree_comes_back() {
    let place = Place::new();
    let source = place.path("source");
    fs::create_dir(&source).unwrap();
    let mut folder = rustix::fs::open(&source, rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    let name = "a".repeat(200);
    for name in std::iter::once("docs").chain(std::iter::repeat_n(&name[..], 100)) {
        rustix::fs::mkdirat(&folder, name, rustix::fs::Mode::RWXU).unwrap();
        folder =
            rustix::fs::openat(&folder, name, rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    }
    let archive = pack(&source.join("docs"));
    let report = place.restore(&archive).unwrap();
    assert_eq!((report.findings, report.entries), (vec![], 100));
    // A second archive of it has the same bytes, but for the name at the top.
    let again = pack(&place.target());
    assert_eq!(again.len(), archive.len());
    std::process::Command::new("rm").arg("-rf").arg(source).arg(place.target()).status().unwrap();
}
