//! The page cache: uses what is there, and leaves it as it was found.
//!
//! A backup reads everything once, and would push out what other programs live on. So what wasn't in memory before it
//! was read is dropped afterwards; what was there stays. And while files aren't in memory, the next ones are asked for
//! before their turn comes, so that the disk is never idle. All of this is advice: where a file system can't tell what
//! is in memory, nothing is asked for and nothing dropped, and the archive is the same either way.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::io::ErrorKind;
use std::ops::Range;
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

/// How many windows are looked at before their turn. The kernel reads ahead, too, once it was told to by another
/// program's reading, and by as much as 8 MiB twice; what is looked at must not be its work.
const WINDOWS_AHEAD: usize = 8;

/// What reading a large file from front to back does to the cache.
pub(super) struct Footprint<'a> {
    disk: &'a dyn Disk,
    file: BorrowedFd<'a>,
    end: u64,
    /// The window being read.
    window: u64,
    /// Whether nothing of that window, and of each after it, was in memory.
    are_new: VecDeque<bool>,
}

impl<'a> Footprint<'a> {
    /// Returns the footprint of nothing read so far, in a file that will be read from `start` to `end`.
    pub(super) fn new(disk: &'a dyn Disk, file: BorrowedFd<'a>, start: u64, end: u64) -> Self {
        disk.advise(file, start..end, Advice::NothingElse);
        let mut footprint = Self { disk, file, end, window: 0, are_new: VecDeque::new() };
        footprint.begin(start / WINDOW_BYTES);
        if is_absent(disk, file, start).is_none() {
            // Then nobody but the kernel can read ahead.
            disk.advise(file, start..end, Advice::AsUsual);
        }
        footprint
    }

    /// Hears that the file is read at that offset next.
    pub(super) fn reach(&mut self, offset: u64) {
        let window = offset / WINDOW_BYTES;
        if window > self.window + WINDOWS_AHEAD as u64 {
            self.leave();
            self.begin(window);
        }
        while self.window < window {
            self.leave();
            self.window += 1;
            self.are_new.push_back(self.is_new(self.window + WINDOWS_AHEAD as u64));
            self.ask_for(1);
        }
    }

    fn begin(&mut self, window: u64) {
        self.window = window;
        self.are_new = (window..=window + WINDOWS_AHEAD as u64).map(|window| self.is_new(window)).collect();
        self.ask_for(0);
        self.ask_for(1);
    }

    /// Drops the window that was read.
    fn leave(&mut self) {
        if self.are_new.pop_front() == Some(true) {
            self.disk.advise(self.file, self.part(self.window), Advice::Never);
        }
    }

    /// Returns true for a window of which nothing is in memory.
    fn is_new(&self, window: u64) -> bool {
        let part = self.part(window);
        let is_absent = |offset| is_absent(self.disk, self.file, offset) == Some(true);
        !part.is_empty() && part.step_by(PROBE_STEP).all(is_absent)
    }

    /// Has a window, so many after the one being read, read beside other work, unless it is in memory.
    fn ask_for(&self, ahead: usize) {
        if self.are_new.get(ahead) == Some(&true) {
            self.disk.advise(self.file, self.part(self.window + ahead as u64), Advice::Soon);
        }
    }

    fn part(&self, window: u64) -> Range<u64> {
        let start = window * WINDOW_BYTES;
        start..(start + WINDOW_BYTES).min(self.end)
    }
}

impl Drop for Footprint<'_> {
    /// Drops the last window, and those that were looked at, asked for, or reached by the end of a read.
    fn drop(&mut self) {
        while !self.are_new.is_empty() {
            self.leave();
            self.window += 1;
        }
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

    fn warm(path: &Path, window: u64, advice: rustix::fs::Advice) {
        let mut file = File::open(path).unwrap();
        rustix::fs::fadvise(&file, 0, None, advice).unwrap();
        file.seek(SeekFrom::Start(window * WINDOW_BYTES)).unwrap();
        io::copy(&mut file.take(WINDOW_BYTES), &mut io::sink()).unwrap();
    }

    fn pack(source: &Path) {
        let selection = Selection::default();
        let request = PackRequest { source, selection: &selection };
        let archiver = TarArchiver::default();
        archiver.pack_from(&System, &request, &mut io::sink(), &SilentProgress).unwrap();
    }

    /// Makes a file of 14 windows, reads one, packs, and returns which windows are cold then.
    fn cold_windows_after(warm: impl Fn(&Path)) -> Vec<u64> {
        let home = tempfile::tempdir_in(".").unwrap();
        let path = home.path().join("large");
        if !can_be_cold(home.path()) {
            return Vec::new();
        }
        write_cold(&path, 13 * 4 * 1024 * 1024 + 1);
        warm(&path);
        pack(home.path());
        // Looks at a place of each that was not looked at before, for a look brings it in.
        let offset = |window: u64| (window * WINDOW_BYTES + 4096 * 129).min(13 * WINDOW_BYTES);
        (0..14).filter(|window| is_cold(&path, offset(*window))).collect()
    }

    #[test]
    fn leaves_a_large_file_as_it_was_in_memory() {
        let cold = cold_windows_after(|path| warm(path, 2, rustix::fs::Advice::Random));
        assert!(cold.is_empty() || cold == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], "{cold:?}");
    }

    /// The kernel goes on with a reading ahead that another program began.
    #[test]
    fn drops_what_the_kernel_read_ahead() {
        let cold = cold_windows_after(|path| warm(path, 2, rustix::fs::Advice::Normal));
        assert!(cold.is_empty() || cold.ends_with(&[8, 9, 10, 11, 12, 13]), "{cold:?}");
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
