//! A second run: nothing has changed, or one file of a hundred; plain and compressed.

use std::path::Path;

use super::edits;
use super::home::{Home, Taken, taken};
use super::rows::{Rows, mebibytes, megabytes, seconds};
use super::{Bench, RUNS};
use crate::bench::random::Random;
use crate::bench::stats::Spread;
use crate::bench::trees::Tree;
use crate::bench::{measure, walk};
use crate::command::Call;
use crate::failure::Outcome;

/// What is replaced would make room for what is new.
const KEEPING: &str = ";keep=last:99";

/// What padding costs at most where something changed.
const PADDING_BYTES: u64 = 8 << 10;

pub(super) fn play(bench: &Bench, rows: &mut Rows) -> Outcome {
    let tree = Tree::Small.ready(bench.scale, &bench.arena)?;
    let footprint = walk::warm(&tree)?;
    let tree_told = format!("{} files, {:.0} MB", footprint.files, megabytes(footprint.bytes));
    rows.note("the tree", tree_told);
    let home = Home::new(bench, "second", &tree, KEEPING)?;
    rows.note("first run", told(&home.run()?));
    unchanged(bench, &home, &tree, rows)?;
    changed(bench, &home, &tree, rows)?;
    home.remove()?;
    compressed(bench, &tree, rows)
}

fn unchanged(bench: &Bench, home: &Home<'_>, tree: &Path, rows: &mut Rows) -> Outcome {
    let runs = (0..RUNS).map(|_| home.run()).collect::<Outcome<Vec<_>>>()?;
    let find = Call::new("find").args([tree.display().to_string(), "-printf".into(), "%s\n".into()]);
    let finds = (0..RUNS).map(|_| measure::measured(&find, None)).collect::<Outcome<Vec<_>>>()?;
    let median = |times: &mut dyn Iterator<Item = f64>| Spread::of(times).map_or(f64::NAN, |s| s.median);
    let ours = median(&mut runs.iter().map(|run| run.cost.wall.as_secs_f64()));
    let theirs = median(&mut finds.iter().map(|cost| cost.wall.as_secs_f64()));
    rows.note("nothing changed", format!("{ours:.2} s; `find -printf %s`: {theirs:.2} s"));
    rows.at_most("nothing changed, time against `find -printf %s`", ours / theirs, 2.0, "");
    let written = runs.iter().map(|run| run.written_bytes).min().unwrap_or(0);
    rows.at_most("nothing changed, written to the disk", mebibytes(written), 2.0, "MiB");
    // What follows begins on a quiet disk.
    bench.disk.settle()
}

fn changed(bench: &Bench, home: &Home<'_>, tree: &Path, rows: &mut Rows) -> Outcome {
    let edited = edits::change(tree, &mut Random::seeded(1))?;
    walk::warm(tree)?;
    let run = home.run()?;
    let archive = bench.disk.path().join("tar.tar");
    let words = ["-cf".to_owned(), archive.display().to_string(), tree.display().to_string()];
    let tar = taken(bench, &Call::new("tar").args(words), Some(&archive))?;
    std::fs::remove_file(&archive).map_err(crate::failure::Failure::doing("remove tar's archive"))?;
    let (ours, theirs) = (run.cost.wall.as_secs_f64(), tar.cost.durable.as_secs_f64());
    let changes = format!("{} files, {:.1} MB", edited.files, megabytes(edited.bytes));
    rows.note("1 % changed", format!("{changes}: {}; GNU tar, durable: {theirs:.2} s", told(&run)));
    rows.at_most("1 % changed, time against GNU tar", ours / theirs, 0.25, "");
    let most = edited.bytes * 11 / 10 + edited.files * PADDING_BYTES;
    rows.at_most("1 % changed, room on the disk", megabytes(run.used_bytes), megabytes(most), "MB");
    Ok(())
}

fn compressed(bench: &Bench, tree: &Path, rows: &mut Rows) -> Outcome {
    let home = Home::new(bench, "compressed", tree, ";compress=zstd;keep=last:99")?;
    let (first, second) = (home.run()?, home.run()?);
    rows.note("`compress=zstd`, first and second run", format!("{}; {}", told(&first), told(&second)));
    let ratio = second.cost.wall.as_secs_f64() / first.cost.wall.as_secs_f64();
    rows.at_most("`compress=zstd`, second run against the first", ratio, 0.3, "");
    home.remove()
}

fn told(taken: &Taken) -> String {
    let (written, used) = (megabytes(taken.written_bytes), megabytes(taken.used_bytes));
    format!("{}, {written:.1} MB written, {used:.1} MB of room", seconds(taken.cost.wall))
}
