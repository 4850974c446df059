//! A scratch folder: made for one use, for its owner alone, locked as long as it is in use, and gone afterwards.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use backup_core::text::printable;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, chmod, fremovexattr, fstat, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::error::{lock_held, refused};
use crate::file::dir::{DirHandle, names_in};
use crate::file::lock::try_lock;
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::rename_new::move_new_folder;

/// What the names of scratch folders end with; they begin with a dot.
const ENDING: &str = ".drill";

/// A scratch folder. Dropped, it is removed with all that is in it.
#[derive(Debug)]
pub(crate) struct ScratchDir {
    parent: DirHandle,
    name: String,
    folder: File,
}

impl ScratchDir {
    /// Makes the scratch folder of that name, and removes what a dead process left of an earlier one.
    ///
    /// # Errors
    /// [Busy](lock_held) while somebody else uses it, [`io::ErrorKind::PermissionDenied`] where somebody else has
    /// put it there; whatever else keeps it from being made.
    pub(crate) fn make(parent: DirHandle, name: &str) -> io::Result<Self> {
        let name = format!(".{name}{ENDING}");
        loop {
            match mkdirat(&parent, &name, Mode::RWXU) {
                Ok(()) => {}
                Err(Errno::EXIST) if remove_if_dead(&parent, OsStr::new(&name))? => continue,
                Err(Errno::EXIST) => return Err(drill_under_way()),
                Err(errno) => return Err(errno.into()),
            }
            // Who swept meanwhile may have it, or have removed it.
            let Some(folder) = open_folder(parent.as_fd(), OsStr::new(&name))?.map(File::from) else {
                continue;
            };
            refuse_foreign(&parent, &folder)?;
            if try_lock(&folder)? && parent.leads_to(&name, &folder)? {
                refuse_moved_in(&parent, &name, &folder)?;
                strip_lists(folder.as_fd());
                return Ok(Self { parent, name, folder });
            }
        }
    }

    /// Returns the path, for tools.
    pub(crate) fn path(&self) -> PathBuf {
        self.parent.path_of(&self.name)
    }

    /// Removes all that is in it.
    pub(crate) fn clear(&self) -> io::Result<()> {
        clear(self.folder.as_fd())
    }

    /// Makes a folder in it, and opens that.
    pub(crate) fn make_folder(&self, name: &str) -> io::Result<OwnedFd> {
        mkdirat(&self.folder, name, Mode::RWXU)?;
        let folder = open_folder(self.folder.as_fd(), OsStr::new(name))?;
        folder.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Drop for ScratchDir {
    /// Removes it while it is still locked. What can't be removed now is swept later.
    fn drop(&mut self) {
        if clear(self.folder.as_fd()).is_ok() {
            let _ = unlinkat(&self.parent, &self.name, AtFlags::REMOVEDIR);
        }
    }
}

/// Removes the scratch folders that dead processes left.
///
/// # Errors
/// The first of all failures, once everything else is removed.
pub(crate) fn sweep_scratch(parent: &DirHandle) -> io::Result<()> {
    let mut swept = Ok(());
    for name in parent.names()?.iter().filter(|name| is_scratch(name)) {
        swept = swept.and(remove_if_dead(parent, name).map(drop));
    }
    swept
}

fn is_scratch(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    bytes.starts_with(b".") && bytes.ends_with(ENDING.as_bytes())
}

/// Removes a scratch folder that nobody uses, and returns whether it is gone. What is no folder is nobody's scratch, and
/// stays.
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

/// Refuses what somebody else has put where others can: its owner could have a link take the place of a folder in it that
/// is about to be changed.
fn refuse_foreign(parent: &DirHandle, folder: &File) -> io::Result<()> {
    if !is_private(parent)? && fstat(folder)?.st_uid != geteuid().as_raw() {
        let reason = "its scratch folder belongs to somebody else";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    Ok(())
}

/// Refuses to clear what lies where others can rename folders: it may be any folder of the caller's, and whether a drill
/// made it can't be told.
fn refuse_leftover(parent: &DirHandle, name: &OsStr) -> io::Result<()> {
    if is_private(parent)? {
        return Ok(());
    }
    let path = printable(parent.path_of(name).as_os_str().as_bytes());
    let way_out = format!("if nothing in it is needed, remove it: rm -r {path}");
    Err(refused(format!("{path} is there, where others could have put any folder; {way_out}")))
}

/// Refuses what was put in the place of a scratch folder that was just made.
fn refuse_moved_in(parent: &DirHandle, name: &str, folder: &File) -> io::Result<()> {
    if names_in(folder.as_fd())?.is_empty() { Ok(()) } else { refuse_leftover(parent, OsStr::new(name)) }
}

/// Returns whether nobody but root and the caller makes and renames what is in a folder.
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

/// What the folder above gives on by its ACL is not what an archive says.
fn strip_lists(folder: BorrowedFd<'_>) {
    for list in ACCESS_LISTS {
        let _ = fremovexattr(folder, list);
    }
}

/// Removes all that is in a folder which nobody else can enter. Folders are moved to its top first, so that it doesn't
/// matter how deep they lie.
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

/// Empties the folder of that name, whose own folders move up.
fn empty(top: BorrowedFd<'_>, name: &OsStr, moved: &mut u64) -> io::Result<()> {
    let Some(folder) = open_up(top, name)? else { return Err(Errno::NOTDIR.into()) };
    for inner in names_in(folder.as_fd())? {
        if unlink(folder.as_fd(), &inner)? {
            continue;
        }
        // One that is moved gets another folder above it, which takes the right to write to it.
        open_up(folder.as_fd(), &inner)?;
        loop {
            *moved += 1;
            match move_new_folder((folder.as_fd(), &inner), (top, &format!("moved {moved}"))) {
                Err(Errno::EXIST | Errno::NOTEMPTY) => {}
                renamed => break renamed?,
            }
        }
    }
    Ok(())
}

/// Opens a folder of that name after its owner was given all rights to it. A link in its place is not followed, whoever
/// puts it there at whatever moment.
fn open_up(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<Option<OwnedFd>> {
    // Without rights it can't be opened in any other way.
    let Some(found) = open_folder_with(parent, name, OFlags::PATH)? else { return Ok(None) };
    // The kernel's own link leads to exactly that.
    let link = format!("/proc/self/fd/{}", found.as_raw_fd());
    // Where the disk refuses that, the rights may do all the same.
    let _ = chmod(link, Mode::RWXU);
    open_folder(found.as_fd(), OsStr::new("."))
}

/// Removes what is no folder, and returns whether it was none.
fn unlink(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<bool> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::ISDIR) => Ok(false),
        // What POSIX has for a folder.
        Err(Errno::PERM) if is_folder(folder, name)? => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

fn is_folder(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<bool> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

fn drill_under_way() -> io::Error {
    lock_held("another drill of it is under way")
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

    /// Fills a folder with what is hard to remove.
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
    fn what_somebody_else_has_put_there_stays() {
        if !geteuid().is_root() {
            return backup_core::testing::skipped("only root can give files away");
        }
        let home = tempfile::tempdir().unwrap();
        let theirs = home.path().join(".docs.drill");
        fs::create_dir_all(theirs.join("inner")).unwrap();
        std::os::unix::fs::chown(&theirs, Some(7), Some(7)).unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let refused = ScratchDir::make(open(home.path()), "docs").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(sweep_scratch(&open(home.path())).is_err());
        assert_eq!(listed(&theirs), ["inner"]);
        // Where nobody else makes names, it is a leftover like any other.
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        sweep_scratch(&open(home.path())).unwrap();
        assert_eq!(listed(home.path()), <[&str; 0]>::default());
    }

    /// Whose folder lies there now, or who else can rename it, says nothing of who made it.
    #[test]
    fn a_leftover_stays_where_others_could_have_put_it() {
        if !geteuid().is_root() {
            return backup_core::testing::skipped("only root can give files away");
        }
        for (owner, mode) in [(1_234, 0o755), (0, 0o1777), (0, 0o775)] {
            let place = tempfile::tempdir().unwrap();
            std::os::unix::fs::chown(place.path(), Some(owner), Some(owner)).unwrap();
            fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
            let moved = place.path().join(".docs.drill");
            fs::create_dir_all(moved.join("precious")).unwrap();
            let error = ScratchDir::make(open(place.path()), "docs").unwrap_err();
            assert_eq!(failure_of(&error), Failure::Refused, "{mode:o} {error}");
            assert!(error.to_string().contains(&format!("rm -r {}", moved.display())), "{error}");
            assert!(sweep_scratch(&open(place.path())).is_err(), "{mode:o}");
            assert_eq!(listed(&moved), ["precious"], "{mode:o}");
            // One that is in use is that and nothing else; and it is gone when its drill is over.
            let used = ScratchDir::make(open(place.path()), "used").unwrap();
            let second = ScratchDir::make(open(place.path()), "used").unwrap_err();
            assert_eq!(failure_of(&second), Failure::Busy);
            drop(used);
            assert_eq!(listed(place.path()), [".docs.drill"], "{mode:o}");
        }
    }

    #[test]
    fn what_is_in_it_goes_with_it() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("beside"), "x").unwrap();
        let scratch = ScratchDir::make(open(home.path()), "docs").unwrap();
        assert_eq!(fs::metadata(scratch.path()).unwrap().permissions().mode() & 0o777, 0o700);
        scratch.make_folder("tree").unwrap();
        fill(&scratch.path());
        drop(scratch);
        assert_eq!(listed(home.path()), ["beside"]);
    }

    #[test]
    fn one_that_is_in_use_stays_and_one_of_the_dead_goes() {
        let home = tempfile::tempdir().unwrap();
        let used = ScratchDir::make(open(home.path()), "used").unwrap();
        fs::create_dir(home.path().join(".dead.drill")).unwrap();
        fill(&home.path().join(".dead.drill"));
        for foreign in [".file.drill", "plain.drill", ".other"] {
            fs::write(home.path().join(foreign), "x").unwrap();
        }
        sweep_scratch(&open(home.path())).unwrap();
        assert_eq!(listed(home.path()), [".file.drill", ".other", ".used.drill", "plain.drill"]);
        let second = ScratchDir::make(open(home.path()), "used").unwrap_err();
        assert_eq!(failure_of(&second), Failure::Busy);
        drop(used);
        fs::create_dir(home.path().join(".used.drill")).unwrap();
        fill(&home.path().join(".used.drill"));
        let taken_over = ScratchDir::make(open(home.path()), "used").unwrap();
        assert_eq!(listed(&taken_over.path()), <[&str; 0]>::default());
    }

    /// Whoever can swap what is in it can do so at any moment.
    #[test]
    fn a_link_that_takes_the_place_of_a_folder_is_not_followed() {
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
