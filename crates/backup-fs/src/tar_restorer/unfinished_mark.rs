//! The mark of a folder that isn't finished.
//!
//! A folder is made as its owner's alone, and sticky: nobody's folder is both, for that bit says something only where
//! others may write. It goes with the last that is set on the folder, its mode. So whoever goes on where a restore was
//! ended knows which of the folders that stand were made by that, without a list of them.
//!
//! On a disk that ignores modes or owners, a file in the folder is the mark. It counts only on such a disk: on any
//! other, somebody could have put it into a folder of their own.

use std::ffi::CString;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Mode, OFlags, Stat, fstat, openat, unlinkat};

use super::disks::ignores_owner_or_mode;
use super::temp_name::temporary_name;
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::metadata::Metadata;
use crate::posix::stat::lstat_at;

/// The mode of a folder that isn't finished.
pub(super) const UNFINISHED: Mode = Mode::RWXU.union(Mode::SVTX);

const STICKY: u32 = Mode::SVTX.bits();
const OTHERS: u32 = 0o077;
/// A folder may have it from the one above.
const SETGID: u32 = 0o2000;

/// Returns whether a folder carries the mark.
pub(super) fn is_marked(stat: &Stat) -> bool {
    stat.st_mode & (STICKY | OTHERS) == STICKY
}

/// Returns the name of the file that marks a folder. It is a temporary name that no entry can have.
pub(super) fn file_name() -> CString {
    temporary_name(c"")
}

/// Marks a folder that was just made, if its owner and mode don't. If that fails, only its time and mode may be wrong
/// after a restore that was ended and repeated.
pub(super) fn put(folder: BorrowedFd<'_>) {
    let is_own = |stat: &Stat| stat.st_uid == rustix::process::geteuid().as_raw();
    if !fstat(folder).is_ok_and(|stat| is_marked(&stat) && is_own(&stat)) {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let _ = openat(folder, file_name(), flags, Mode::RUSR | Mode::WUSR);
    }
}

/// Removes the file that marks a folder. This changes the folder's time, which is set afterwards.
pub(super) fn remove(folder: BorrowedFd<'_>) {
    let _ = unlinkat(folder, file_name(), AtFlags::empty());
}

/// Returns whether a folder contains the file.
pub(super) fn has_file(folder: BorrowedFd<'_>) -> bool {
    lstat_at(folder, file_name()).is_ok_and(|found| found.is_some())
}

/// Returns whether a folder contains the file and is on a disk where that counts.
pub(super) fn is_marked_by_file(folder: BorrowedFd<'_>) -> bool {
    has_file(folder) && ignores_owner_or_mode(folder)
}

/// Returns whether a folder that stands was left unfinished by an earlier restore of ours, which may have given it the
/// owner already, or the ACL that shows in its mode.
pub(super) fn is_unfinished(stat: &Stat, wanted: Option<&Metadata>) -> bool {
    let mode = stat.st_mode & 0o7777 & !SETGID;
    let has_list = wanted.is_some_and(|wanted| {
        let own = wanted.mode & !SETGID;
        wanted.has(ACCESS_LISTS[0].to_bytes()) && own & STICKY == 0 && mode == own | STICKY
    });
    let new_owner = wanted.and_then(|wanted| wanted.owner).map(|(uid, _)| uid.as_raw());
    let is_own = stat.st_uid == rustix::process::geteuid().as_raw() || new_owner == Some(stat.st_uid);
    is_own && (is_marked(stat) || has_list)
}
