//! Renames that never replace anything, on file systems of every kind.

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
/// Some file systems can't rename without replacing. Then it uses a hard link or, if there are none either, an empty file
/// that reserves the name.
///
/// # Errors
/// `EXIST` if the new name exists; any other failure of the file system.
pub(crate) fn rename_new(folder: BorrowedFd<'_>, from: &CStr, to: &CStr) -> Result<(), Errno> {
    match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(errno) if is_unknown(errno) => {}
        renamed => return renamed,
    }
    match linkat(folder, from, folder, to, AtFlags::empty()) {
        Err(errno) if is_unknown(errno) => rename_over_reserved(folder, from, to),
        Err(errno) => Err(errno),
        // The file has its new name. In a folder that only allows additions it keeps the old one too, which does no harm.
        Ok(()) => {
            let _ = unlinkat(folder, from, AtFlags::empty());
            Ok(())
        }
    }
}

/// Moves a folder into another one, and replaces nothing but an empty folder.
///
/// # Errors
/// `EXIST` or `NOTEMPTY` if the new name exists; any other failure of the file system.
pub(crate) fn move_new_folder(
    (from, name): (BorrowedFd<'_>, impl Arg + Copy),
    (to, new_name): (BorrowedFd<'_>, impl Arg + Copy),
) -> Result<(), Errno> {
    match renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE) {
        // Some file systems can't do that. A plain rename of a folder replaces nothing but an empty folder anyway.
        Err(errno) if is_unknown(errno) => renameat(from, name, to, new_name),
        renamed => renamed,
    }
}

/// Reserves the name with an empty file, which fails if the name exists, and then renames over that file. So nothing that
/// existed is replaced.
///
/// Not prevented: between the two steps, somebody else may write to the empty file, and a kill leaves it behind.
fn rename_over_reserved(folder: BorrowedFd<'_>, from: &CStr, to: &CStr) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let reserved = fstat(openat(folder, to, flags, Mode::RUSR | Mode::WUSR)?)?;
    let renamed = renameat(folder, from, folder, to);
    let is_reserved = |stat: Stat| (stat.st_ino, stat.st_size) == (reserved.st_ino, 0);
    if renamed.is_err() && statat(folder, to, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(is_reserved) {
        let _ = unlinkat(folder, to, AtFlags::empty());
    }
    renamed
}

/// Returns whether a file system may fail with this error because it doesn't support the operation.
pub(crate) fn is_unknown(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS | Errno::MLINK
    )
}
