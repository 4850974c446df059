//! A file system in a file, whose power can be cut.

use std::fs::{self, File};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};

use crate::tool::run_tool;

/// How often a disk that is busy is asked to come or to go, and how long between.
const MOST_TRIES: usize = 500;
const PAUSE: Duration = Duration::from_millis(20);

/// What the tools say of a disk that will be free in a moment: somebody else has just taken the loop device, or has it still
/// open to look at it, or a process that was just forked has a file of the disk open until it becomes its program.
const BUSY: [&str; 3] = ["busy", "loop device", "temporarily unavailable"];

/// Does something in a thread with mounts of its own. What is mounted is seen by that thread and its children alone, and goes
/// with them however they end.
///
/// # Errors
/// When nothing may be mounted here.
pub(crate) fn secluded<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    let seclude = || {
        unshare(CloneFlags::CLONE_NEWNS).map_err(|error| format!("may not mount anything here: {error}"))?;
        run_tool("mount", ["--make-rprivate", "/"]).map(drop)
    };
    thread::scope(|scope| {
        let thread = scope.spawn(|| seclude().map(|()| work()));
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// A kind of file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSystem {
    /// In its most careless mode: data and journal know nothing of each other, and nothing is saved behind our back.
    Ext4,
    /// As it comes.
    Xfs,
    /// As it comes. Its power can't be cut.
    Btrfs,
}

/// What becomes of the journal when the power is cut. What is only in memory is lost in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journal {
    /// It has just been written out: names and sizes are newer than the data.
    Flushed,
    /// What wasn't synced is lost.
    Lost,
}

impl Journal {
    pub(crate) const ALL: [Self; 2] = [Self::Flushed, Self::Lost];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flushed => "flushed",
            Self::Lost => "lost",
        }
    }

    fn shutdown(self) -> &'static str {
        match self {
            Self::Flushed => "shutdown -f",
            Self::Lost => "shutdown",
        }
    }
}

impl FileSystem {
    /// Those whose power can be cut.
    pub(crate) const ALL: &[Self] = &[Self::Ext4, Self::Xfs];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
        }
    }

    /// As small as it can be made, with room for three archives.
    fn image_bytes(self) -> u64 {
        match self {
            Self::Ext4 => 64 << 20,
            Self::Xfs => 320 << 20,
            Self::Btrfs => 256 << 20,
        }
    }

    fn make(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Ext4 => ("mkfs.ext4", &["-q", "-F"]),
            Self::Xfs => ("mkfs.xfs", &["-q", "-f"]),
            Self::Btrfs => ("mkfs.btrfs", &["-q", "-f"]),
        }
    }

    /// The journal is never written out just because time went by.
    fn options(self) -> &'static str {
        match self {
            Self::Ext4 => "loop,data=writeback,noauto_da_alloc,commit=300",
            Self::Xfs | Self::Btrfs => "loop",
        }
    }
}

/// A file system in a file.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    kind: FileSystem,
    image: PathBuf,
}

impl Disk {
    /// Makes an empty one.
    pub(crate) fn format(image: &Path, kind: FileSystem) -> Result<Self, String> {
        let sized = File::create(image).and_then(|file| file.set_len(kind.image_bytes()));
        sized.map_err(|error| format!("{}: {error}", image.display()))?;
        let (program, args) = kind.make();
        run_tool(program, args.iter().map(Path::new).chain([image]))?;
        Ok(Self { kind, image: image.to_owned() })
    }

    /// Finds out whether all that a power cut needs works here.
    ///
    /// # Errors
    /// What doesn't.
    pub(crate) fn probe(folder: &Path, kind: FileSystem) -> Result<(), String> {
        run_tool("strace", ["-V"])?;
        Self::probe_with(folder, kind, |disk, point| disk.mount(point)?.cut_power(Journal::Lost))
    }

    /// Finds out whether such a disk can be made and mounted here.
    ///
    /// # Errors
    /// What can't be done.
    pub(crate) fn probe_mount(folder: &Path, kind: FileSystem) -> Result<(), String> {
        Self::probe_with(folder, kind, |_, _| Ok(()))
    }

    fn probe_with(
        folder: &Path,
        kind: FileSystem,
        first: impl FnOnce(&Self, &Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let (image, point) = (folder.join("probe.img"), folder.join("probe"));
        fs::create_dir_all(&point).map_err(|error| format!("{}: {error}", point.display()))?;
        let disk = Self::format(&image, kind)?;
        first(&disk, &point)?;
        disk.mount(&point)?.unmount()?;
        disk.remove()
    }

    /// Returns another with the same bytes.
    pub(crate) fn copy(&self, image: &Path) -> Result<Self, String> {
        run_tool("cp", [Path::new("--sparse=always"), &self.image, image])?;
        Ok(Self { kind: self.kind, image: image.to_owned() })
    }

    /// Mounts it; after a cut this plays the journal back.
    pub(crate) fn mount(&self, point: &Path) -> Result<Mounted, String> {
        until_free("mount", [Path::new("-o"), Path::new(self.kind.options()), &self.image, point])?;
        Ok(Mounted { point: point.to_owned(), is_mounted: true })
    }

    /// Removes it.
    pub(crate) fn remove(self) -> Result<(), String> {
        fs::remove_file(&self.image).map_err(|error| format!("{}: {error}", self.image.display()))
    }
}

/// A disk, or memory, at its place. Dropped, it is let go.
#[derive(Debug)]
pub(crate) struct Mounted {
    point: PathBuf,
    is_mounted: bool,
}

impl Mounted {
    /// Mounts memory: a disk that never waits, and goes with the last process that sees it.
    pub(crate) fn memory(point: &Path) -> Result<Self, String> {
        let words = ["-t", "tmpfs", "-o", "size=1g,mode=0700", "power"].map(Path::new);
        run_tool("mount", words.into_iter().chain([point]))?;
        Ok(Self { point: point.to_owned(), is_mounted: true })
    }

    /// Takes all power from it: nothing that is only in memory gets to the disk any more.
    pub(crate) fn cut_power(self, journal: Journal) -> Result<(), String> {
        run_tool("xfs_io", [Path::new("-x"), Path::new("-c"), Path::new(journal.shutdown()), &self.point])?;
        self.unmount()
    }

    /// Writes all to the disk and lets it go.
    pub(crate) fn unmount(mut self) -> Result<(), String> {
        until_free("umount", [self.point.as_path()])?;
        self.is_mounted = false;
        Ok(())
    }
}

/// Runs a tool until the disk is free.
fn until_free<const N: usize>(tool: &str, words: [&Path; N]) -> Result<(), String> {
    let mut tries = 1..MOST_TRIES;
    while let Err(error) = run_tool(tool, words) {
        if tries.next().is_none() || !BUSY.iter().any(|word| error.contains(word)) {
            return Err(error);
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.is_mounted {
            // Best effort: the mounts go with the process anyway.
            let _ = run_tool("umount", [Path::new("-l"), &self.point]);
        }
    }
}
