//! Directory stack: the folders from a root down to the current one, however deep, with few of them open.
//!
//! A folder that was closed is opened again later: as the parent (`..`) of the folder below it or, if that one was
//! moved, by its names from the root.
//!
//! Why others can't lead this program astray by moving folders: the folder that was opened must be the same one as
//! before, by device, inode and owner. A new folder may get the inode number of one that was removed. But it belongs to
//! the user who made it. So a user who moves folders can't lead root into a folder of somebody else.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, fstat, openat};

use super::open_beneath::Beneath;

/// The most folders below the root that are open at once. Deeper trees are rare, and cost a few calls more a level.
pub(crate) const MAX_OPEN: usize = 32;

/// The flags for opening a folder to list it and to work in it.
pub(crate) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The identity of a folder: device, inode and owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64, u64, u32);

impl Identity {
    pub(crate) fn of(folder: BorrowedFd<'_>) -> io::Result<Self> {
        let stat = fstat(folder)?;
        Ok(Self(stat.st_dev, stat.st_ino, stat.st_uid))
    }

    /// Returns the folder if it has this identity.
    ///
    /// # Errors
    /// [`moved`] if it has another one.
    pub(crate) fn confirm(self, folder: OwnedFd) -> io::Result<OwnedFd> {
        if Self::of(folder.as_fd())? == self { Ok(folder) } else { Err(moved()) }
    }

    /// Opens the folder as the parent of the folder `below`.
    pub(crate) fn open_above(self, below: BorrowedFd<'_>) -> io::Result<OwnedFd> {
        self.confirm(openat(below, c"..", FOLDER | OFlags::NOFOLLOW, Mode::empty())?)
    }
}

/// Returns the error for a folder that can't be found again.
pub(crate) fn moved() -> io::Error {
    io::Error::other("a folder above it was moved or removed in the meantime")
}

/// The folders from the root down to the current one.
#[derive(Debug)]
pub(crate) struct DirStack {
    root: OwnedFd,
    beneath: Beneath,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    name: Vec<u8>,
    folder: Place,
}

#[derive(Debug)]
enum Place {
    Open(OwnedFd),
    /// `None` if not even its identity could be read.
    Closed(Option<Identity>),
}

impl DirStack {
    pub(crate) fn new(root: OwnedFd, beneath: Beneath) -> Self {
        Self { root, beneath, levels: Vec::new() }
    }

    /// Returns how many of these names, from the first on, are names of the stack.
    pub(crate) fn common(&self, names: &[&[u8]]) -> usize {
        self.levels.iter().zip(names).take_while(|(level, name)| level.name == **name).count()
    }

    /// Returns the current folder.
    ///
    /// # Errors
    /// [`moved`] if it was closed and can't be found again.
    pub(crate) fn at_hand(&self) -> io::Result<BorrowedFd<'_>> {
        match self.levels.last() {
            None => Ok(self.root.as_fd()),
            Some(level) => level.open().ok_or_else(moved),
        }
    }

    /// Goes down into a folder in the current one. It must be open for reading.
    pub(crate) fn push(&mut self, name: &[u8], folder: OwnedFd) {
        self.levels.push(Level { name: name.to_owned(), folder: Place::Open(folder) });
        if let Some(highest) = self.levels.len().checked_sub(MAX_OPEN + 1) {
            self.levels[highest].close();
        }
    }

    /// Goes up until the current folder has that depth.
    pub(crate) fn go_up(&mut self, depth: usize) {
        while self.levels.len() > depth {
            self.pop();
        }
        if self.at_hand().is_err()
            && let Ok(folder) = self.reopened()
            && let Some(level) = self.levels.last_mut()
        {
            level.folder = Place::Open(folder);
        }
    }

    fn pop(&mut self) {
        let Some(Level { folder: Place::Open(popped), .. }) = self.levels.pop() else { return };
        let Some(above) = self.levels.last_mut() else { return };
        if let Place::Closed(Some(identity)) = above.folder
            && let Ok(folder) = identity.open_above(popped.as_fd())
        {
            above.folder = Place::Open(folder);
        }
    }

    /// Opens the current folder by its names from the root.
    fn reopened(&self) -> io::Result<OwnedFd> {
        let Some(Level { folder: Place::Closed(Some(identity)), .. }) = self.levels.last() else {
            return Err(moved());
        };
        let names: Vec<&[u8]> = self.levels.iter().map(|level| &level.name[..]).collect();
        identity.confirm(openat(self.find(&names)?, c".", FOLDER, Mode::empty())?)
    }

    /// Locates the folder that these names lead to from the root. The current folder stays the same.
    pub(crate) fn find(&self, names: &[&[u8]]) -> io::Result<OwnedFd> {
        let mut folder = self.root.try_clone()?;
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        for name in names {
            folder = self.beneath.open(folder.as_fd(), &CString::new(*name)?, flags, Mode::empty())?;
        }
        Ok(folder)
    }
}

impl Level {
    fn open(&self) -> Option<BorrowedFd<'_>> {
        match &self.folder {
            Place::Open(folder) => Some(folder.as_fd()),
            Place::Closed(_) => None,
        }
    }

    fn close(&mut self) {
        if let Place::Open(folder) = &self.folder {
            self.folder = Place::Closed(Identity::of(folder.as_fd()).ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    const DEPTH: usize = 3 * MAX_OPEN;

    fn folder_at(root: &Path, depth: usize) -> PathBuf {
        (1..=depth).fold(root.to_owned(), |path, level| path.join(format!("d{level}")))
    }

    /// A stack at the deepest of 96 folders, `d1/d2/...`.
    fn deep(root: &Path) -> DirStack {
        fs::create_dir_all(folder_at(root, DEPTH)).unwrap();
        let opened = rustix::fs::open(root, FOLDER, Mode::empty()).unwrap();
        let mut stack = DirStack::new(opened, Beneath::Plain);
        for level in 1..=DEPTH {
            let name = format!("d{level}");
            let folder = openat(stack.at_hand().unwrap(), &name[..], FOLDER, Mode::empty()).unwrap();
            stack.push(name.as_bytes(), folder);
            let open = stack.levels.iter().filter(|level| level.open().is_some()).count();
            assert!(open <= MAX_OPEN, "{open}");
        }
        stack
    }

    fn is_at(stack: &DirStack, path: &Path) -> bool {
        let folder = rustix::fs::open(path, FOLDER, Mode::empty()).unwrap();
        Identity::of(stack.at_hand().unwrap()).unwrap() == Identity::of(folder.as_fd()).unwrap()
    }

    #[test]
    fn reopens_folders_that_were_closed() {
        let home = tempfile::tempdir().unwrap();
        let mut stack = deep(home.path());
        for depth in (0..DEPTH).rev() {
            stack.go_up(depth);
            assert!(is_at(&stack, &folder_at(home.path(), depth)), "{depth}");
        }
    }

    #[test]
    fn reopens_by_names_if_the_folder_below_was_moved() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        let mut stack = deep(&root);
        fs::rename(folder_at(&root, 41), home.path().join("moved")).unwrap();
        stack.go_up(40);
        assert!(is_at(&stack, &folder_at(&root, 40)));
    }

    #[test]
    fn never_reopens_another_folder() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("root");
        let mut stack = deep(&root);
        fs::rename(folder_at(&root, 41), home.path().join("d41")).unwrap();
        fs::rename(folder_at(&root, 40), home.path().join("d40")).unwrap();
        fs::create_dir(folder_at(&root, 40)).unwrap();
        stack.go_up(40);
        assert!(stack.at_hand().is_err(), "neither the folder above nor the one of that name is it");
        stack.go_up(39);
        assert!(is_at(&stack, &folder_at(&root, 39)), "the folders above are found again");
    }
}
