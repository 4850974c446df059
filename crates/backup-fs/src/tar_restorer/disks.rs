//! What the disks of a target do with owners, modes, times and names.
//!
//! A disk that keeps owners and modes must be treated strictly, even if somebody makes a folder look as if it didn't.
//! So an exception is made only after a [trial](Trial) in that very folder.

use std::collections::HashMap;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use backup_core::model::restore::Refusal;
use rustix::fs::{FileType, Stat, fstat};
use rustix::process::geteuid;

use super::obstacle::Obstacle;
use super::spelling::Spelling;
use super::trial::{Traits, Trial};
use crate::posix::metadata::{Metadata, modified};
use crate::posix::stat::lstat_at;

/// The disks of a target.
#[derive(Debug)]
pub(super) struct Disks {
    /// Whether a trial may make a file for a moment.
    tries: bool,
    /// Whether each device keeps everything that it is asked to keep.
    exact: Mutex<HashMap<u64, bool>>,
    spelling: Spelling,
}

impl Disks {
    /// `tries` is false for a preview, which writes nothing.
    pub(super) fn new(tries: bool) -> Self {
        Self { tries, exact: Mutex::default(), spelling: Spelling::default() }
    }

    /// Returns what has that name in a folder, never what a link of that name leads to.
    ///
    /// # Errors
    /// [`Refusal::SameName`] if it is another entry, whose name the disk can't tell from this one.
    pub(super) fn look(&self, folder: BorrowedFd<'_>, name: &CStr) -> Result<Option<Stat>, Obstacle> {
        let found = lstat_at(folder, name)?;
        if found.is_some() && self.spelling.is_other_entry(folder, name)? {
            return Err(Refusal::SameName.into());
        }
        Ok(found)
    }

    /// Returns whether the disk has shortened a name that was just made.
    pub(super) fn shortens(&self, folder: BorrowedFd<'_>, name: &CStr) -> bool {
        self.spelling.shortens(folder, name)
    }

    /// Returns whether an existing entry differs from what is wanted only because the disk can't do better. Extended
    /// attributes aren't looked at.
    pub(super) fn is_best_possible(&self, folder: BorrowedFd<'_>, wanted: &Metadata, stat: &Stat) -> bool {
        if !self.tries {
            return false;
        }
        // One trial at a time: those in one folder may share a name.
        let mut exact = self.exact.lock().unwrap_or_else(PoisonError::into_inner);
        if exact.get(&stat.st_dev) == Some(&true) && Trial::is_tried(wanted) {
            return false;
        }
        let Ok(trial) = Trial::begin(folder) else { return false };
        if *exact.entry(stat.st_dev).or_insert_with(|| trial.is_exact()) && Trial::is_tried(wanted) {
            return false;
        }
        trial.shows(wanted).is_some_and(|shown| is_best_possible(wanted, stat, &shown))
    }
}

fn is_best_possible(wanted: &Metadata, stat: &Stat, shown: &Stat) -> bool {
    let is_as_old = wanted.is_as_old_as(stat) || modified(stat) == modified(shown);
    if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
        return is_as_old;
    }
    let (mode, shown_mode) = (stat.st_mode & 0o7777, shown.st_mode & 0o7777);
    let is_owned = wanted.is_owned_as(stat) || (stat.st_uid, stat.st_gid) == (shown.st_uid, shown.st_gid);
    is_as_old && is_owned && (mode == wanted.mode || mode == shown_mode)
}

/// Returns whether an open folder belongs to this user alone, as far as its disk can tell.
///
/// An owner or a mode that the disk ignores isn't required.
pub(super) fn is_ours_alone(above: BorrowedFd<'_>, folder: &OwnedFd) -> io::Result<bool> {
    let stat = fstat(folder)?;
    if is_own(&stat) && is_shut(&stat) {
        return Ok(true);
    }
    // A new folder is on the disk of its parent. One on another disk was put there by somebody else.
    if fstat(above)?.st_dev != stat.st_dev {
        return Ok(false);
    }
    let traits = Trial::begin(folder.as_fd()).map(|trial| trial.traits());
    Ok(traits.is_ok_and(|traits| can_be_ours(&stat, traits)))
}

/// Returns whether a folder can be this user's own on a disk with these traits.
fn can_be_ours(stat: &Stat, traits: Traits) -> bool {
    (is_own(stat) || stat.st_uid == traits.owner) && (is_shut(stat) || !traits.keeps_modes)
}

/// Returns whether the disk of a folder ignores owners or modes.
pub(super) fn ignores_owner_or_mode(folder: BorrowedFd<'_>) -> bool {
    let traits = Trial::begin(folder).map(|trial| trial.traits());
    traits.is_ok_and(|traits| traits.owner != geteuid().as_raw() || !traits.keeps_modes)
}

fn is_own(stat: &Stat) -> bool {
    stat.st_uid == geteuid().as_raw()
}

fn is_shut(stat: &Stat) -> bool {
    stat.st_mode & 0o077 == 0
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Timespec, statat};

    use super::*;

    fn stat(st_uid: u32, st_mode: u32, seconds: i64) -> Stat {
        let mut stat = statat(CWD, ".", rustix::fs::AtFlags::empty()).unwrap();
        (stat.st_uid, stat.st_mode) = (st_uid, st_mode);
        (stat.st_mtime, stat.st_mtime_nsec) = (seconds, 0);
        stat
    }

    #[test]
    fn a_folder_is_judged_by_what_its_disk_can_keep() {
        let us = geteuid().as_raw();
        let them = us + 1;
        let cases = [
            // The disk keeps both.
            ((us, 0o700), (us, true), true),
            ((us, 0o755), (us, true), false),
            ((them, 0o700), (us, true), false),
            // It keeps only owners, or only modes.
            ((us, 0o755), (us, false), true),
            ((them, 0o755), (us, false), false),
            ((them, 0o700), (them, true), true),
            ((them, 0o755), (them, true), false),
            // It maps this user to another one, and the folder belongs to a third.
            ((them + 1, 0o700), (them, true), false),
            ((them + 1, 0o755), (them, false), false),
            // It keeps neither.
            ((them, 0o755), (them, false), true),
        ];
        for ((uid, mode), (owner, keeps_modes), expected) in cases {
            let is_ours = can_be_ours(&stat(uid, 0o40000 | mode, 0), Traits { owner, keeps_modes });
            assert_eq!(is_ours, expected, "{uid} {mode:o} where files are {owner}'s, {keeps_modes}");
        }
    }

    #[test]
    fn what_stands_is_as_near_as_the_disk_comes() {
        let time = |tv_sec| Timespec { tv_sec, tv_nsec: 0 };
        let wanted = Metadata::bare(0o640, time(7));
        let us = geteuid().as_raw();
        let shown = stat(us, 0o100_755, 6);
        let cases =
            [(0o755, 6, true), (0o640, 7, true), (0o640, 6, true), (0o600, 6, false), (0o755, 8, false)];
        for (mode, seconds, expected) in cases {
            let is_near = is_best_possible(&wanted, &stat(us, 0o100_000 | mode, seconds), &shown);
            assert_eq!(is_near, expected, "{mode:o} {seconds}");
        }
        let link = stat(us + 1, 0o120_777, 6);
        assert!(is_best_possible(&wanted, &link, &shown), "a link is told by its time alone");
    }

    #[test]
    fn a_disk_that_keeps_all_is_no_excuse() {
        let home = tempfile::tempdir().unwrap();
        let folder = OwnedFd::from(std::fs::File::open(home.path()).unwrap());
        let trial = Trial::begin(folder.as_fd()).unwrap();
        let traits = Traits { owner: geteuid().as_raw(), keeps_modes: true };
        assert_eq!(trial.traits(), traits);
        drop(trial);
        assert!(!ignores_owner_or_mode(folder.as_fd()));
        for (mode, expected) in [(0o700, true), (0o750, false), (0o707, false)] {
            rustix::fs::fchmod(&folder, rustix::fs::Mode::from_raw_mode(mode)).unwrap();
            assert_eq!(is_ours_alone(folder.as_fd(), &folder).unwrap(), expected, "{mode:o}");
        }
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "a trial leaves nothing");
    }
}
