//! A file system in a file, whose power can be cut.

use std::fs::{self, File};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};

use crate::tool::run_tool;

/// How often a disk that is busy is asked to go, and how long between.
const MOST_UNMOUNTS: usize = 100;
const UNMOUNT_PAUSE: Duration = Duration::from_millis(20);

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
    pub(crate) const ALL: &[Self] = &[Self::Ext4, Self::Xfs];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// As small as it can be made, with room for three archives.
    fn image_bytes(self) -> u64 {
        match self {
            Self::Ext4 => 64 << 20,
            Self::Xfs => 320 << 20,
        }
    }

    fn make(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Ext4 => ("mkfs.ext4", &["-q", "-F"]),
            Self::Xfs => ("mkfs.xfs", &["-q", "-f"]),
        }
    }

    /// The journal is never written out just because time went by.
    fn options(self) -> &'static str {
        match self {
            Self::Ext4 => "loop,data=writeback,noauto_da_alloc,commit=300",
            Self::Xfs => "loop",
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

    /// Finds out whether all that is needed works here.
    ///
    /// # Errors
    /// What doesn't.
    pub(crate) fn probe(folder: &Path, kind: FileSystem) -> Result<(), String> {
        run_tool("strace", ["-V"])?;
        let (image, point) = (folder.join("probe.img"), folder.join("probe"));
        fs::create_dir_all(&point).map_err(|error| format!("{}: {error}", point.display()))?;
        let disk = Self::format(&image, kind)?;
        disk.mount(&point)?.cut_power(Journal::Lost)?;
        disk.mount(&point)?.unmount()?;
        fs::remove_file(&image).map_err(|error| format!("{}: {error}", image.display()))
    }

    /// Returns another with the same bytes.
    pub(crate) fn copy(&self, image: &Path) -> Result<Self, String> {
        run_tool("cp", [Path::new("--sparse=always"), &self.image, image])?;
        Ok(Self { kind: self.kind, image: image.to_owned() })
    }

    /// Mounts it; after a cut this plays the journal back.
    pub(crate) fn mount(&self, point: &Path) -> Result<Mounted, String> {
        run_tool("mount", [Path::new("-o"), Path::new(self.kind.options()), &self.image, point])?;
        Ok(Mounted { point: point.to_owned(), is_mounted: true })
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

    /// Writes all to the disk and lets it go. A process that was just forked by another test, and has not become its
    /// program yet, may still have a file of the disk open.
    pub(crate) fn unmount(mut self) -> Result<(), String> {
        let mut tries = 1..=MOST_UNMOUNTS;
        while let Err(error) = run_tool("umount", [&self.point]) {
            if tries.next().is_none() || !error.contains("busy") {
                return Err(error);
            }
            thread::sleep(UNMOUNT_PAUSE);
        }
        self.is_mounted = false;
        Ok(())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.is_mounted {
            // Best effort: the mounts go with the process anyway.
            let _ = run_tool("umount", [Path::new("-l"), &self.point]);
        }
    }
}
