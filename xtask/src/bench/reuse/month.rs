//! Thirty days of a tree in which one file of a hundred changes a day: the room, each tree out of its archive, and what restic
//! and borg take for the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::home::{Home, Taken, taken};
use super::manifest::Manifest;
use super::others::{Other, Repository};
use super::rows::{Rows, megabytes, seconds};
use super::{Bench, RUNS, edits};
use crate::bench::random::Random;
use crate::bench::trees::Tree;
use crate::bench::{measure, walk};
use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::out;

const PYTHON: &str = "import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2])
";

/// Our name among the others.
const OURS: &str = "Backup Manager";

/// What one program took.
#[derive(Debug, Default)]
struct Account {
    name: &'static str,
    /// Of each run, in their order: the first, one after nothing has changed, and one a day.
    times: Vec<Duration>,
    /// What the first run took of the disk, and what all took.
    first_bytes: u64,
    all_bytes: u64,
    restore: Duration,
}

impl Account {
    fn add(&mut self, taken: &Taken) {
        self.all_bytes += taken.used_bytes;
        self.times.push(taken.cost.durable);
        self.first_bytes = if self.times.len() == 1 { self.all_bytes } else { self.first_bytes };
        out::complain(&format!("{}: run {}, {}", self.name, self.times.len(), seconds(taken.cost.durable)));
    }

    fn told(&self) -> String {
        let time = |place: usize| self.times.get(place).copied().map(seconds).unwrap_or_default();
        let (first, all) = (megabytes(self.first_bytes), megabytes(self.all_bytes));
        format!(
            "first run {}, second {}, a day later {}, {first:.0} MB after the first, {all:.0} MB at the end, restore {}",
            time(0),
            time(1),
            time(2),
            seconds(self.restore)
        )
    }
}

pub(super) fn play(bench: &Bench, rows: &mut Rows) -> Outcome {
    let days = if bench.is_small() { 2 } else { 30 };
    let tree = Tree::Small.ready(bench.scale, &bench.arena)?;
    let files = walk::warm(&tree)?.files;
    let home = Home::new(bench, "month", &tree, ";keep=last:99")?;
    let others: Vec<_> = Other::ALL.into_iter().filter(|other| other.version().is_some()).collect();
    let mut others = others
        .into_iter()
        .map(|other| {
            Ok((Account { name: other.name(), ..Account::default() }, Repository::new(bench, other)?))
        })
        .collect::<Outcome<Vec<_>>>()?;
    let mut ours = Account { name: OURS, ..Account::default() };
    let mut random = Random::seeded(30);
    let mut trees = Vec::new();
    for day in 0..days {
        if day > 0 {
            edits::change(&tree, &mut random)?;
            edits::come_and_go(&tree, day, files.div_ceil(200 * days), &mut random)?;
        }
        // A second run of the first day finds nothing changed.
        for _ in 0..if day == 0 { 2 } else { 1 } {
            walk::warm(&tree)?;
            trees.push(Manifest::of(&tree)?);
            // What changes later is read again on a small scale, and all else shared.
            ours.add(&if day == 0 { home.run_safely()? } else { home.run()? });
            for (account, repository) in &mut others {
                account.add(&repository.back_up(&tree)?);
            }
        }
    }
    restore(bench, &home, &mut ours, &mut others)?;
    judge(rows, days, &ours, others.iter().map(|(account, _)| account));
    find(&home, rows)?;
    extract_all(bench, &home, &trees, &tree, rows)?;
    drop(others);
    home.remove()
}

fn restore(
    bench: &Bench,
    home: &Home<'_>,
    ours: &mut Account,
    others: &mut [(Account, Repository<'_>)],
) -> Outcome {
    let target = bench.disk.path().join("restored");
    let to = target.join("bench").display().to_string();
    renew(&target)?;
    ours.restore = taken(bench, &home.call(&["restore", "bench", "--to", &to]), Some(&target))?.cost.durable;
    for (account, repository) in others {
        renew(&target)?;
        account.restore = repository.restore(&target)?.cost.durable;
    }
    fs::remove_dir_all(&target).map_err(Failure::doing("remove what was restored"))
}

fn judge<'a>(rows: &mut Rows, days: u64, ours: &Account, others: impl Iterator<Item = &'a Account>) {
    let what = format!("{days} days, 1 % changed a day, 1 % added or removed in all");
    rows.note(&format!("{what}: {}", ours.name), ours.told());
    let part = |bytes: u64, of: u64| megabytes(bytes) / megabytes(of.max(1));
    let room = part(ours.all_bytes, ours.first_bytes);
    rows.at_most(&format!("{what}: room against the first archive"), room, 1.4, "");
    for other in others {
        rows.note(&format!("{what}: {}", other.name), other.told());
        let mut against = |what: &str, ours: f64, theirs: f64, most: f64| {
            rows.at_most(&format!("{what} against {}", other.name), ours / theirs, most, "");
        };
        for (place, run) in ["first run", "second run", "a day later"].into_iter().enumerate() {
            let time = |account: &Account| account.times.get(place).map_or(f64::NAN, Duration::as_secs_f64);
            against(run, time(ours), time(other), 1.0);
        }
        against("restore", ours.restore.as_secs_f64(), other.restore.as_secs_f64(), 1.0);
        if other.name == Other::Restic.name() {
            against("room at the end", megabytes(ours.all_bytes), megabytes(other.all_bytes), 1.3);
        }
    }
}

fn find(home: &Home<'_>, rows: &mut Rows) -> Outcome {
    let call = home.call(&["find", "file-000007.dat", "bench"]);
    let costs = (0..=RUNS).map(|_| measure::measured(&call, None)).collect::<Outcome<Vec<_>>>()?;
    let least = costs.iter().map(|cost| cost.wall.as_secs_f64()).fold(f64::INFINITY, f64::min);
    rows.at_most("`find` over all of these archives", least, 0.5, "s");
    Ok(())
}

/// Extracts each archive with each program, and compares the tree with what it was on its day.
fn extract_all(bench: &Bench, home: &Home<'_>, trees: &[Manifest], tree: &Path, rows: &mut Rows) -> Outcome {
    let archives = archives(&home.backups())?;
    if archives.len() != trees.len() {
        return Err(Failure::new(format!("{} runs have left {} archives", trees.len(), archives.len())));
    }
    let target = bench.disk.path().join("extracted");
    for (name, program) in [("GNU tar", "tar"), ("bsdtar", "bsdtar"), ("Python's tarfile", "python3")] {
        let mut wrong = None;
        for (manifest, archive) in trees.iter().zip(&archives) {
            renew(&target)?;
            extraction(program, archive, &target).read()?;
            let restored = target.join(tree.file_name().unwrap_or_default());
            let difference = manifest.difference(&Manifest::of(&restored)?);
            wrong = wrong.or(difference.map(|what| format!("{}: {what}", archive.display())));
            out::complain(&format!("{name}: {} extracted", archive.display()));
        }
        let told = wrong.clone().unwrap_or_else(|| format!("{} archives", archives.len()));
        rows.holds(&format!("each archive is the tree of its day, by {name}"), &told, wrong.is_none());
    }
    fs::remove_dir_all(&target).map_err(Failure::doing("remove what was extracted"))
}

fn extraction(program: &str, archive: &Path, target: &Path) -> Call {
    let [archive, target] = [archive, target].map(|path| path.display().to_string());
    if program == "python3" {
        Call::new(program).args(["-c".to_owned(), PYTHON.to_owned(), archive, target])
    } else {
        Call::new(program).args(["-xpf".to_owned(), archive, "-C".to_owned(), target])
    }
}

/// Returns the archives, the oldest first.
fn archives(backups: &Path) -> Outcome<Vec<PathBuf>> {
    let listed = || -> std::io::Result<Vec<_>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(backups)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "tar") {
                found.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        Ok(found)
    };
    let mut found = listed().map_err(Failure::doing(format!("list {}", backups.display())))?;
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn renew(folder: &Path) -> Outcome {
    let removed = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir(folder),
    };
    removed.map_err(Failure::doing(format!("empty {}", folder.display())))
}
