//! Gives a file or a folder its name without replacing what has that name, on any disk.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, Stat, fstat, linkat, openat, renameat, renameat_with, statat,
    unlinkat,
};
use rustix::io::Errno;
use rustix::path::Arg;

/// Renames a file in a folder, and replaces nothing.
///
/// Not every file system can rename without replacing. Not every one of those has hard links.
///
/// # Errors
/// `EXIST` where something has the new name; whatever else the disk fails with.
pub(crate) fn rename_new(folder: BorrowedFd<'_>, from: &CStr, to: &CStr) -> Result<(), Errno> {
    match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(errno) if is_unknown(errno) => {}
        renamed => return renamed,
    }
    match linkat(folder, from, folder, to, AtFlags::empty()) {
        Err(errno) if is_unknown(errno) => rename_over_own(folder, from, to),
        Err(errno) => Err(errno),
        // The file has its name. That it keeps the old one as well, in a folder that only grows, takes nothing away.
        Ok(()) => {
            let _ = unlinkat(folder, from, AtFlags::empty());
            Ok(())
        }
    }
}

/// Moves a folder to another one, and replaces nothing but an empty folder.
///
/// # Errors
/// `EXIST` or `NOTEMPTY` where something has the new name; whatever else the disk fails with.
pub(crate) fn move_new_folder(
    (from, name): (BorrowedFd<'_>, impl Arg + Copy),
    (to, new_name): (BorrowedFd<'_>, impl Arg + Copy),
) -> Result<(), Errno> {
    match renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE) {
        // Not every file system can; a folder can't take the place of anything but an empty folder.
        Err(errno) if is_unknown(errno) => renameat(from, name, to, new_name),
        renamed => renamed,
    }
}

/// Takes the name with an empty file, which fails if the name exists, and then renames over that file. So nothing that
/// existed is replaced. Two things are not prevented in the moment between: somebody else may write to the empty file,
/// and a kill leaves it behind.
fn rename_over_own(folder: BorrowedFd<'_>, from: &CStr, to: &CStr) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let own = fstat(openat(folder, to, flags, Mode::RUSR | Mode::WUSR)?)?;
    let renamed = renameat(folder, from, folder, to);
    let is_own = |stat: Stat| (stat.st_ino, stat.st_size) == (own.st_ino, 0);
    if renamed.is_err() && statat(folder, to, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(is_own) {
        let _ = unlinkat(folder, to, AtFlags::empty());
    }
    renamed
}

/// Returns whether a file system may fail like this for an operation that it doesn't have.
pub(crate) fn is_unknown(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS | Errno::MLINK
    )
}
