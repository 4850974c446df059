//! The folders on the way from a top folder down, however deep, with few of them open.
//!
//! A folder that was closed is opened again: as the parent (`..`) of the one below it or, where that one was moved, by
//! its names from above. Others may move folders meanwhile, so neither way is believed: what was opened has to be the
//! very folder that was there before, by device, inode and owner. An inode number may be given to a new folder once the
//! old one is removed; such a folder can't belong to anybody but its maker, so that whoever moves folders can't lead
//! root into what isn't theirs.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, fstat, openat};

use super::open_beneath::Beneath;

/// How many folders below the top are open. Deeper trees are rare, and pay with a few calls for each level.
pub(crate) const MAX_OPEN: usize = 32;

/// How folders are opened again.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// What a folder is told by when it is opened again: device, inode and owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64, u64, u32);

impl Identity {
    pub(crate) fn of(folder: BorrowedFd<'_>) -> io::Result<Self> {
        let stat = fstat(folder)?;
        Ok(Self(stat.st_dev, stat.st_ino, stat.st_uid))
    }

    /// Returns the folder if it is that one.
    pub(crate) fn confirm(self, folder: OwnedFd) -> io::Result<OwnedFd> {
        if Self::of(folder.as_fd())? == self { Ok(folder) } else { Err(moved()) }
    }

    /// Opens it as the parent of a folder.
    pub(crate) fn open_above(self, below: BorrowedFd<'_>) -> io::Result<OwnedFd> {
        self.confirm(openat(below, c"..", FOLDER | OFlags::NOFOLLOW, Mode::empty())?)
    }
}

/// Returns the error of a folder that isn't found again.
pub(crate) fn moved() -> io::Error {
    io::Error::other("a folder on its way was moved or removed meanwhile")
}

/// The way from a top folder down to the one at hand.
#[derive(Debug)]
pub(crate) struct DirStack {
    top: OwnedFd,
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
    /// `None` where not even that could be told.
    Closed(Option<Identity>),
}

impl DirStack {
    pub(crate) fn new(top: OwnedFd, beneath: Beneath) -> Self {
        Self { top, beneath, levels: Vec::new() }
    }

    /// Returns how many of these names lead through folders on the way.
    pub(crate) fn common(&self, names: &[&[u8]]) -> usize {
        self.levels.iter().zip(names).take_while(|(level, name)| level.name == **name).count()
    }

    /// Returns the top.
    pub(crate) fn top(&self) -> BorrowedFd<'_> {
        self.top.as_fd()
    }

    /// Returns the folder at hand.
    ///
    /// # Errors
    /// Where it was closed and isn't found again.
    pub(crate) fn at_hand(&self) -> io::Result<BorrowedFd<'_>> {
        match self.levels.last() {
            None => Ok(self.top()),
            Some(level) => level.open().ok_or_else(moved),
        }
    }

    /// Goes down into a folder in the one at hand, which was opened for reading.
    pub(crate) fn push(&mut self, name: &[u8], folder: OwnedFd) {
        self.levels.push(Level { name: name.to_owned(), folder: Place::Open(folder) });
        if let Some(far) = self.levels.len().checked_sub(MAX_OPEN + 1) {
            self.levels[far].close();
        }
    }

    /// Leaves all folders below that depth.
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
        let Some(Level { folder: Place::Open(left), .. }) = self.levels.pop() else { return };
        let Some(above) = self.levels.last_mut() else { return };
        if let Place::Closed(Some(identity)) = above.folder
            && let Ok(folder) = identity.open_above(left.as_fd())
        {
            above.folder = Place::Open(folder);
        }
    }

    /// Opens the folder at hand by its names from the top.
    fn reopened(&self) -> io::Result<OwnedFd> {
        let Some(Level { folder: Place::Closed(Some(identity)), .. }) = self.levels.last() else {
            return Err(moved());
        };
        let names: Vec<&[u8]> = self.levels.iter().map(|level| &level.name[..]).collect();
        identity.confirm(openat(self.find(&names)?, c".", FOLDER, Mode::empty())?)
    }

    /// Locates the folder that these names lead to from the top, without leaving the one at hand.
    pub(crate) fn find(&self, names: &[&[u8]]) -> io::Result<OwnedFd> {
        let mut folder = self.top.try_clone()?;
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

    fn folder_at(top: &Path, depth: usize) -> PathBuf {
        (1..=depth).fold(top.to_owned(), |path, level| path.join(format!("d{level}")))
    }

    /// A stack at the deepest of 96 folders, `d1/d2/...`.
    fn deep(top: &Path) -> DirStack {
        fs::create_dir_all(folder_at(top, DEPTH)).unwrap();
        let opened = rustix::fs::open(top, FOLDER, Mode::empty()).unwrap();
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
    fn comes_back_to_folders_that_were_closed() {
        let home = tempfile::tempdir().unwrap();
        let mut stack = deep(home.path());
        for depth in (0..DEPTH).rev() {
            stack.go_up(depth);
            assert!(is_at(&stack, &folder_at(home.path(), depth)), "{depth}");
        }
    }

    #[test]
    fn finds_the_way_by_names_when_the_folder_below_was_moved() {
        let home = tempfile::tempdir().unwrap();
        let top = home.path().join("top");
        let mut stack = deep(&top);
        fs::rename(folder_at(&top, 41), home.path().join("moved")).unwrap();
        stack.go_up(40);
        assert!(is_at(&stack, &folder_at(&top, 40)));
    }

    #[test]
    fn is_not_led_into_another_folder() {
        let home = tempfile::tempdir().unwrap();
        let top = home.path().join("top");
        let mut stack = deep(&top);
        fs::rename(folder_at(&top, 41), home.path().join("d41")).unwrap();
        fs::rename(folder_at(&top, 40), home.path().join("d40")).unwrap();
        fs::create_dir(folder_at(&top, 40)).unwrap();
        stack.go_up(40);
        assert!(stack.at_hand().is_err(), "neither the folder above nor the one of that name is it");
        stack.go_up(39);
        assert!(is_at(&stack, &folder_at(&top, 39)), "what lies above is found again");
    }
}
