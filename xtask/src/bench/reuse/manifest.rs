//! What a tree holds, in a few bytes a file: enough to tell whether another is the same.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// Python's tarfile hands times on as floating-point numbers.
const SAME_TIME_NANOS: i128 = 1_000;

/// The entries of a tree by their paths in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest(BTreeMap<PathBuf, Entry>);

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: u32,
    modified_nanos: i128,
    /// Of files.
    contents: Option<(u64, u64)>,
}

impl Manifest {
    pub(super) fn of(tree: &Path) -> Outcome<Self> {
        let mut found = Self(BTreeMap::new());
        found.add(tree, Path::new("")).map_err(Failure::doing(format!("read {}", tree.display())))?;
        Ok(found)
    }

    fn add(&mut self, tree: &Path, below: &Path) -> io::Result<()> {
        let path = tree.join(below);
        let meta = fs::symlink_metadata(&path)?;
        let contents = if meta.is_file() { Some((meta.len(), digest(&path)?)) } else { None };
        let modified_nanos = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
        self.0.insert(below.to_owned(), Entry { mode: meta.mode(), modified_nanos, contents });
        if meta.is_dir() {
            for entry in fs::read_dir(&path)? {
                self.add(tree, &below.join(entry?.file_name()))?;
            }
        }
        Ok(())
    }

    /// Returns what differs first, if something does.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let missing = self.0.keys().find(|path| !other.0.contains_key(*path));
        let extra = other.0.keys().find(|path| !self.0.contains_key(*path));
        let changed =
            self.0.iter().find(|(path, entry)| other.0.get(*path).is_some_and(|other| !entry.is_like(other)));
        let told = [
            missing.map(|path| format!("no {}", path.display())),
            extra.map(|path| format!("{} besides", path.display())),
            changed.map(|(path, entry)| {
                format!("{} was {entry:?} and is {:?}", path.display(), other.0.get(path))
            }),
        ];
        told.into_iter().flatten().next()
    }
}

impl Entry {
    fn is_like(&self, other: &Self) -> bool {
        self.mode == other.mode
            && self.contents == other.contents
            && (self.modified_nanos - other.modified_nanos).abs() < SAME_TIME_NANOS
    }
}

/// A sum over words of eight bytes, in the manner of FNV: no enemy has chosen the bytes.
fn digest(path: &Path) -> io::Result<u64> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for word in bytes.chunks(8) {
        let mut whole = [0; 8];
        whole[..word.len()].copy_from_slice(word);
        sum = (sum ^ u64::from_le_bytes(whole)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl Fn(&Path), expected: Option<&str>) {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("a"), "contents").unwrap();
        fs::create_dir(tree.path().join("b")).unwrap();
        let before = Manifest::of(tree.path()).unwrap();
        let modified = fs::metadata(tree.path()).unwrap().modified().unwrap();
        change(tree.path());
        File::open(tree.path()).unwrap().set_modified(modified).unwrap();
        let difference = before.difference(&Manifest::of(tree.path()).unwrap());
        let first = difference.as_deref().map(|told| told.split(" was").next().unwrap_or_default());
        assert_eq!(first, expected);
    }

    #[test]
    fn whatever_differs_is_named() {
        let rewrite = |tree: &Path, text: &str| {
            let modified = fs::metadata(tree.join("a")).unwrap().modified().unwrap();
            fs::write(tree.join("a"), text).unwrap();
            File::options().write(true).open(tree.join("a")).unwrap().set_modified(modified).unwrap();
        };
        check(|_| (), None);
        check(|tree| rewrite(tree, "contents"), None);
        check(|tree| rewrite(tree, "c0ntents"), Some("a"));
        check(|tree| fs::remove_dir(tree.join("b")).unwrap(), Some("no b"));
        check(|tree| fs::write(tree.join("c"), "").unwrap(), Some("c besides"));
        check(|tree| fs::write(tree.join("a"), "contents").unwrap(), Some("a"));
    }
}
