//! A home whose archives share blocks.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::Bench;
use crate::bench::measure::{self, Cost};
use crate::command::Call;
use crate::failure::{Failure, Outcome};

/// A file that changed less than two whole seconds before a run began is read by the next one.
const UNTIL_SAFE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Home<'a> {
    bench: &'a Bench,
    path: PathBuf,
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) cost: Cost,
    pub(super) written_bytes: u64,
    /// How much less room there is than before.
    pub(super) used_bytes: u64,
}

impl<'a> Home<'a> {
    /// Makes a home with that name, with a schedule of the tree. It reads everything in its first run only.
    pub(super) fn new(bench: &'a Bench, name: &str, tree: &Path, options: &str) -> Outcome<Self> {
        let path = bench.disk.path().join(name);
        fs::create_dir(&path).map_err(Failure::doing(format!("make {}", path.display())))?;
        let home = Self { bench, path };
        let line = format!("{};03:00;bench;reuse=auto;full=never{options}", tree.display());
        home.call(&["create", &line]).read()?;
        Ok(home)
    }

    pub(super) fn backups(&self) -> PathBuf {
        self.path.join("backups")
    }

    pub(super) fn call(&self, words: &[&str]) -> Call {
        let home = ["--home".to_owned(), self.path.display().to_string()];
        let words = words.iter().copied().map(str::to_owned);
        Call::new(&self.bench.manager).args(home.into_iter().chain(words))
    }

    /// Runs the backup, once all that has changed is safely older. On a small scale, what changed just now is read again.
    pub(super) fn run(&self) -> Outcome<Taken> {
        if self.bench.is_small() {
            return taken(self.bench, &self.call(&["run", "bench"]), None);
        }
        self.run_safely()
    }

    /// Runs the backup, once all that has changed is safely older, whatever the scale.
    pub(super) fn run_safely(&self) -> Outcome<Taken> {
        sleep(UNTIL_SAFE);
        taken(self.bench, &self.call(&["run", "bench"]), None)
    }

    /// Removes it with all that is in it.
    pub(super) fn remove(self) -> Outcome {
        let removed = fs::remove_dir_all(&self.path);
        removed.map_err(Failure::doing(format!("remove {}", self.path.display())))?;
        self.bench.disk.settle()
    }
}

/// Returns what a call takes, with the room that it takes on the disk; with `sync`, until that is durable.
pub(super) fn taken(bench: &Bench, call: &Call, sync: Option<&Path>) -> Outcome<Taken> {
    let (used, written) = (bench.disk.used_bytes()?, bench.disk.written_bytes()?);
    let cost = measure::measured(call, sync)?;
    let (now_used, now_written) = (bench.disk.used_bytes()?, bench.disk.written_bytes()?);
    Ok(Taken { cost, written_bytes: now_written - written, used_bytes: now_used.saturating_sub(used) })
}
