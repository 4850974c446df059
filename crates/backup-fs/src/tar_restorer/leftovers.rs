//! Removes leftovers of a killed restore: entries under temporary names.
//!
//! If the same restore is repeated, it reuses those names; this removes the others. They are recognized by the form
//! of the name and by their age: if they changed last before this restore started, nobody works on them. A restore in
//! a part of this target, or in a folder above it, isn't kept out by a lock.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, Stat, unlinkat};

use super::temp_name::is_temporary;
use super::unfinished_mark;
use crate::posix::stat::{is_folder, lstat_at};

/// The clock of a file system may be a little behind.
const MARGIN: Duration = Duration::from_secs(2);

/// Removes the leftovers in a folder that are older than a time. What can't be removed does no harm.
pub(super) fn remove_leftovers(folder: BorrowedFd<'_>, started_at: SystemTime) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    let is_swept = |name: &CStr| is_temporary(name) && name != unfinished_mark::file_name().as_c_str();
    for entry in entries.flatten().filter(|entry| is_swept(entry.file_name())) {
        let name: &CStr = entry.file_name();
        let is_leftover =
            |stat: &Stat| !is_folder(stat) && changed(stat).is_some_and(|at| at + MARGIN < started_at);
        if lstat_at(folder, name).is_ok_and(|stat| stat.is_some_and(|stat| is_leftover(&stat))) {
            let _ = unlinkat(folder, name, AtFlags::empty());
        }
    }
}

fn changed(stat: &Stat) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(stat.st_ctime).ok()?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn removes_only_old_temporary_files() {
        let home = tempfile::tempdir().unwrap();
        let leftover = ".restoring-0123456789abcdef";
        let mark = unfinished_mark::file_name();
        let others = [
            ".restoring-0123456789abcde",
            ".restoring-0123456789abcdef0",
            ".restoring-0123456789ABCDEF",
            "restoring-0123456789abcdef",
            ".restoring-",
            mark.to_str().unwrap(),
        ];
        for name in others {
            fs::write(home.path().join(name), "x").unwrap();
        }
        fs::create_dir(home.path().join(".restoring-aaaaaaaaaaaaaaaa")).unwrap();
        fs::write(home.path().join(leftover), "x").unwrap();
        let folder = fs::File::open(home.path()).unwrap();
        let names = || fs::read_dir(home.path()).unwrap().count();
        remove_leftovers(folder.as_fd(), SystemTime::now());
        assert_eq!(names(), others.len() + 2, "somebody may be at work on it");
        remove_leftovers(folder.as_fd(), SystemTime::now() + Duration::from_secs(60));
        assert_eq!(names(), others.len() + 1);
        assert!(!home.path().join(leftover).exists());
    }
}
