//! Disks of several kinds, for the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use backup_core::testing::skipped;
use fiemap::{Fiemap, FiemapExtentFlags, FiemapFlags};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use tempfile::TempDir;

/// A kind of disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Xfs,
    /// As it was made before it could share blocks.
    XfsWithoutReflinks,
    Btrfs,
    Ext4,
}

/// An empty disk in a file, mounted where only this thread, and the threads and programs that it starts, see it.
#[derive(Debug)]
pub(crate) struct TestDisk {
    home: TempDir,
}

impl TestDisk {
    /// Makes a disk. Says so, and returns `None`, where this user may not mount, or the programs for it are missing.
    pub(crate) fn mount(kind: Kind) -> Option<Self> {
        match Self::try_mount(kind) {
            Ok(disk) => Some(disk),
            Err(why) => {
                skipped(format_args!("{kind:?} can't be mounted: {why}"));
                None
            }
        }
    }

    fn try_mount(kind: Kind) -> Result<Self, String> {
        unshare(CloneFlags::CLONE_NEWNS).map_err(|error| error.to_string())?;
        let (private, none) = (MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>);
        mount(none, "/", none, private, none).map_err(|error| error.to_string())?;
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (image, point) = (home.path().join("image"), home.path().join("disk"));
        File::create(&image)
            .and_then(|image| image.set_len(kind.bytes()))
            .map_err(|error| error.to_string())?;
        fs::create_dir(&point).map_err(|error| error.to_string())?;
        let [image, point] = [&image, &point].map(|path| path.to_str().unwrap());
        let (program, options, mount_options) = kind.make();
        run(program, &[options, &[image]].concat())?;
        run("mount", &["-o", mount_options, image, point])?;
        let disk = Self { home };
        // ext4 begins with a folder for what a check finds.
        let _ = fs::remove_dir(disk.path().join("lost+found"));
        Ok(disk)
    }

    /// Returns the path of its root.
    pub(crate) fn path(&self) -> PathBuf {
        self.home.path().join("disk")
    }

    /// Returns the names in its root, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Kind {
    /// As small as it can be made.
    fn bytes(self) -> u64 {
        match self {
            Self::Xfs | Self::XfsWithoutReflinks => 320 << 20,
            Self::Btrfs => 256 << 20,
            Self::Ext4 => 64 << 20,
        }
    }

    /// The program that makes it, its options, and those of the mount.
    fn make(self) -> (&'static str, &'static [&'static str], &'static str) {
        match self {
            Self::Xfs => ("mkfs.xfs", &["-q", "-f", "-m", "reflink=1"], "loop"),
            Self::XfsWithoutReflinks => ("mkfs.xfs", &["-q", "-f", "-m", "reflink=0"], "loop"),
            Self::Btrfs => ("mkfs.btrfs", &["-q", "-f"], "loop"),
            Self::Ext4 => ("mkfs.ext4", &["-q", "-F"], "loop"),
        }
    }
}

impl Drop for TestDisk {
    /// Lets it go at once, even if another test is starting a program that has a file of it open for a moment.
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let ended =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if ended.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&ended.stderr).trim()))
}

/// Returns a folder in memory. Says so, and returns `None`, where there is none.
pub(crate) fn in_memory() -> Option<TempDir> {
    let folder = tempfile::tempdir_in("/dev/shm");
    if let Err(error) = &folder {
        skipped(format_args!("/dev/shm: {error}"));
    }
    folder.ok()
}

/// Returns bytes that no file system compresses to nothing, the same for the same seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Writes a file, with its bytes on the disk, and opens it for reading.
pub(crate) fn file_of(path: &Path, bytes: &[u8]) -> File {
    fs::write(path, bytes).unwrap();
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    file
}

/// Returns how many bytes of a file other files have as well, or `None` if its file system can't tell.
pub(crate) fn shared_bytes_of(file: &File) -> Option<u64> {
    let extents = Fiemap::with_flags(file, FiemapFlags::SYNC).collect::<Result<Vec<_>, _>>().ok()?;
    let shared = extents.iter().filter(|extent| extent.fe_flags.contains(FiemapExtentFlags::SHARED));
    Some(shared.map(|extent| extent.fe_length).sum())
}
