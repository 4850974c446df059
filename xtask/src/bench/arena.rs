//! The folder in which everything happens: the kept trees, and the place of the archives, which is empty before each run.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{self, Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// Left free for everybody else.
const SPARE_BYTES: u64 = 256 << 20;

/// Trees and archives on one file system, held by one caller at a time. The archives go when it is dropped.
#[derive(Debug)]
pub(crate) struct Arena {
    trees: PathBuf,
    output: PathBuf,
    lock: File,
}

impl Arena {
    pub(crate) fn open(dir: &Path) -> Outcome<Self> {
        let open = || -> io::Result<(PathBuf, File)> {
            let dir = path::absolute(dir)?;
            fs::create_dir_all(dir.join("bench-trees"))?;
            let lock = File::create(dir.join("bench-lock"))?;
            Ok((dir, lock))
        };
        let (dir, lock) = open().map_err(Failure::doing(format!("use {}", dir.display())))?;
        hold(&lock, &dir)?;
        Ok(Self { trees: dir.join("bench-trees"), output: dir.join("bench-output"), lock })
    }

    pub(crate) fn trees(&self) -> &Path {
        &self.trees
    }

    /// Returns the folder for archives, empty, once the disk has nothing more to write.
    pub(crate) fn fresh_output(&self) -> Outcome<&Path> {
        let renew = || -> io::Result<()> {
            remove(&self.output)?;
            fs::create_dir(&self.output)?;
            Ok(rustix::fs::syncfs(&self.lock)?)
        };
        renew().map_err(Failure::doing(format!("empty {}", self.output.display())))?;
        Ok(&self.output)
    }

    /// Waits until the disk has nothing more to write.
    pub(crate) fn settle(&self) -> Outcome {
        rustix::fs::syncfs(&self.lock).map_err(Failure::doing("write everything to the disk"))
    }

    /// Fails when the disk has no room for so much more.
    pub(crate) fn require_room(&self, bytes: u64, files: u64) -> Outcome {
        let free = rustix::fs::statvfs(&self.trees)
            .map_err(Failure::doing(format!("ask for the room in {}", self.trees.display())))?;
        let room =
            Room { bytes: free.f_bavail * free.f_frsize, files: (free.f_files > 0).then_some(free.f_favail) };
        room.require(bytes + SPARE_BYTES, files).map_err(|failure| {
            Failure::new(format!("{} in {}", failure, self.trees.display()))
                .hint("name a folder on a larger disk with `--dir DIR`")
        })
    }

    /// Removes the trees of earlier calls.
    pub(crate) fn clean(&self) -> Outcome {
        remove(&self.trees).map_err(Failure::doing(format!("remove {}", self.trees.display())))
    }
}

impl Drop for Arena {
    /// What can't be removed now is removed by the next call, which empties the folder before its first run.
    fn drop(&mut self) {
        let _ = remove(&self.output);
    }
}

/// What a disk has left. Not every file system counts its files.
struct Room {
    bytes: u64,
    files: Option<u64>,
}

impl Room {
    fn require(&self, bytes: u64, files: u64) -> Result<(), String> {
        if self.bytes < bytes {
            let [needed, free] = [bytes, self.bytes].map(|bytes| bytes.div_ceil(1_000_000));
            return Err(format!("{needed} MB are needed and {free} MB are free"));
        }
        match self.files {
            Some(free) if free < files => {
                Err(format!("{files} files are to be made and there is room for {free}"))
            }
            _ => Ok(()),
        }
    }
}

fn hold(lock: &File, dir: &Path) -> Outcome {
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Failure::new(format!("another bench is at work in {}", dir.display())),
        TryLockError::Error(cause) => Failure::new(format!("can't lock {}: {cause}", dir.display())),
    })
}

fn remove(folder: &Path) -> io::Result<()> {
    let gone = |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) };
    fs::remove_dir_all(folder).or_else(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_bench_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Arena::open(folder.path()).unwrap();
        let failure = Arena::open(folder.path()).unwrap_err();
        assert!(failure.message.starts_with("another bench is at work in "), "{failure:?}");
        drop(first);
        assert!(Arena::open(folder.path()).is_ok());
    }

    #[test]
    fn archives_are_gone_before_the_next_run_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let arena = Arena::open(folder.path()).unwrap();
        let archive = arena.fresh_output().unwrap().join("a.tar");
        fs::write(&archive, "1").unwrap();
        arena.fresh_output().unwrap();
        assert!(!archive.exists());
        drop(arena);
        assert!(!archive.parent().unwrap().exists());
    }

    #[test]
    fn only_what_was_made_here_is_cleaned_away() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        fs::write(&kept, "").unwrap();
        let arena = Arena::open(folder.path()).unwrap();
        arena.clean().unwrap();
        assert!(kept.exists() && !arena.trees().exists());
    }

    #[test]
    fn too_little_room_is_reported_in_numbers() {
        let room = Room { bytes: 5_000_000, files: Some(10) };
        assert_eq!(room.require(5_000_000, 10), Ok(()));
        assert_eq!(room.require(5_000_001, 0).unwrap_err(), "6 MB are needed and 5 MB are free");
        assert_eq!(room.require(0, 11).unwrap_err(), "11 files are to be made and there is room for 10");
        assert_eq!(Room { bytes: 0, files: None }.require(0, 11), Ok(()));
    }
}
