//! The mark of an unfinished folder.
//!
//! A new folder is accessible only to its owner and sticky. No other folder has both, because the sticky bit means
//! something only if others may write. The final mode, which is set last, removes the mark. So a restore that
//! continues an interrupted one recognizes the folders of that one without a list.
//!
//! On a disk that ignores modes or owners, the mark is a file in the folder. It counts only on such a disk. On any
//! other, somebody could have put it into a folder of their own.

use std::ffi::CString;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Mode, OFlags, Stat, fstat, openat, unlinkat};

use super::disk_limits::{ignores_owner_or_mode, is_owned_by_us};
use super::temp_name::temporary_name;
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::metadata::Metadata;
use crate::posix::stat::lstat_at;

/// The mode of an unfinished folder.
pub(super) const UNFINISHED: Mode = Mode::RWXU.union(Mode::SVTX);

const STICKY: u32 = Mode::SVTX.bits();
const OTHERS: u32 = 0o077;
/// A folder may inherit setgid.
const SETGID: u32 = 0o2000;

/// Returns whether a folder carries the mark.
pub(super) fn is_marked(stat: &Stat) -> bool {
    stat.st_mode & (STICKY | OTHERS) == STICKY
}

/// Returns the name of the file that marks a folder. It is a temporary name that no entry can have.
pub(super) fn file_name() -> CString {
    temporary_name(c"")
}

/// Marks a new folder, unless its owner and mode do.
///
/// If that fails, only its time and mode may be wrong after an interrupted and repeated restore.
pub(super) fn add(folder: BorrowedFd<'_>) {
    if !fstat(folder).is_ok_and(|stat| is_marked(&stat) && is_owned_by_us(&stat)) {
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

/// Returns whether an existing folder was left unfinished by an earlier restore.
///
/// That restore may have set the owner already, or the ACL, which shows in the mode.
pub(super) fn is_unfinished(stat: &Stat, metadata: Option<&Metadata>) -> bool {
    let mode = stat.st_mode & 0o7777 & !SETGID;
    let has_acl = metadata.is_some_and(|metadata| {
        let archived_mode = metadata.mode & !SETGID;
        metadata.has(ACCESS_LISTS[0].to_bytes())
            && archived_mode & STICKY == 0
            && mode == archived_mode | STICKY
    });
    let new_owner = metadata.and_then(|metadata| metadata.owner).map(|(uid, _)| uid.as_raw());
    (is_owned_by_us(stat) || new_owner == Some(stat.st_uid)) && (is_marked(stat) || has_acl)
}
