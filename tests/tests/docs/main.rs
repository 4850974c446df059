//! The examples of README.md and docs/ are run, and print what the pages say.
//!
//! A block that begins with three backticks and `console` holds commands, each behind `$ ` (and its further lines behind
//! `> `), and below each what it prints, on standard output and standard error together. All blocks of a page run in one
//! shell, in order, in a fresh system of Ann's: `/home/ann`, `/mnt` and `/srv` are folders of the test's own, it is about
//! noon, and `backup_manager` and `backup_service` are on the `PATH`.
//!
//! - `[..]` stands for anything within a line, a line `...` for any lines.
//! - Dates, durations, sizes, process numbers and digests need not agree, and neither does the width of columns.
//! - A command ends with exit code 0, unless the next one is `echo $?`.
//! - A block in an HTML comment runs too: it prepares what the page takes for granted.
//! - `console,ignore` isn't run.

mod expected;
mod mask;
mod page;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use page::Page;

#[test]
fn every_example_prints_what_its_page_says() {
    let pages: Vec<_> = paths().iter().map(|path| Page::read(path)).collect();
    let faults: Vec<String> = thread::scope(|scope| {
        let checks: Vec<_> = pages.iter().map(|page| scope.spawn(|| session::faults(page))).collect();
        checks.into_iter().flat_map(|check| check.join().expect("a page is checked")).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

#[test]
fn the_first_pages_have_examples() {
    for path in ["README.md", "docs/getting-started.md"] {
        let page = Page::read(&root().join(path));
        assert!(page.commands.len() >= FEWEST, "{page:?}");
    }
}

/// A first backup and a restored file take more commands than this.
const FEWEST: usize = 5;

/// Returns all pages that users read.
fn paths() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("docs")).expect("there is a folder docs");
    let files = folder.map(|entry| entry.expect("a file of docs").path());
    let mut paths: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    paths.push(root().join("README.md"));
    paths.sort();
    paths
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}
