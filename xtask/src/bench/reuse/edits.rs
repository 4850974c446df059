//! What becomes of a tree from one day to the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::bench::random::Random;
use crate::bench::sizes;
use crate::bench::walk;
use crate::failure::{Failure, Outcome};

/// What was edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edited {
    pub(super) files: u64,
    /// Of the files that were written.
    pub(super) bytes: u64,
}

/// Writes other noise of the same size into one file of a hundred.
pub(super) fn change(tree: &Path, random: &mut Random) -> Outcome<Edited> {
    let mut files = files(tree)?;
    let count = (files.len() / 100).max(1);
    let mut edited = Edited::default();
    let mut edit = || -> io::Result<()> {
        for _ in 0..count {
            let path = draw(&mut files, random);
            let bytes = fs::metadata(&path)?.len();
            fs::write(&path, noise(random, bytes))?;
            edited.add(bytes);
        }
        Ok(())
    };
    edit().map_err(Failure::doing(format!("change {}", tree.display())))?;
    Ok(edited)
}

/// Adds so many files, and removes as many.
pub(super) fn come_and_go(tree: &Path, day: u64, pairs: u64, random: &mut Random) -> Outcome<Edited> {
    let mut files = files(tree)?;
    let mut edited = Edited::default();
    let mut edit = || -> io::Result<()> {
        for number in 0..pairs {
            let old = draw(&mut files, random);
            fs::remove_file(&old)?;
            let bytes = sizes::file_bytes(random);
            let beside = draw(&mut files, random);
            fs::write(beside.with_file_name(format!("new-{day}-{number}")), noise(random, bytes))?;
            edited.add(bytes);
        }
        Ok(())
    };
    edit().map_err(Failure::doing(format!("change {}", tree.display())))?;
    Ok(edited)
}

impl Edited {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Returns all files, in an order that is the same on every machine.
fn files(tree: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files: Vec<_> = walk::files(tree)?.into_iter().map(|found| found.path).collect();
    files.sort();
    Ok(files)
}

fn draw(files: &mut Vec<PathBuf>, random: &mut Random) -> PathBuf {
    let place = random.below(files.len() as u64);
    files.swap_remove(usize::try_from(place).unwrap_or(0))
}

fn noise(random: &mut Random, bytes: u64) -> Vec<u8> {
    let count = usize::try_from(bytes).unwrap_or(usize::MAX);
    let words = std::iter::repeat_with(|| random.next().to_le_bytes()).take(count.div_ceil(8));
    let mut bytes = words.collect::<Vec<_>>().into_flattened();
    bytes.truncate(count);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_of_a_hundred_changes_and_keeps_its_size() {
        let tree = tempfile::tempdir().unwrap();
        (0..200).for_each(|number| fs::write(tree.path().join(number.to_string()), "seven b").unwrap());
        let mut random = Random::seeded(1);
        assert_eq!(change(tree.path(), &mut random), Ok(Edited { files: 2, bytes: 14 }));
        let same = |file: &PathBuf| fs::read(file).unwrap() == b"seven b";
        assert_eq!(files(tree.path()).unwrap().iter().filter(|file| same(file)).count(), 198);
        assert_eq!(come_and_go(tree.path(), 1, 3, &mut random).unwrap().files, 3);
        assert_eq!(files(tree.path()).unwrap().len(), 200);
    }
}
