//! The stack of folders that the walk is in, from the source down.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::FileType;
use rustix::io::Errno;

use super::path::EntryPath;
use super::scout::Scout;
use super::scouted::Scouted;
use super::scouts::{CHUNK_NAMES, Found, Scouts};
use crate::posix::disk::Disk;
use crate::posix::names::{Named, Names};
use crate::posix::stat::Meta;

/// A folder that was opened and listed.
#[derive(Debug)]
pub(super) struct OpenDir {
    pub(super) folder: OwnedFd,
    pub(super) meta: Meta,
    pub(super) names: Names,
    /// What scouts found under the first names.
    pub(super) inside: Vec<Option<Found>>,
}

/// The next entry of a walk.
#[derive(Debug)]
pub(super) struct Next<'a> {
    pub(super) folder: BorrowedFd<'a>,
    pub(super) named: Named<'a>,
    /// What a scout found.
    pub(super) found: Option<Found>,
}

/// The stack of folders that the walk is in.
///
/// At any depth at most [`MAX_OPEN`] of them are open, plus the source. A closed folder is opened again when the walk
/// comes back to it: as the parent of the folder below or, if that one was moved, by its names from the source.
/// Either way it must be the same folder as before, so a moved folder can't lead the walk out of the source.
#[derive(Debug, Default)]
pub(super) struct SourceDirStack {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    folder: Option<Arc<OwnedFd>>,
    meta: Meta,
    names: Names,
    /// What the scouts were asked about the next names.
    scouted: Scouted,
    /// The length of the folder's own path.
    path_len: usize,
    /// How many of the next names were prefetched.
    prefetched: usize,
}

/// How many folders below the source may be open. Deeper trees are rare and cost one call for each level.
const MAX_OPEN: usize = 48;

/// How many entries are prefetched: enough to keep a disk busy.
const PREFETCH_NAMES: usize = 32;

/// For fewer names, no scout is asked. In the tests, they always are.
const FEWEST_NAMES: usize = if cfg!(test) { 1 } else { 8 };

impl SourceDirStack {
    /// Pushes the folder at `path`.
    pub(super) fn push(&mut self, opened: OpenDir, path: &EntryPath) {
        let OpenDir { folder, meta, names, inside } = opened;
        let (folder, scouted) = (Some(Arc::new(folder)), Scouted::new(inside));
        self.levels.push(Level { folder, meta, names, scouted, path_len: path.len(), prefetched: 0 });
        // The source is never closed, because the walk can start again from it.
        if let Some(distant) = self.levels.len().checked_sub(MAX_OPEN + 1).filter(|distant| *distant > 0) {
            self.levels[distant].folder = None;
        }
    }

    /// Goes to the next entry, sets `path` to it, and returns its folder and its name. Returns `None` after the last
    /// one.
    ///
    /// # Errors
    /// The folder could not be opened again. `path` is that folder, and its remaining entries are skipped.
    pub(super) fn next(
        &mut self,
        disk: &dyn Disk,
        path: &mut EntryPath,
        scout: Option<&mut Scout<'_>>,
    ) -> Option<io::Result<Next<'_>>> {
        while self.levels.last()?.names.is_empty() {
            self.leave(disk, path);
        }
        if self.reopen_last(disk, path).is_err() {
            let level = self.levels.last_mut()?;
            (level.names, level.scouted) = (Names::default(), Scouted::default());
            path.truncate(level.path_len);
            // It is reported as unreadable, because its remaining entries may still exist under another name.
            return Some(Err(io::Error::other("it was moved or removed while it was read")));
        }
        let level = self.levels.last_mut()?;
        let (folder, named, found) = (level.folder.as_ref()?, level.names.next()?, level.scouted.next(scout));
        level.prefetched = level.prefetched.saturating_sub(1);
        path.truncate(level.path_len);
        path.push(named.name);
        Some(Ok(Next { folder: folder.as_fd(), named, found }))
    }

    /// Asks the scouts about the next names of the deepest folder that has any. They leave alone those that `may_open` refuses. It gets the
    /// length of the folder's path.
    pub(super) fn look_ahead(&mut self, scouts: &Scouts, may_open: &mut dyn FnMut(usize, Named<'_>) -> bool) {
        let with_names = self.levels.iter_mut().rev().find(|level| !level.names.is_empty());
        let Some(level) = with_names else { return };
        let Some(folder) = level.folder.as_ref().filter(|_| level.names.tells_kinds()) else { return };
        let Some(asked) = level.scouted.asked() else { return };
        // A few names aren't worth a change of threads.
        if level.names.len() < asked + FEWEST_NAMES {
            return;
        }
        let mut names = Names::default();
        for named in level.names.upcoming().skip(asked).take(CHUNK_NAMES) {
            let kind = if may_open(level.path_len, named) { named.kind } else { FileType::Unknown };
            names.add(named.name, kind);
        }
        let chunk = scouts.ask(folder, level.meta.identity.device(), names);
        level.scouted.push(chunk);
    }

    /// Calls `prefetch` for the next entries of the deepest folder, once for each.
    pub(super) fn prefetch_next(&mut self, look: &mut dyn FnMut(BorrowedFd<'_>, &CStr)) {
        let Some(level) = self.levels.last_mut() else { return };
        let Some(folder) = &level.folder else { return };
        for named in level.names.upcoming().take(PREFETCH_NAMES).skip(level.prefetched) {
            look(folder.as_fd(), named.name);
            level.prefetched += 1;
        }
    }

    /// Leaves the deepest folder. Its parent is opened through it, which takes one call.
    fn leave(&mut self, disk: &dyn Disk, path: &mut EntryPath) {
        let Some(done) = self.levels.pop() else { return };
        let Some(parent) = self.levels.last_mut() else { return };
        path.truncate(done.path_len);
        if let (None, Some(child)) = (&parent.folder, done.folder) {
            // If this fails, the parent is opened by its path from the source when it is needed.
            parent.folder = reopen(disk, child.as_fd(), c"..", &parent.meta).ok().map(Arc::new);
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
            let above = folder.as_ref().unwrap_or(&**source_folder);
            folder = Some(reopen(disk, above.as_fd(), &name, &level.meta)?);
            from = level.path_len;
        }
        if let Some(last) = self.levels.last_mut() {
            last.folder = folder.map(Arc::new);
        }
        Ok(())
    }
}

fn reopen(disk: &dyn Disk, from: BorrowedFd<'_>, name: &CStr, expected: &Meta) -> io::Result<OwnedFd> {
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

    /// Creates a folder of 144 levels, each with a file that sorts after the next level: `d0/d1/.../z`.
    fn deep_tree(source: &Path) {
        let mut folder = source.to_owned();
        for level in 0..DEPTH {
            folder.push(format!("d{level}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("z"), "").unwrap();
        }
    }

    /// Returns the path of the folder `d<level>`.
    fn at(source: &Path, level: usize) -> std::path::PathBuf {
        (0..=level).fold(source.to_owned(), |path, level| path.join(format!("d{level}")))
    }

    /// Packs a source, and runs `change` before the deepest folder is opened.
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
    fn keeps_few_folders_open_and_visits_all_entries() {
        let home = tempfile::tempdir().unwrap();
        deep_tree(home.path());
        let mut levels = SourceDirStack::default();
        let mut path = EntryPath::new(b"docs");
        let disk = crate::posix::disk::System;
        let source =
            rustix::fs::open(home.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
        levels.push(opened(source), &path);
        let (mut entries, mut most_open) = (0, 0);
        while let Some(next) = levels.next(&disk, &mut path, None) {
            let Next { folder, named: Named { name, .. }, .. } = next.unwrap();
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
        OpenDir { meta: disk.stat_open(folder.as_fd()).unwrap(), folder, names, inside: Vec::new() }
    }

    /// Of a folder in which each entry is a small folder, the next ones are asked for whenever one of them is done.
    #[test]
    fn asks_about_the_next_names_also_behind_a_folder_that_is_done() {
        let home = tempfile::tempdir().unwrap();
        for number in 0..200 {
            std::fs::create_dir(home.path().join(format!("{number:03}"))).unwrap();
        }
        let (disk, scouts, mut path) =
            (crate::posix::disk::System, Scouts::new(false, None), EntryPath::new(b"docs"));
        let open = |folder: &Path| {
            rustix::fs::open(folder, rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap()
        };
        let mut levels = SourceDirStack::default();
        levels.push(opened(open(home.path())), &path);
        let mut asked = Vec::new();
        for number in 0..30 {
            levels.look_ahead(&scouts, &mut |path_len, named| {
                assert_eq!(path_len, "docs".len());
                asked.push(named.name.to_string_lossy().into_owned());
                true
            });
            levels.next(&disk, &mut path, None).unwrap().unwrap();
            levels.push(opened(open(&home.path().join(format!("{number:03}")))), &path);
        }
        let expected: Vec<_> = (0..128).map(|number| format!("{number:03}")).collect();
        assert_eq!(asked, expected);
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
    fn skips_only_the_folder_that_it_can_not_reopen() {
        let home = tempfile::tempdir().unwrap();
        let source = home.path().join("docs");
        deep_tree(&source);
        let moved = Mutex::new(0);
        let report = pack(&source, || {
            for level in [41, 40] {
                std::fs::rename(at(&source, level), home.path().join(format!("moved{level}"))).unwrap();
                *moved.lock().unwrap() += 1;
            }
            // Another folder of that name must not be taken for it.
            std::fs::create_dir(at(&source, 40)).unwrap();
            std::fs::write(at(&source, 40).join("z"), "").unwrap();
        });
        assert_eq!(*moved.lock().unwrap(), 2);
        assert_eq!(report.unreadable_entries, 1);
        assert_eq!(report.findings[0].path, at(Path::new(""), 40));
        assert_eq!(report.entries, 2 * DEPTH as u64);
    }
}
