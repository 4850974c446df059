//! A million files: a run over an unchanged tree, and one file out of an archive of them.

use std::fs;
use std::path::Path;

use super::home::Home;
use super::rows::{Rows, mebibytes, seconds};
use super::{Bench, RUNS};
use crate::bench::measure::{self, Cost};
use crate::bench::trees::Tree;
use crate::bench::walk;
use crate::failure::{Failure, Outcome};

/// The one that is looked for.
const NEEDLE: &str = "folder-005/needle";

pub(super) fn play(bench: &Bench, rows: &mut Rows) -> Outcome {
    let tree = Tree::Million.ready(bench.scale, &bench.arena)?;
    let written = fs::write(tree.join(NEEDLE), vec![b'n'; 100_000]);
    written.map_err(Failure::doing("write a file"))?;
    let files = walk::warm(&tree)?.files;
    plain(bench, &tree, files, rows)?;
    compressed(bench, &tree, files, rows)?;
    fs::remove_dir_all(&tree).map_err(Failure::doing("remove the million files"))
}

fn plain(bench: &Bench, tree: &Path, files: u64, rows: &mut Rows) -> Outcome {
    let home = Home::new(bench, "million", tree, "")?;
    let first = home.run()?.cost;
    let told = format!("{}, {:.1} MiB of memory", seconds(first.wall), mebibytes(first.peak_bytes));
    rows.note(&format!("{files} files, first run"), told);
    let run = home.run()?.cost;
    rows.at_most(&format!("{files} files, nothing changed"), run.wall.as_secs_f64(), 5.0, "s");
    rows.at_most(&format!("{files} files, nothing changed, memory"), mebibytes(run.peak_bytes), 48.0, "MiB");
    cat(&home, &format!("`cat` out of {files} members in a tar"), rows)?;
    home.remove()
}

fn compressed(bench: &Bench, tree: &Path, files: u64, rows: &mut Rows) -> Outcome {
    let home = Home::new(bench, "million-zst", tree, ";compress=zstd")?;
    home.run()?;
    let again = home.run()?.cost;
    let what = format!("{files} files, nothing changed, `compress=zstd`");
    rows.note(&what, format!("{}, {:.1} MiB of memory", seconds(again.wall), mebibytes(again.peak_bytes)));
    cat(&home, &format!("`cat` out of {files} members in a tar.zst"), rows)?;
    home.remove()
}

fn cat(home: &Home<'_>, what: &str, rows: &mut Rows) -> Outcome {
    let call = home.call(&["cat", "bench", NEEDLE]);
    // The first call brings the catalog into the page cache.
    let costs = (0..=RUNS).map(|_| measure::measured(&call, None)).collect::<Outcome<Vec<Cost>>>()?;
    let least = costs.iter().map(|cost| cost.wall).min().unwrap_or_default();
    let most = costs.iter().map(|cost| cost.peak_bytes).max().unwrap_or_default();
    rows.at_most(&format!("{what}, time"), least.as_secs_f64() * 1_000.0, 50.0, "ms");
    rows.at_most(&format!("{what}, memory"), mebibytes(most), 32.0, "MiB");
    Ok(())
}
