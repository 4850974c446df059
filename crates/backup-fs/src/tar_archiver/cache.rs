//! The page cache: uses what is there, and leaves it as it was found.
//!
//! A backup reads everything once, and would push out what other programs live on. So what wasn't in memory before it
//! was read is dropped afterwards; what was there stays. And while files aren't in memory, the next ones are asked for
//! before their turn comes, so that the disk is never idle. All of this is advice: where a file system can't tell what
//! is in memory, nothing is asked for and nothing dropped, and the archive is the same either way.

use std::ffi::CStr;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};

use super::contents::SMALL_BYTES;
use super::disk::{Advice, Disk};
use super::meta::{Identity, Kind};

/// Returns true when reading there would have to wait for the disk.
fn is_absent(disk: &dyn Disk, file: BorrowedFd<'_>, offset: u64) -> bool {
    disk.read_in_memory(file, &mut [0], offset).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Has a small file that isn't in memory read beside other work. Returns which one, for it is to be dropped later.
pub(super) fn bring_in(disk: &dyn Disk, folder: BorrowedFd<'_>, name: &CStr) -> Option<Identity> {
    let seen = disk.stat(folder, name).ok()?;
    if seen.kind != Kind::File || seen.link_count > 1 || seen.size_bytes == 0 || seen.size_bytes > SMALL_BYTES
    {
        return None;
    }
    let file = disk.open(folder, name, Kind::File).ok()?;
    // Something that took its place must not be read from: it could be a tape.
    if !disk.stat_open(file.as_fd()).ok()?.is_same_entry(&seen) || !is_absent(disk, file.as_fd(), 0) {
        return None;
    }
    disk.advise(file.as_fd(), 0..seen.size_bytes, Advice::Soon);
    Some(seen.identity)
}

/// How much of a large file is kept or dropped at once, and asked for ahead.
const WINDOW_BYTES: u64 = 4 * 1024 * 1024;

/// How far apart the places are that tell whether a window is in memory.
const PROBE_STEP: usize = 1024 * 1024;

/// What reading a large file from front to back does to the cache.
///
/// Each window is looked at while the one before it is read: later, the kernel's own reading ahead would have changed it.
pub(super) struct Footprint<'a> {
    disk: &'a dyn Disk,
    file: BorrowedFd<'a>,
    end: u64,
    /// The window being read, and whether it is to be dropped.
    window: u64,
    is_new: bool,
    is_next_new: bool,
}

impl<'a> Footprint<'a> {
    /// Returns the footprint of nothing read so far, in a file that will be read from `start` to `end`.
    pub(super) fn new(disk: &'a dyn Disk, file: BorrowedFd<'a>, start: u64, end: u64) -> Self {
        let window = start / WINDOW_BYTES;
        let mut footprint = Self { disk, file, end, window, is_new: false, is_next_new: false };
        footprint.is_new = footprint.ask_for(window);
        footprint.is_next_new = footprint.ask_for(window + 1);
        footprint
    }

    /// Hears that the file is read at that offset next.
    pub(super) fn reach(&mut self, offset: u64) {
        let window = offset / WINDOW_BYTES;
        if window == self.window {
            return;
        }
        self.leave();
        self.is_new = if window == self.window + 1 { self.is_next_new } else { self.ask_for(window) };
        self.is_next_new = self.ask_for(window + 1);
        self.window = window;
    }

    /// Drops the window that was read.
    fn leave(&mut self) {
        if std::mem::take(&mut self.is_new) {
            let start = self.window * WINDOW_BYTES;
            self.disk.advise(self.file, start..start + WINDOW_BYTES, Advice::Never);
        }
    }

    /// Returns true for a window of which nothing is in memory, and has it read beside other work.
    fn ask_for(&self, window: u64) -> bool {
        let start = window * WINDOW_BYTES;
        let end = (start + WINDOW_BYTES).min(self.end);
        let mut probes = (start..end).step_by(PROBE_STEP);
        let is_new = start < end && probes.all(|offset| is_absent(self.disk, self.file, offset));
        if is_new {
            self.disk.advise(self.file, start..end, Advice::Soon);
        }
        is_new
    }
}

impl Drop for Footprint<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
