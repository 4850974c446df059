//! Where a target that doesn't exist yet is made: out of sight.
//!
//! It is `tree` in the folder `.NAME.restoring` beside its place, which is its owner's alone, so that nobody else reaches
//! what isn't finished. It gets its name when everything is in it. Beside `tree` stands `request`, which says what is
//! being restored: an attempt that was ended in any way is only gone on with for the same.

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, fchmod, fchown, fremovexattr, fstat, mkdirat, openat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::getegid;

use super::disks::is_ours_alone;
use super::open_dir::FOLDER;
use super::target_lock::{busy, lock};
use super::unfinished_mark::{self, UNFINISHED, is_marked, is_marked_by_file};
use crate::error::refused;
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::rename_new::move_new_folder;
use crate::posix::stat::lstat_at;

/// Where a target is made out of sight.
#[derive(Debug)]
pub(super) struct StagingDir {
    parent: OwnedFd,
    /// What the target will be called.
    name: CString,
    own_name: CString,
    folder: OwnedFd,
    /// This attempt has made the folder.
    is_new: bool,
    /// The tree has its final name already.
    pub(super) is_revealed: bool,
}

/// A target that is to be made, or was begun.
pub(super) struct Begun {
    pub(super) staging: StagingDir,
    pub(super) folder: OwnedFd,
    pub(super) is_continued: bool,
}

const TREE: &CStr = c"tree";
const REQUEST: &CStr = c"request";

/// More is no request of ours.
const MOST_REQUEST_BYTES: u64 = 1 << 20;

impl StagingDir {
    /// Opens the folder of an attempt at the target of that name, and locks it.
    pub(super) fn open(parent: OwnedFd, name: CString, own_name: CString) -> io::Result<Self> {
        let (folder, is_new) = open_own(&parent, &own_name)?;
        Ok(Self { parent, name, own_name, folder, is_new, is_revealed: false })
    }

    /// Goes on with what was begun, or begins. `None` where the target exists and isn't what was begun here.
    /// If it fails, it removes what it has made.
    pub(super) fn go_on(mut self, path: &Path, exists: bool, identity: &str) -> io::Result<Option<Begun>> {
        match self.open_tree(path, exists, identity) {
            Ok(Some((folder, is_continued))) => Ok(Some(Begun { staging: self, folder, is_continued })),
            Ok(None) => Ok(None),
            Err(error) if self.is_new => {
                self.abandon();
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the tree, made if it is missing, and returns whether it was there.
    fn open_tree(
        &mut self,
        path: &Path,
        exists: bool,
        identity: &str,
    ) -> io::Result<Option<(OwnedFd, bool)>> {
        let has_tree = lstat_at(self.folder.as_fd(), TREE)?.is_some();
        let is_same = self.request()?.as_deref() == Some(identity.as_bytes());
        match (has_tree, exists) {
            (true, _) if !is_same => return Err(self.other(path)),
            (true, true) => return Err(refused("it is there, and beside it one that isn't finished")),
            (false, true) => return Ok(self.revealed(is_same)?.map(|folder| (folder, false))),
            (true, false) => {}
            (false, false) => {
                self.write_request(identity)?;
                mkdirat(&self.folder, TREE, UNFINISHED)?;
            }
        }
        let folder = openat(&self.folder, TREE, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        give_nothing_on(&folder);
        unfinished_mark::put(folder.as_fd());
        Ok(Some((folder, has_tree)))
    }

    /// Opens a target that has its name. It is what was begun here only as long as it carries the mark of what isn't
    /// finished; else this is all that a finished one has left, where it was ended while it tidied.
    fn revealed(&mut self, is_same: bool) -> io::Result<Option<OwnedFd>> {
        let opened = openat(&self.parent, &*self.name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
        match opened {
            Ok(folder) if is_same && is_unfinished(&folder)? => {
                self.is_revealed = true;
                Ok(Some(folder))
            }
            _ => {
                self.tidy();
                Ok(None)
            }
        }
    }

    /// Removes what was made, where nothing is in it.
    pub(super) fn abandon(&self) {
        if let Ok(tree) = openat(&self.folder, TREE, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            unfinished_mark::remove(tree.as_fd());
        }
        match unlinkat(&self.folder, TREE, AtFlags::REMOVEDIR) {
            Ok(()) => self.tidy(),
            Err(Errno::NOENT) if !self.is_revealed => self.tidy(),
            // It isn't empty, so that the next attempt can go on with it.
            Err(_) => {}
        }
    }

    pub(super) fn tidy(&self) {
        let _ = unlinkat(&self.folder, REQUEST, AtFlags::empty());
        let _ = unlinkat(&self.parent, &self.own_name, AtFlags::REMOVEDIR);
    }

    fn other(&self, path: &Path) -> io::Error {
        let begun = path.with_file_name(OsStr::from_bytes(self.own_name.as_bytes()));
        let begun = begun.display();
        refused(format!(
            "the restore of another archive or of other entries was begun in {begun}; finish that one (where its archive \
             is kept as an older one since then, with --generation), or remove it: rm -r {begun}"
        ))
    }

    fn request(&self) -> io::Result<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, REQUEST, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut text = Vec::new();
        file.take(MOST_REQUEST_BYTES).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// A half written one is that of nothing that was begun: the tree is made afterwards.
    fn write_request(&self, identity: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.folder, REQUEST, flags, Mode::RUSR | Mode::WUSR)?;
        File::from(file).write_all(identity.as_bytes())
    }

    /// Gives the target its name.
    pub(super) fn reveal(&mut self) -> io::Result<()> {
        move_new_folder((self.folder.as_fd(), TREE), (self.parent.as_fd(), &*self.name))?;
        self.is_revealed = true;
        Ok(())
    }
}

/// Opens the folder of an attempt, made where it is missing. One that isn't the user's alone is somebody else's trap.
/// Returns whether it was made.
fn open_own(parent: &OwnedFd, name: &CStr) -> io::Result<(OwnedFd, bool)> {
    let is_new = match mkdirat(parent, name, Mode::RWXU) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(errno) => return Err(errno.into()),
    };
    let folder = open_private(parent, name).inspect_err(|_| {
        if is_new {
            let _ = unlinkat(parent, name, AtFlags::REMOVEDIR);
        }
    })?;
    lock(&folder)?;
    let stat = fstat(&folder)?;
    let named = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if (named.st_dev, named.st_ino) == (stat.st_dev, stat.st_ino) {
        Ok((folder, is_new))
    } else {
        Err(busy())
    }
}

fn open_private(parent: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    let opened = openat(parent, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
    let folder = opened.map_err(|errno| match errno {
        Errno::NOTDIR | Errno::LOOP => refused(format!("{} is no folder", name.to_string_lossy())),
        errno => errno.into(),
    })?;
    if !is_ours_alone(parent.as_fd(), &folder)? {
        return Err(refused(format!("{} isn't yours alone", name.to_string_lossy())));
    }
    Ok(folder)
}

/// Returns whether a folder carries the mark of one that isn't finished.
fn is_unfinished(folder: &OwnedFd) -> io::Result<bool> {
    Ok(is_marked(&fstat(folder)?) || is_marked_by_file(folder.as_fd()))
}

/// What the folder above gives on, by its ACL or as its group, is not what the archive says.
fn give_nothing_on(tree: &OwnedFd) {
    for list in ACCESS_LISTS {
        let _ = fremovexattr(tree, list);
    }
    let Ok(stat) = fstat(tree) else { return };
    if stat.st_gid != getegid().as_raw() {
        let _ = fchown(tree, None, Some(getegid()));
    }
    if stat.st_mode & 0o7777 != UNFINISHED.bits() {
        let _ = fchmod(tree, UNFINISHED);
    }
}
