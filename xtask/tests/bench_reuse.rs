//! What is measured of shared blocks, on a small scale: that every row is there.

use std::path::Path;
use std::process::Command;

/// What the table has whatever is installed.
const ROWS: [&str; 8] = [
    "nothing changed, time against `find -printf %s`",
    "1 % changed, room on the disk",
    "`compress=zstd`, second run against the first",
    "a log of 20 MiB, and 1 MiB more: written to the disk",
    "1001 files, nothing changed, memory",
    "`cat` out of 1001 members in a tar.zst, time",
    "`find` over all of these archives",
    "each archive is the tree of its day, by GNU tar",
];

#[test]
fn every_row_is_measured() {
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let programs = xtask.parent().expect("a program lies in a folder");
    build_the_manager(programs);
    let bench = Command::new(xtask).args(["bench", "reuse", "--small", "--programs"]).arg(programs).output();
    let bench = bench.expect("the bench can be started");
    let (said, complained) = (String::from_utf8_lossy(&bench.stdout), String::from_utf8_lossy(&bench.stderr));
    if complained.contains("can't make a disk that shares blocks") {
        eprintln!("SKIPPED: {complained}");
        return;
    }
    assert!(bench.status.success(), "{complained}");
    for row in ROWS {
        let line = said.lines().find(|line| line.starts_with(&format!("| {row} ")));
        let line = line.unwrap_or_else(|| panic!("no {row}: {said}"));
        // How long something took says nothing here.
        assert!(!row.starts_with("each archive") || line.contains("| yes"), "{line}");
    }
}

/// Builds `backup_manager` if it isn't there. The tests of the workspace have built it: cargo would build everything once more for
/// another choice of packages.
fn build_the_manager(programs: &Path) {
    if !programs.join("backup_manager").exists() {
        let built = Command::new(env!("CARGO")).args(["build", "-q", "-p", "backup-cli"]).status();
        assert!(built.expect("cargo can be started").success());
    }
}
