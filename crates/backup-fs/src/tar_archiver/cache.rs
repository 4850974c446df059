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

/// Returns whether reading there would have to wait for the disk; `None` where that can't be told.
fn is_absent(disk: &dyn Disk, file: BorrowedFd<'_>, offset: u64) -> Option<bool> {
    match disk.read_in_memory(file, &mut [0], offset) {
        Ok(_) => Some(false),
        Err(error) => (error.kind() == ErrorKind::WouldBlock).then_some(true),
    }
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
    if !disk.stat_open(file.as_fd()).ok()?.is_same_entry(&seen) || !is_absent(disk, file.as_fd(), 0)? {
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
/// Each window is looked at, and asked for where it is new, while the one before it is read. The kernel's own reading
/// ahead is turned off: it would bring in the next windows, by many MiB, before they were looked at.
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
        disk.advise(file, start..end, Advice::NothingElse);
        let window = start / WINDOW_BYTES;
        let mut footprint = Self { disk, file, end, window, is_new: false, is_next_new: false };
        footprint.is_new = footprint.ask_for(window);
        if !footprint.is_new && is_absent(disk, file, start).is_none() {
            // Then nobody but the kernel can read ahead.
            disk.advise(file, start..end, Advice::AsUsual);
        }
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
        let is_new =
            start < end && probes.all(|offset| is_absent(self.disk, self.file, offset) == Some(true));
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

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::{self, Read, Seek, SeekFrom};
    use std::path::Path;

    use backup_core::ports::{PackRequest, SilentProgress};
    use backup_core::selection::Selection;

    use super::super::TarArchiver;
    use super::super::disk::System;
    use super::*;

    /// Makes a file of which nothing is in memory.
    fn write_cold(path: &Path, size: usize) {
        fs::write(path, vec![1; size]).unwrap();
        let file = File::open(path).unwrap();
        file.sync_all().unwrap();
        System.advise(file.as_fd(), 0..size as u64, Advice::Never);
    }

    /// Returns true where a file can be dropped from memory, and this can be told. The look itself brings it back.
    fn can_be_cold(folder: &Path) -> bool {
        let path = folder.join("probe");
        write_cold(&path, 4096);
        let is_cold = is_cold(&path, 0);
        fs::remove_file(path).unwrap();
        if !is_cold {
            println!("skipped: this file system keeps all in memory, or doesn't tell");
        }
        is_cold
    }

    fn is_cold(path: &Path, offset: u64) -> bool {
        is_absent(&System, File::open(path).unwrap().as_fd(), offset) == Some(true)
    }

    fn warm(path: &Path, window: u64) {
        let mut file = File::open(path).unwrap();
        // Nothing but what is read: no reading ahead.
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Random).unwrap();
        file.seek(SeekFrom::Start(window * WINDOW_BYTES)).unwrap();
        io::copy(&mut file.take(WINDOW_BYTES), &mut io::sink()).unwrap();
    }

    fn pack(source: &Path) {
        let selection = Selection::default();
        let request = PackRequest { source, selection: &selection };
        let archiver = TarArchiver::default();
        archiver.pack_from(&System, &request, &mut io::sink(), &SilentProgress).unwrap();
    }

    #[test]
    fn leaves_a_large_file_as_it_was_in_memory() {
        let home = tempfile::tempdir_in(".").unwrap();
        let path = home.path().join("large");
        if !can_be_cold(home.path()) {
            return;
        }
        write_cold(&path, 5 * 4 * 1024 * 1024 + 1);
        warm(&path, 2);
        pack(home.path());
        let middle = WINDOW_BYTES / 2 + 4096;
        let cold: Vec<_> = (0..5).filter(|window| is_cold(&path, window * WINDOW_BYTES + middle)).collect();
        assert_eq!(cold, [0, 1, 3, 4]);
    }

    #[test]
    fn leaves_small_files_as_they_were_in_memory() {
        let home = tempfile::tempdir_in(".").unwrap();
        let paths: Vec<_> = (0..100).map(|at| home.path().join(format!("{at:03}"))).collect();
        if !can_be_cold(home.path()) {
            return;
        }
        for path in &paths {
            write_cold(path, 20_000);
        }
        let is_hot = |at: usize| at % 10 == 3;
        for (_, path) in paths.iter().enumerate().filter(|(at, _)| is_hot(*at)) {
            fs::read(path).unwrap();
        }
        pack(home.path());
        for (at, path) in paths.iter().enumerate() {
            assert_eq!(is_cold(path, 0), !is_hot(at), "{at}");
        }
    }
}
