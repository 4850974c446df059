//! An XFS in a file, which goes with this process however it ends.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use nix::sched::{CloneFlags, unshare};
use tempfile::TempDir;

use crate::bench::trees::Scale;
use crate::command::Call;
use crate::failure::{Failure, Outcome};

/// What begins the message where no disk can be had.
const NO_DISK: &str = "can't make a disk that shares blocks";

/// Of each statistic of a disk, the place of the sectors that were written, and how large these are.
const WRITTEN: usize = 6;
const SECTOR_BYTES: u64 = 512;

#[derive(Debug)]
pub(super) struct Disk {
    folder: TempDir,
    open: File,
    statistics: PathBuf,
}

impl Disk {
    /// Makes and mounts one. Only this thread, and the programs that it starts, see it. The file has no name once it is mounted, so
    /// nothing but an empty folder can stay behind.
    ///
    /// # Errors
    /// When this isn't root, `mkfs.xfs` is missing, or there is no loop device.
    pub(super) fn mount(dir: Option<&Path>, scale: Scale) -> Outcome<Self> {
        Self::try_mount(dir, scale).map_err(|failure| {
            Failure::new(format!("{NO_DISK}: {}", failure.message))
                .hint("run it as root, with loop devices and xfsprogs; `--dir DIR` makes it on another disk")
        })
    }

    fn try_mount(dir: Option<&Path>, scale: Scale) -> Outcome<Self> {
        unshare(CloneFlags::CLONE_NEWNS).map_err(Failure::doing("have mounts of its own"))?;
        Call::new("mount").args(["--make-rprivate", "/"]).read()?;
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("bench-reuse-");
        let folder = dir.map_or_else(|| builder.tempdir(), |dir| builder.tempdir_in(dir));
        let folder = folder.map_err(Failure::doing("make a temporary folder"))?;
        let (image, point) = (folder.path().join("image"), folder.path().join("disk"));
        let sized = File::create(&image).and_then(|file| file.set_len(bytes(scale)));
        sized.and_then(|()| fs::create_dir(&point)).map_err(Failure::doing("make an image"))?;
        let [image_text, point_text] = [&image, &point].map(|path| path.display().to_string());
        Call::new("mkfs.xfs").args(["-q", "-m", "reflink=1", &image_text]).read()?;
        Call::new("mount").args(["-o", "loop", &image_text, &point_text]).read()?;
        fs::remove_file(&image).map_err(Failure::doing("unlink the image"))?;
        let open = File::open(&point).map_err(Failure::doing("open the disk"))?;
        let statistics = statistics(&open)?;
        Ok(Self { folder, open, statistics })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Waits until nothing is to be written any more.
    pub(super) fn settle(&self) -> Outcome {
        rustix::fs::syncfs(&self.open).map_err(Failure::doing("write everything to the disk"))
    }

    /// Returns how many bytes of it are used, once all is written.
    pub(super) fn used_bytes(&self) -> Outcome<u64> {
        self.settle()?;
        let room = rustix::fs::fstatvfs(&self.open).map_err(Failure::doing("ask for the room"))?;
        Ok((room.f_blocks - room.f_bfree) * room.f_frsize)
    }

    /// Returns how many bytes were ever written to it, its own notes included, once all is written.
    pub(super) fn written_bytes(&self) -> Outcome<u64> {
        self.settle()?;
        let text =
            fs::read_to_string(&self.statistics).map_err(Failure::doing("read what the disk has written"))?;
        let sectors = text.split_ascii_whitespace().nth(WRITTEN).and_then(|word| word.parse::<u64>().ok());
        let sectors = sectors.ok_or_else(|| Failure::new(format!("the disk says {text:?}")))?;
        Ok(sectors * SECTOR_BYTES)
    }
}

impl Drop for Disk {
    /// Whatever goes wrong here, the mount goes with the process.
    fn drop(&mut self) {
        let _ = Call::new("umount").args(["-l".to_owned(), self.path().display().to_string()]).ask();
    }
}

/// The file is sparse.
fn bytes(scale: Scale) -> u64 {
    match scale {
        Scale::Full => 24 << 30,
        Scale::Quick => 2 << 30,
    }
}

fn statistics(open: &File) -> Outcome<PathBuf> {
    let device = rustix::fs::fstat(open).map_err(Failure::doing("ask for the disk"))?.st_dev;
    let [major, minor] = [rustix::fs::major(device), rustix::fs::minor(device)];
    Ok(format!("/sys/dev/block/{major}:{minor}/stat").into())
}
