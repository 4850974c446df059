//! A temporary file that shows what the disk of a folder does with owners, modes and times.
//!
//! Some disks give all files one owner or one mode, or round times, and report success. So a trial sets something on a
//! file and looks at the result. The file is new and held by its descriptor, so nobody can have put another one in its
//! place. It has no name if the disk supports that, and else a temporary name for a moment.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, Stat, Timespec, Uid, fchmod, fchown, fstat, futimens, openat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use super::temp_name::temporary_name;
use crate::posix::metadata::{Metadata, modified};
use crate::posix::set_metadata::{AlreadySet, EntryHandle};

/// A file on which settings are tried out.
#[derive(Debug)]
pub(super) struct Trial<'f> {
    file: OwnedFd,
    /// The metadata of the new file.
    made: Stat,
    /// If it has a name: its folder, the name, and the earlier metadata of the folder.
    named: Option<(BorrowedFd<'f>, CString, Stat)>,
}

/// What a disk does with owners and modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits {
    /// The owner that it shows for a file of this process.
    pub(super) owner: u32,
    pub(super) keeps_modes: bool,
}

const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);
const SET_ID: u32 = 0o6000;

/// Times between these, in seconds since 1970, are kept by most disks.
const FIRST: i64 = -2_000_000_000;
const LAST: i64 = 4_000_000_000;

impl<'f> Trial<'f> {
    pub(super) fn start(folder: BorrowedFd<'f>) -> Result<Self, Errno> {
        let flags = OFlags::RDWR | OFlags::EXCL | OFlags::CLOEXEC;
        if let Ok(file) = openat(folder, c".", flags | OFlags::TMPFILE, PRIVATE) {
            return Ok(Self { made: fstat(&file)?, file, named: None });
        }
        let before = fstat(folder)?;
        // No entry has this name.
        let name = temporary_name(c".");
        let _ = unlinkat(folder, &name, AtFlags::empty());
        let file = openat(folder, &name, flags | OFlags::CREATE | OFlags::NOFOLLOW, PRIVATE)?;
        let named = Some((folder, name, before));
        Ok(Self { made: fstat(&file)?, file, named })
    }

    /// Determines what the disk does with owners and modes.
    pub(super) fn traits(&self) -> Traits {
        // Two modes, because one of them may be the mode that the disk gives to all files.
        let keeps_modes = [0o640, 0o600].into_iter().all(|mode| self.keeps_mode(mode));
        Traits { owner: self.made.st_uid, keeps_modes }
    }

    /// Returns whether the disk keeps owners, modes, and times with their nanoseconds.
    pub(super) fn is_exact(&self) -> bool {
        let time = |tv_sec| Timespec { tv_sec, tv_nsec: 123_456_789 };
        let metadata =
            [(0o751, FIRST + 1), (0o426, LAST - 1)].map(|(mode, at)| Metadata::bare(mode, time(at)));
        let keeps =
            |metadata: &Metadata| self.shows(metadata).is_some_and(|shown| metadata.is_met_by(&shown));
        self.made.st_uid == geteuid().as_raw() && metadata.iter().all(keeps) && self.keeps_owner()
    }

    /// Returns whether [`is_exact`](Self::is_exact) covers this time.
    pub(super) fn is_tried(metadata: &Metadata) -> bool {
        (FIRST..LAST).contains(&metadata.modified.tv_sec)
    }

    /// Sets owner, mode and time, and returns the metadata that the disk then shows.
    ///
    /// Returns `None` for setuid or setgid on a file that others can reach by its name: they could have written a
    /// program to it.
    pub(super) fn shows(&self, metadata: &Metadata) -> Option<Stat> {
        if self.named.is_some() && metadata.mode & SET_ID != 0 {
            return None;
        }
        EntryHandle::Open(self.file.as_fd())
            .set(&metadata.plain(), AlreadySet { lists: true, ..AlreadySet::default() });
        fstat(&self.file).ok()
    }

    fn keeps_mode(&self, mode: u32) -> bool {
        let _ = fchmod(&self.file, Mode::from_raw_mode(mode));
        fstat(&self.file).is_ok_and(|stat| stat.st_mode & 0o7777 == mode)
    }

    /// Returns whether the disk keeps owners. Root tries another owner. Other users can only set their own.
    fn keeps_owner(&self) -> bool {
        let other = (Uid::from_raw(1), Gid::from_raw(1));
        let owner = if geteuid().is_root() { other } else { (geteuid(), getegid()) };
        let _ = fchown(&self.file, Some(owner.0), Some(owner.1));
        fstat(&self.file).is_ok_and(|stat| (stat.st_uid, stat.st_gid) == (owner.0.as_raw(), owner.1.as_raw()))
    }
}

impl Drop for Trial<'_> {
    /// Removes the file and restores the time of the folder.
    fn drop(&mut self) {
        if let Some((folder, name, before)) = &self.named {
            let _ = unlinkat(folder, name, AtFlags::empty());
            let time = Metadata::bare(before.st_mode, modified(before)).both_times(before);
            let _ = futimens(folder, &time);
        }
    }
}
