//! Scratch folders: private temporary folders that are locked while they are in use, and removed afterwards.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use backup_core::model::archive::BackupName;
use backup_core::text::printable;
use rustix::fs::{AtFlags, Mode, OFlags, chmod, fstat, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::error::{lock_held, refused};
use crate::file::dir::{DirHandle, names_in};
use crate::file::lock::try_lock;
use crate::posix::acl::strip_lists;
use crate::posix::rename_new::move_new_folder;
use crate::posix::stat::{is_folder, lstat_at};

/// What a scratch folder is for. Their names begin with a dot, and end with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An archive is restored there for a drill.
    Drill,
    /// A file is written there before it is packed.
    Staging,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Drill, Self::Staging];

    fn ending(self) -> &'static str {
        match self {
            Self::Drill => ".drill",
            Self::Staging => ".staging",
        }
    }
}

/// A scratch folder. When it is dropped, it is removed with everything in it.
#[derive(Debug)]
pub(crate) struct ScratchDir {
    parent: DirHandle,
    name: String,
    folder: File,
}

impl ScratchDir {
    /// Creates the scratch folder for a name. Removes what a dead process left of an earlier one.
    ///
    /// # Errors
    /// - [Busy](lock_held): somebody else is using it.
    /// - [`io::ErrorKind::PermissionDenied`]: another user has created it.
    /// - [Refused](refused): it is a leftover, in a folder where other users may rename things.
    /// - Any failure to create it.
    pub(crate) fn make(parent: DirHandle, name: &str, purpose: Purpose) -> io::Result<Self> {
        let name = format!(".{name}{}", purpose.ending());
        loop {
            match mkdirat(&parent, &name, Mode::RWXU) {
                Ok(()) => {}
                Err(Errno::EXIST) if remove_if_dead(&parent, OsStr::new(&name))? => continue,
                Err(Errno::EXIST) => return Err(in_use(purpose)),
                Err(errno) => return Err(errno.into()),
            }
            // A sweep may have locked or removed it in the meantime.
            let Some(folder) = open_folder(parent.as_fd(), OsStr::new(&name))?.map(File::from) else {
                continue;
            };
            refuse_foreign(&parent, &folder)?;
            if try_lock(&folder)? && parent.leads_to(&name, &folder)? {
                refuse_moved_in(&parent, &name, &folder)?;
                // Restored entries would inherit them in turn.
                strip_lists(&folder);
                return Ok(Self { parent, name, folder });
            }
        }
    }

    /// Returns the path, for other programs.
    pub(crate) fn path(&self) -> PathBuf {
        self.parent.path_of(&self.name)
    }

    /// Removes everything in the folder.
    pub(crate) fn clear(&self) -> io::Result<()> {
        clear(self.folder.as_fd())
    }

    /// Creates a folder in it and opens that.
    pub(crate) fn make_folder(&self, name: &str) -> io::Result<OwnedFd> {
        mkdirat(&self.folder, name, Mode::RWXU)?;
        let folder = open_folder(self.folder.as_fd(), OsStr::new(name))?;
        folder.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl AsFd for ScratchDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

impl Drop for ScratchDir {
    /// Removes the folder while it is still locked. If that fails, a later sweep removes it.
    fn drop(&mut self) {
        if clear(self.folder.as_fd()).is_ok() {
            let _ = unlinkat(&self.parent, &self.name, AtFlags::REMOVEDIR);
        }
    }
}

/// Removes the scratch folders that dead processes left.
///
/// # Errors
/// The first failure. All other folders are removed before it is returned.
pub(crate) fn remove_old_scratch(parent: &DirHandle) -> io::Result<()> {
    let mut swept = Ok(());
    for name in parent.names()?.iter().filter(|name| is_scratch(name)) {
        swept = swept.and(remove_if_dead(parent, name).map(drop));
    }
    swept
}

/// Removes the scratch folder that a dead drill of this backup left.
///
/// # Errors
/// Any failure to remove it.
pub(crate) fn remove_dead_drill(parent: &DirHandle, backup: &BackupName) -> io::Result<()> {
    remove_if_dead(parent, OsStr::new(&format!(".{backup}{}", Purpose::Drill.ending()))).map(drop)
}

fn is_scratch(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    bytes.starts_with(b".") && Purpose::ALL.iter().any(|purpose| bytes.ends_with(purpose.ending().as_bytes()))
}

/// Removes a scratch folder that nobody uses. Returns whether it is gone. Anything but a folder stays.
fn remove_if_dead(parent: &DirHandle, name: &OsStr) -> io::Result<bool> {
    let Some(folder) = open_folder(parent.as_fd(), name)?.map(File::from) else {
        return Ok(parent.stat(name)?.is_none());
    };
    refuse_foreign(parent, &folder)?;
    if !try_lock(&folder)? {
        return Ok(false);
    }
    if parent.leads_to(name, &folder)? {
        refuse_leftover(parent, name)?;
        clear(folder.as_fd())?;
        unlinkat(parent, name, AtFlags::REMOVEDIR)?;
    }
    Ok(true)
}

/// Refuses a scratch folder of another user, if other users can create folders there.
///
/// Its owner could replace a folder in it with a link, just before that folder is changed.
fn refuse_foreign(parent: &DirHandle, folder: &File) -> io::Result<()> {
    if !is_private(parent)? && fstat(folder)?.st_uid != geteuid().as_raw() {
        let reason = "its scratch folder belongs to somebody else";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    Ok(())
}

/// Refuses to clear a leftover in a folder where other users can rename things.
///
/// They may have moved any folder of this user there. It can't be found out whether a drill created it.
fn refuse_leftover(parent: &DirHandle, name: &OsStr) -> io::Result<()> {
    if is_private(parent)? {
        return Ok(());
    }
    let path = printable(parent.path_of(name).as_os_str().as_bytes());
    let advice = format!("if you need nothing in it, remove it: rm -r {path}");
    Err(refused(format!("{path} exists, and other users could have put it there; {advice}")))
}

/// Refuses a folder that somebody has put in the place of the new scratch folder.
fn refuse_moved_in(parent: &DirHandle, name: &str, folder: &File) -> io::Result<()> {
    if names_in(folder.as_fd())?.is_empty() { Ok(()) } else { refuse_leftover(parent, OsStr::new(name)) }
}

/// Returns whether only root and this user can create and rename things in a folder.
fn is_private(folder: &DirHandle) -> io::Result<bool> {
    let stat = fstat(folder)?;
    let is_own = stat.st_uid == ROOT || stat.st_uid == geteuid().as_raw();
    Ok(is_own && stat.st_mode & 0o022 == 0)
}

const ROOT: u32 = 0;

fn open_folder(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<Option<OwnedFd>> {
    open_folder_with(parent, name, OFlags::RDONLY)
}

fn open_folder_with(parent: BorrowedFd<'_>, name: &OsStr, flags: OFlags) -> io::Result<Option<OwnedFd>> {
    let flags = flags | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(parent, name, flags, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Removes everything in a folder that nobody else can enter.
///
/// Nested folders are moved up into it first, so that no depth is too deep.
fn clear(folder: BorrowedFd<'_>) -> io::Result<()> {
    let mut moved = 0;
    loop {
        let names = names_in(folder)?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            if !unlink(folder, &name)? {
                empty(folder, &name, &mut moved)?;
                unlinkat(folder, &name, AtFlags::REMOVEDIR)?;
            }
        }
    }
}

/// Empties the folder of that name in `root`. Its own folders are moved into `root`, under numbered names.
fn empty(root: BorrowedFd<'_>, name: &OsStr, moved: &mut u64) -> io::Result<()> {
    let Some(folder) = open_up(root, name)? else { return Err(Errno::NOTDIR.into()) };
    for inner in names_in(folder.as_fd())? {
        if unlink(folder.as_fd(), &inner)? {
            continue;
        }
        // Moving a folder changes its `..` entry, which needs the right to write to the folder itself.
        open_up(folder.as_fd(), &inner)?;
        loop {
            *moved += 1;
            match move_new_folder((folder.as_fd(), &inner), (root, &format!("moved {moved}"))) {
                Err(Errno::EXIST | Errno::NOTEMPTY) => {}
                renamed => break renamed?,
            }
        }
    }
    Ok(())
}

/// Gives the owner of a folder all rights to it, and opens it. Returns `None` if it is not a folder.
///
/// A symbolic link is never followed, even if somebody puts it in the folder's place at that moment.
fn open_up(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<Option<OwnedFd>> {
    // `O_PATH` needs no rights to the folder itself.
    let Some(found) = open_folder_with(parent, name, OFlags::PATH)? else { return Ok(None) };
    // The kernel's own link leads to exactly this folder.
    let link = format!("/proc/self/fd/{}", found.as_raw_fd());
    // If this fails, the rights that the folder has may be enough.
    let _ = chmod(link, Mode::RWXU);
    open_folder(found.as_fd(), OsStr::new("."))
}

/// Removes anything but a folder. Returns false for a folder.
fn unlink(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<bool> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::ISDIR) => Ok(false),
        // This is the error of POSIX for a folder.
        Err(Errno::PERM) if lstat_at(folder, name)?.is_some_and(|stat| is_folder(&stat)) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

fn in_use(purpose: Purpose) -> io::Error {
    lock_held(match purpose {
        Purpose::Drill => "another drill of this backup is running",
        Purpose::Staging => "another run of this backup is running",
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use backup_core::model::error::Failure;

    use super::*;
    use crate::error::failure_of;

    fn open(path: &Path) -> DirHandle {
        DirHandle::open(path, OFlags::empty()).unwrap()
    }

    fn listed(path: &Path) -> Vec<OsString> {
        open(path).names().unwrap()
    }

    /// Fills a folder with entries that are hard to remove.
    fn fill(path: &Path) {
        let mut deep = path.join("deep");
        for _ in 0..300 {
            deep.push("moved 1");
        }
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(path.join("moved 1/moved 2/moved 3")).unwrap();
        fs::create_dir_all(path.join("shut/in")).unwrap();
        fs::write(path.join("shut/in/file"), "x").unwrap();
        symlink("/", path.join("shut/root")).unwrap();
        for (name, mode) in [("shut/in/file", 0), ("shut/in", 0o500), ("shut", 0o100)] {
            fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    #[test]
    fn never_removes_a_folder_of_another_user() {
        if !geteuid().is_root() {
            return backup_core::testing::skipped("only root can give files away");
        }
        let home = tempfile::tempdir().unwrap();
        let theirs = home.path().join(".docs.drill");
        fs::create_dir_all(theirs.join("inner")).unwrap();
        std::os::unix::fs::chown(&theirs, Some(7), Some(7)).unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let refused = ScratchDir::make(open(home.path()), "docs", Purpose::Drill).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(remove_old_scratch(&open(home.path())).is_err());
        assert_eq!(listed(&theirs), ["inner"]);
        // If nobody else can create folders there, it is a leftover like any other.
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        remove_old_scratch(&open(home.path())).unwrap();
        assert_eq!(listed(home.path()), <[&str; 0]>::default());
    }

    /// The owner of a leftover doesn't prove who created it.
    #[test]
    fn keeps_a_leftover_that_other_users_could_have_put_there() {
        if !geteuid().is_root() {
            return backup_core::testing::skipped("only root can give files away");
        }
        for (owner, mode) in [(1_234, 0o755), (0, 0o1777), (0, 0o775)] {
            let place = tempfile::tempdir().unwrap();
            std::os::unix::fs::chown(place.path(), Some(owner), Some(owner)).unwrap();
            fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
            let moved = place.path().join(".docs.drill");
            fs::create_dir_all(moved.join("precious")).unwrap();
            let error = ScratchDir::make(open(place.path()), "docs", Purpose::Drill).unwrap_err();
            assert_eq!(failure_of(&error), Failure::Refused, "{mode:o} {error}");
            assert!(error.to_string().contains(&format!("rm -r {}", moved.display())), "{error}");
            assert!(remove_old_scratch(&open(place.path())).is_err(), "{mode:o}");
            assert_eq!(listed(&moved), ["precious"], "{mode:o}");
            // A folder in use is reported as busy, and it is removed after its drill.
            let used = ScratchDir::make(open(place.path()), "used", Purpose::Drill).unwrap();
            let second = ScratchDir::make(open(place.path()), "used", Purpose::Drill).unwrap_err();
            assert_eq!(failure_of(&second), Failure::Busy);
            drop(used);
            assert_eq!(listed(place.path()), [".docs.drill"], "{mode:o}");
        }
    }

    #[test]
    fn is_removed_with_everything_in_it() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("beside"), "x").unwrap();
        let scratch = ScratchDir::make(open(home.path()), "docs", Purpose::Drill).unwrap();
        assert_eq!(fs::metadata(scratch.path()).unwrap().permissions().mode() & 0o777, 0o700);
        scratch.make_folder("tree").unwrap();
        fill(&scratch.path());
        drop(scratch);
        assert_eq!(listed(home.path()), ["beside"]);
    }

    #[test]
    fn a_dead_drill_of_one_backup_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let used = ScratchDir::make(open(home.path()), "used", Purpose::Drill).unwrap();
        for dead in [".docs.drill", ".other.drill"] {
            fs::create_dir(home.path().join(dead)).unwrap();
            fill(&home.path().join(dead));
        }
        for name in ["docs", "used", "none"] {
            remove_dead_drill(&open(home.path()), &name.parse().unwrap()).unwrap();
        }
        assert_eq!(listed(home.path()), [".other.drill", ".used.drill"]);
        drop(used);
    }

    #[test]
    fn sweeps_only_the_folders_of_dead_processes() {
        let home = tempfile::tempdir().unwrap();
        let used = ScratchDir::make(open(home.path()), "used", Purpose::Drill).unwrap();
        fs::create_dir(home.path().join(".dead.drill")).unwrap();
        fill(&home.path().join(".dead.drill"));
        for foreign in [".file.drill", "plain.drill", ".other"] {
            fs::write(home.path().join(foreign), "x").unwrap();
        }
        remove_old_scratch(&open(home.path())).unwrap();
        assert_eq!(listed(home.path()), [".file.drill", ".other", ".used.drill", "plain.drill"]);
        let second = ScratchDir::make(open(home.path()), "used", Purpose::Drill).unwrap_err();
        assert_eq!(failure_of(&second), Failure::Busy);
        drop(used);
        fs::create_dir(home.path().join(".used.drill")).unwrap();
        fill(&home.path().join(".used.drill"));
        let taken_over = ScratchDir::make(open(home.path()), "used", Purpose::Drill).unwrap();
        assert_eq!(listed(&taken_over.path()), <[&str; 0]>::default());
    }

    /// Somebody may swap an entry at any moment.
    #[test]
    fn never_follows_a_link_that_replaced_a_folder() {
        let (place, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::set_permissions(outside.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(outside.path().join("inner")).unwrap();
        symlink(outside.path(), place.path().join("swapped")).unwrap();
        let top = open(place.path());
        assert!(empty(top.as_fd(), OsStr::new("swapped"), &mut 0).is_err());
        assert!(open_up(top.as_fd(), OsStr::new("swapped")).unwrap().is_none());
        assert_eq!(fs::metadata(outside.path()).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(listed(outside.path()), ["inner"]);
    }
}
