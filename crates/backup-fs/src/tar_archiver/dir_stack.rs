//! The folders that the walk is in, from the source down.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::FileType;
use rustix::io::Errno;

use super::path::EntryPath;
use crate::posix::disk::Disk;
use crate::posix::names::Names;
use crate::posix::stat::Meta;

/// A folder that was opened and listed.
#[derive(Debug)]
pub(super) struct OpenDir {
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
pub(super) struct SourceDirStack {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    folder: Option<OwnedFd>,
    meta: Meta,
    names: Names,
    /// The length of the folder's own path.
    path_len: usize,
    /// How many of the next names were looked at before their turn.
    looked_at: usize,
}

/// How many folders below the source may be open. Deeper trees are rare, and pay with one call for each level.
const MAX_OPEN: usize = 48;

/// How many entries are looked at before their turn: enough to keep a disk busy.
const LOOK_AHEAD: usize = 32;

impl SourceDirStack {
    /// Goes down into the folder at `path`.
    pub(super) fn push(&mut self, opened: OpenDir, path: &EntryPath) {
        let OpenDir { folder, meta, names } = opened;
        self.levels.push(Level { folder: Some(folder), meta, names, path_len: path.len(), looked_at: 0 });
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
        level.looked_at = level.looked_at.saturating_sub(1);
        path.cut(level.path_len);
        path.push(name);
        Some(Ok((folder.as_fd(), name)))
    }

    /// Has `look` look at the next entries of the deepest folder, each once.
    pub(super) fn look_ahead(&mut self, look: &mut dyn FnMut(BorrowedFd<'_>, &CStr)) {
        let Some(level) = self.levels.last_mut() else { return };
        let Some(folder) = &level.folder else { return };
        for name in level.names.upcoming().take(LOOK_AHEAD).skip(level.looked_at) {
            look(folder.as_fd(), name);
            level.looked_at += 1;
        }
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
    let folder = disk.open(from, name, FileType::Directory)?;
    if disk.stat_open(folder.as_fd())?.is_same_entry(expected) {
        return Ok(folder);
    }
    Err(Errno::STALE.into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use backup_core::model::archive::PackReport;
    use backup_core::ports::{PackRequest, SilentProgress};

    use super::*;
    use crate::tar_archiver::TarArchiver;
    use crate::tar_archiver::fault_injection::{Call, FaultyDisk};

    const DEPTH: usize = 3 * MAX_OPEN;

    /// A folder of 144 levels, each with a file that comes after the next level: `d0/d1/.../z`.
    fn deep_tree(source: &Path) {
        let mut folder = source.to_owned();
        for level in 0..DEPTH {
            folder.push(format!("d{level}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("z"), "").unwrap();
        }
    }

    /// The path of the folder `d<level>`.
    fn at(source: &Path, level: usize) -> std::path::PathBuf {
        (0..=level).fold(source.to_owned(), |path, level| path.join(format!("d{level}")))
    }

    /// Packs while `change` is done before the deepest folder is opened.
    fn pack(source: &Path, change: impl Fn() + Send) -> PackReport {
        let deepest = CString::new(format!("d{}", DEPTH - 1)).unwrap();
        let disk = FaultyDisk::new(move |call, name| {
            if call == Call::Open && *name == *deepest {
                change();
            }
            Ok(())
        });
        let request = PackRequest::all_of(source);
        TarArchiver::default().pack_from(&disk, &request, &mut io::sink(), &SilentProgress).unwrap()
    }

    #[test]
    fn holds_few_folders_open_and_misses_nothing() {
        let home = tempfile::tempdir().unwrap();
        deep_tree(home.path());
        let mut levels = SourceDirStack::default();
        let mut path = EntryPath::new(b"docs");
        let disk = crate::posix::disk::System;
        let source =
            rustix::fs::open(home.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
        levels.push(opened(source), &path);
        let (mut entries, mut most_open) = (0, 0);
        while let Some(next) = levels.next(&disk, &mut path) {
            let (folder, name) = next.unwrap();
            entries += 1;
            if name != c"z" {
                let below = opened(disk.open(folder, name, FileType::Directory).unwrap());
                levels.push(below, &path);
            }
            most_open = most_open.max(levels.levels.iter().filter(|level| level.folder.is_some()).count());
        }
        assert_eq!(entries, 2 * DEPTH);
        assert_eq!(most_open, MAX_OPEN + 1);
    }

    fn opened(folder: OwnedFd) -> OpenDir {
        let (disk, mut names) = (crate::posix::disk::System, Names::default());
        disk.list(folder.as_fd(), &mut names).unwrap();
        names.sort();
        OpenDir { meta: disk.stat_open(folder.as_fd()).unwrap(), folder, names }
    }

    #[test]
    fn finds_its_way_back_when_a_folder_moved() {
        let home = tempfile::tempdir().unwrap();
        let (source, elsewhere) = (home.path().join("docs"), home.path().join("elsewhere"));
        deep_tree(&source);
        let report = pack(&source, || std::fs::rename(at(&source, 40), &elsewhere).unwrap());
        assert_eq!(report.findings, []);
        assert_eq!(report.entries, 1 + 2 * DEPTH as u64);
    }

    #[test]
    fn gives_up_a_folder_that_is_not_found_again_and_only_that() {
        let home = tempfile::tempdir().unwrap();
        let source = home.path().join("docs");
        deep_tree(&source);
        let moved = Mutex::new(0);
        let report = pack(&source, || {
            for level in [41, 40] {
                std::fs::rename(at(&source, level), home.path().join(format!("moved{level}"))).unwrap();
                *moved.lock().unwrap() += 1;
            }
            // Another folder in its place must not be taken for it.
            std::fs::create_dir(at(&source, 40)).unwrap();
            std::fs::write(at(&source, 40).join("z"), "").unwrap();
        });
        assert_eq!(*moved.lock().unwrap(), 2);
        assert_eq!(report.unreadable_entries, 1);
        assert_eq!(report.findings[0].path, at(Path::new(""), 40));
        assert_eq!(report.entries, 2 * DEPTH as u64);
    }
}
