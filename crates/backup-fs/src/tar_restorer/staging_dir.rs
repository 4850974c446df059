//! The hidden folder in which a new target is made.
//!
//! It is `.NAME.restoring` beside the target, and only its owner may use it, so that nobody else reaches unfinished
//! files. The target is the folder `tree` in it. It gets its final name when it is complete. The file `request`
//! beside `tree` says what is being restored: an interrupted restore is only continued for the same request.

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

use super::disk_limits::is_private_to_us;
use super::open_dir::FOLDER;
use super::target_lock::{busy, lock};
use super::unfinished_mark::{self, UNFINISHED, is_marked, is_marked_by_file};
use crate::error::refused;
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::rename_new::move_new_folder;
use crate::posix::stat::lstat_at;

/// The hidden folder in which a target is made.
#[derive(Debug)]
pub(super) struct StagingDir {
    parent: OwnedFd,
    /// The final name of the target.
    name: CString,
    staging_name: CString,
    folder: OwnedFd,
    /// Whether this attempt created the folder.
    is_new: bool,
    /// Whether the target has its final name already.
    pub(super) is_published: bool,
}

/// A target in its staging folder.
pub(super) struct StagedTarget {
    pub(super) staging: StagingDir,
    pub(super) folder: OwnedFd,
    pub(super) is_continued: bool,
}

const TREE: &CStr = c"tree";
const REQUEST: &CStr = c"request";

/// The largest size of a request. A larger file isn't ours.
const MAX_REQUEST_BYTES: u64 = 1 << 20;

impl StagingDir {
    /// Opens and locks the staging folder of a target.
    pub(super) fn open(parent: OwnedFd, name: CString, staging_name: CString) -> io::Result<Self> {
        let (folder, is_new) = open_staging(&parent, &staging_name)?;
        Ok(Self { parent, name, staging_name, folder, is_new, is_published: false })
    }

    /// Continues an interrupted restore, or starts a new one.
    ///
    /// Returns `None` if the target exists and isn't an unfinished one of this restore. On an error, it removes what
    /// it has created.
    pub(super) fn resume_or_start(
        mut self,
        path: &Path,
        exists: bool,
        identity: &str,
    ) -> io::Result<Option<StagedTarget>> {
        match self.open_tree(path, exists, identity) {
            Ok(Some((folder, is_continued))) => {
                Ok(Some(StagedTarget { staging: self, folder, is_continued }))
            }
            Ok(None) => Ok(None),
            Err(error) if self.is_new => {
                self.abandon();
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the tree, and creates it if it is missing. Returns whether it existed.
    fn open_tree(
        &mut self,
        path: &Path,
        exists: bool,
        identity: &str,
    ) -> io::Result<Option<(OwnedFd, bool)>> {
        let has_tree = lstat_at(self.folder.as_fd(), TREE)?.is_some();
        let is_same = self.request()?.as_deref() == Some(identity.as_bytes());
        match (has_tree, exists) {
            (true, _) if !is_same => return Err(self.started_for_other_request(path)),
            (true, true) => {
                return Err(refused("it exists already, and so does an unfinished restore of it"));
            }
            (false, true) => return Ok(self.open_published(is_same)?.map(|folder| (folder, false))),
            (true, false) => {}
            (false, false) => {
                self.write_request(identity)?;
                mkdirat(&self.folder, TREE, UNFINISHED)?;
            }
        }
        let folder = openat(&self.folder, TREE, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        remove_inherited(&folder);
        unfinished_mark::add(folder.as_fd());
        Ok(Some((folder, has_tree)))
    }

    /// Opens a target that has its final name.
    ///
    /// It is an unfinished one of this restore only while it carries the mark. Otherwise the restore was complete and
    /// ended during its cleanup.
    fn open_published(&mut self, is_same: bool) -> io::Result<Option<OwnedFd>> {
        let opened = openat(&self.parent, &*self.name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
        match opened {
            Ok(folder) if is_same && is_unfinished(&folder)? => {
                self.is_published = true;
                Ok(Some(folder))
            }
            _ => {
                self.clean_up();
                Ok(None)
            }
        }
    }

    /// Removes the staging folder if nothing was restored.
    pub(super) fn abandon(&self) {
        if let Ok(tree) = openat(&self.folder, TREE, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            unfinished_mark::remove(tree.as_fd());
        }
        match unlinkat(&self.folder, TREE, AtFlags::REMOVEDIR) {
            Ok(()) => self.clean_up(),
            Err(Errno::NOENT) if !self.is_published => self.clean_up(),
            // It isn't empty, so the next attempt can continue with it.
            Err(_) => {}
        }
    }

    pub(super) fn clean_up(&self) {
        let _ = unlinkat(&self.folder, REQUEST, AtFlags::empty());
        let _ = unlinkat(&self.parent, &self.staging_name, AtFlags::REMOVEDIR);
    }

    fn started_for_other_request(&self, path: &Path) -> io::Error {
        let started = path.with_file_name(OsStr::from_bytes(self.staging_name.as_bytes()));
        let started = started.display();
        refused(format!(
            "a restore of another archive or of other entries was started in {started}; finish it first (with --generation if \
             its archive has been replaced since then), or remove it: rm -r {started}"
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
        file.take(MAX_REQUEST_BYTES).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// Writes the request. A partly written one does no harm, because the tree is created afterwards.
    fn write_request(&self, identity: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.folder, REQUEST, flags, Mode::RUSR | Mode::WUSR)?;
        File::from(file).write_all(identity.as_bytes())
    }

    /// Moves the target to its final name.
    pub(super) fn publish(&mut self) -> io::Result<()> {
        move_new_folder((self.folder.as_fd(), TREE), (self.parent.as_fd(), &*self.name))?;
        self.is_published = true;
        Ok(())
    }
}

/// Opens the staging folder, and creates it if it is missing. Returns whether it was created.
///
/// A folder that isn't private to this user is refused, because somebody else could control it.
fn open_staging(parent: &OwnedFd, name: &CStr) -> io::Result<(OwnedFd, bool)> {
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
        Errno::NOTDIR | Errno::LOOP => refused(format!("{} isn't a folder", name.to_string_lossy())),
        errno => errno.into(),
    })?;
    if !is_private_to_us(parent.as_fd(), &folder)? {
        return Err(refused(format!("{} isn't private to you", name.to_string_lossy())));
    }
    Ok(folder)
}

/// Returns whether a folder is marked as unfinished.
fn is_unfinished(folder: &OwnedFd) -> io::Result<bool> {
    Ok(is_marked(&fstat(folder)?) || is_marked_by_file(folder.as_fd()))
}

/// Removes the ACL and the group that the tree has inherited, because the archive doesn't contain them.
fn remove_inherited(tree: &OwnedFd) {
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
