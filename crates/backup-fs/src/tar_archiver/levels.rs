//! The folders that the walk is in, from the source down.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;

use super::disk::Disk;
use super::meta::{Kind, Meta};
use super::names::Names;
use super::path::EntryPath;

/// A folder that was opened and listed.
#[derive(Debug)]
pub(super) struct OpenFolder {
    pub(super) folder: OwnedFd,
    pub(super) meta: Meta,
    pub(super) names: Names,
}

/// The folders that the walk is in.
///
/// However deep that is, at most [`MAX_OPEN`] of them are open, and the source. Coming back to one that was closed, it
/// is opened again: as the parent of the folder below it or, when that one was moved, by its names from the source.
/// Either way it must be the very folder that was there before, so a folder that moves can't lead the walk astray.
#[derive(Debug, Default)]
pub(super) struct Levels {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    folder: Option<OwnedFd>,
    meta: Meta,
    names: Names,
    /// The length of the folder's own path.
    path_len: usize,
}

/// How many folders below the source may be open. Deeper trees are rare, and pay with one call for each level.
const MAX_OPEN: usize = 48;

impl Levels {
    /// Goes down into the folder at `path`.
    pub(super) fn push(&mut self, opened: OpenFolder, path: &EntryPath) {
        let OpenFolder { folder, meta, names } = opened;
        self.levels.push(Level { folder: Some(folder), meta, names, path_len: path.len() });
        // The source is never closed: it is where the way down can begin anew.
        if let Some(far) = self.levels.len().checked_sub(MAX_OPEN + 1).filter(|far| *far > 0) {
            self.levels[far].folder = None;
        }
    }

    /// Goes to the next entry, sets `path` to it, and returns its folder and its name; `None` after the last one.
    ///
    /// On a failure `path` is the folder that could not be opened again, whose further entries are given up.
    pub(super) fn next(
        &mut self,
        disk: &dyn Disk,
        path: &mut EntryPath,
    ) -> Option<io::Result<(BorrowedFd<'_>, &CStr)>> {
        while self.levels.last()?.names.is_empty() {
            self.leave(disk, path);
        }
        if self.reopen_last(disk, path).is_err() {
            let level = self.levels.last_mut()?;
            level.names = Names::default();
            path.cut(level.path_len);
            // Said as one that can't be read: what is left of it may well exist, under another name.
            return Some(Err(io::Error::other("it was moved or removed while it was read")));
        }
        let level = self.levels.last_mut()?;
        let (folder, name) = (level.folder.as_ref()?, level.names.next()?);
        path.cut(level.path_len);
        path.push(name);
        Some(Ok((folder.as_fd(), name)))
    }

    /// Leaves the deepest folder; from it, its parent is one call away.
    fn leave(&mut self, disk: &dyn Disk, path: &mut EntryPath) {
        let Some(left) = self.levels.pop() else { return };
        let Some(parent) = self.levels.last_mut() else { return };
        path.cut(left.path_len);
        if let (None, Some(child)) = (&parent.folder, left.folder) {
            // Where this fails, the way down from the source is tried when it is needed.
            parent.folder = open_again(disk, child.as_fd(), c"..", &parent.meta).ok();
        }
    }

    /// Opens the deepest folder by its names from the source, unless it is open.
    fn reopen_last(&mut self, disk: &dyn Disk, path: &EntryPath) -> io::Result<()> {
        let [source, below @ ..] = &self.levels[..] else { return Ok(()) };
        let (Some(source_folder), Some(last)) = (&source.folder, below.last()) else { return Ok(()) };
        if last.folder.is_some() {
            return Ok(());
        }
        let mut folder: Option<OwnedFd> = None;
        let mut from = source.path_len;
        for level in below {
            let name = CString::new(&path.member()[from + 1..level.path_len])?;
            let above = folder.as_ref().unwrap_or(source_folder);
            folder = Some(open_again(disk, above.as_fd(), &name, &level.meta)?);
            from = level.path_len;
        }
        if let Some(last) = self.levels.last_mut() {
            last.folder = folder;
        }
        Ok(())
    }
}

fn open_again(disk: &dyn Disk, from: BorrowedFd<'_>, name: &CStr, expected: &Meta) -> io::Result<OwnedFd> {
    let folder = disk.open(from, name, Kind::Folder)?;
    if disk.stat_open(folder.as_fd())?.is_same_entry(expected) {
        return Ok(folder);
    }
    Err(Errno::STALE.into())
}
