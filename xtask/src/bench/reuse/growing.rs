//! A log file that grows: its beginning is in the archive before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::Bench;
use super::home::Home;
use super::rows::{Rows, megabytes, seconds};
use crate::bench::random::Random;
use crate::failure::{Failure, Outcome};

/// Of eight bytes each: a MiB.
const PIECE_WORDS: usize = 1 << 17;

pub(super) fn play(bench: &Bench, rows: &mut Rows) -> Outcome {
    let pieces = if bench.is_small() { 20 } else { 1_000 };
    let tree = bench.disk.path().join("growing");
    let log = tree.join("log");
    let made = fs::create_dir(&tree).and_then(|()| File::create(&log)).map(drop);
    made.and_then(|()| append(&log, pieces, 1)).map_err(Failure::doing("write a log"))?;
    let home = Home::new(bench, "growing-home", &tree, "")?;
    home.run()?;
    append(&log, 1, 2).map_err(Failure::doing("append to the log"))?;
    let run = home.run()?;
    let what = format!("a log of {pieces} MiB, and 1 MiB more: written to the disk");
    rows.at_most(&what, megabytes(run.written_bytes), 20.0, "MB");
    rows.note("the same, time", seconds(run.cost.wall));
    home.remove()?;
    fs::remove_dir_all(&tree).map_err(Failure::doing("remove the log"))
}

fn append(log: &Path, pieces: u64, seed: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(log)?;
    let mut random = Random::seeded(seed);
    for _ in 0..pieces {
        let noise: Vec<_> =
            std::iter::repeat_with(|| random.next().to_le_bytes()).take(PIECE_WORDS).collect();
        let piece = noise.as_flattened();
        file.write_all(piece)?;
    }
    file.sync_all()
}
