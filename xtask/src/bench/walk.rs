//! Going through a whole tree: to count it, and to bring it into the page cache.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

const BLOCK_BYTES: usize = 1 << 20;

/// How much there is in a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    pub(crate) files: u64,
    /// The root counts too.
    pub(crate) folders: u64,
    pub(crate) bytes: u64,
}

/// One regular file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

/// Reads every file to its end, so that the page cache holds it as far as there is room.
pub(crate) fn warm(root: &Path) -> Outcome<Footprint> {
    let mut footprint = Footprint::default();
    let mut block = vec![0; BLOCK_BYTES];
    let warmed = visit(root, &mut footprint, &mut |found| {
        if found.bytes > 0 {
            let mut file = File::open(&found.path)?;
            while file.read(&mut block)? > 0 {}
        }
        Ok(())
    });
    warmed.map_err(Failure::doing(format!("read {}", root.display())))?;
    Ok(footprint)
}

pub(crate) fn files(root: &Path) -> Outcome<Vec<Found>> {
    let mut files = Vec::new();
    let visited = visit(root, &mut Footprint::default(), &mut |found| {
        files.push(found);
        Ok(())
    });
    visited.map_err(Failure::doing(format!("list {}", root.display())))?;
    Ok(files)
}

fn visit(
    root: &Path,
    footprint: &mut Footprint,
    each: &mut dyn FnMut(Found) -> io::Result<()>,
) -> io::Result<()> {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        footprint.folders += 1;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.is_file() {
                footprint.files += 1;
                footprint.bytes += meta.len();
                each(Found { path: entry.path(), bytes: meta.len() })?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_counted_to_its_leaves() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::write(root.path().join("a/one"), "12345").unwrap();
        fs::write(root.path().join("a/b/empty"), "").unwrap();
        assert_eq!(warm(root.path()), Ok(Footprint { files: 2, folders: 3, bytes: 5 }));
        let mut sizes: Vec<_> = files(root.path()).unwrap().iter().map(|found| found.bytes).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [0, 5]);
    }
}
