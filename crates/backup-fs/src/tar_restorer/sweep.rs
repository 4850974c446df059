//! What a restore that was killed has left in a folder that people see: entries under their temporary names.
//!
//! The same restore, repeated, takes such names for itself; these are the others. They are told by the form of the name
//! and by their age: nothing has changed them since before this restore began, so that nobody is at work on them. A
//! restore that is at work in a part of this target, or above it, isn't kept away by a lock.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, Stat, unlinkat};

use super::temp_name::is_temporary;
use super::unfinished_mark;
use crate::posix::stat::{is_folder, lstat_at};

/// File systems tell times that are a little old.
const MARGIN: Duration = Duration::from_secs(2);

/// Removes what was left in a folder before that time. What can't be removed does no harm.
pub(super) fn sweep(folder: BorrowedFd<'_>, begun: SystemTime) {
    let Ok(entries) = Dir::read_from(folder) else { return };
    let is_swept = |name: &CStr| is_temporary(name) && name != unfinished_mark::file_name().as_c_str();
    for entry in entries.flatten().filter(|entry| is_swept(entry.file_name())) {
        let name: &CStr = entry.file_name();
        let is_left = |stat: &Stat| !is_folder(stat) && changed(stat).is_some_and(|at| at + MARGIN < begun);
        if lstat_at(folder, name).is_ok_and(|stat| stat.is_some_and(|stat| is_left(&stat))) {
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
    fn what_was_left_goes_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let left = ".restoring-0123456789abcdef";
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
        fs::write(home.path().join(left), "x").unwrap();
        let folder = fs::File::open(home.path()).unwrap();
        let names = || fs::read_dir(home.path()).unwrap().count();
        sweep(folder.as_fd(), SystemTime::now());
        assert_eq!(names(), others.len() + 2, "somebody may be at work on it");
        sweep(folder.as_fd(), SystemTime::now() + Duration::from_secs(60));
        assert_eq!(names(), others.len() + 1);
        assert!(!home.path().join(left).exists());
    }
}
