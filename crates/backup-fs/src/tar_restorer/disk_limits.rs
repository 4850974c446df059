//! The limits of the target's disks for owners, modes, times and names.
//!
//! A disk that keeps owners and modes is treated strictly, even if somebody makes a folder look otherwise. So an
//! exception is only made after a [trial](Trial) in that very folder.

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
pub(super) struct DiskLimits {
    /// Whether a trial may create a file for a moment.
    allows_trials: bool,
    /// Whether each device keeps everything that it is asked to keep.
    exact: Mutex<HashMap<u64, bool>>,
    spelling: Spelling,
}

impl DiskLimits {
    /// `allows_trials` is false for a preview, which writes nothing.
    pub(super) fn new(allows_trials: bool) -> Self {
        Self { allows_trials, exact: Mutex::default(), spelling: Spelling::default() }
    }

    /// Returns the metadata of what has that name in a folder.
    ///
    /// It never follows a link of that name.
    ///
    /// # Errors
    /// [`Refusal::SameName`] if it is another entry, whose name the disk can't tell from this one.
    pub(super) fn probe(&self, folder: BorrowedFd<'_>, name: &CStr) -> Result<Option<Stat>, Obstacle> {
        let found = lstat_at(folder, name)?;
        if found.is_some() && self.spelling.is_other_entry(folder, name)? {
            return Err(Refusal::SameName.into());
        }
        Ok(found)
    }

    /// Returns whether the disk has shortened a name that was just created.
    pub(super) fn shortens(&self, folder: BorrowedFd<'_>, name: &CStr) -> bool {
        self.spelling.drops_end(folder, name)
    }

    /// Returns whether an existing entry differs only because the disk can't do better. Extended attributes aren't
    /// compared.
    pub(super) fn is_best_possible(&self, folder: BorrowedFd<'_>, metadata: &Metadata, stat: &Stat) -> bool {
        if !self.allows_trials {
            return false;
        }
        // One trial at a time: those in one folder may share a name.
        let mut exact = self.exact.lock().unwrap_or_else(PoisonError::into_inner);
        if exact.get(&stat.st_dev) == Some(&true) && Trial::is_tried(metadata) {
            return false;
        }
        let Ok(trial) = Trial::start(folder) else { return false };
        if *exact.entry(stat.st_dev).or_insert_with(|| trial.is_exact()) && Trial::is_tried(metadata) {
            return false;
        }
        trial.shows(metadata).is_some_and(|shown| is_best_possible(metadata, stat, &shown))
    }
}

fn is_best_possible(metadata: &Metadata, stat: &Stat, shown: &Stat) -> bool {
    let is_as_old = metadata.is_as_old_as(stat) || modified(stat) == modified(shown);
    if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
        return is_as_old;
    }
    let (mode, shown_mode) = (stat.st_mode & 0o7777, shown.st_mode & 0o7777);
    let is_owned = metadata.is_owned_as(stat) || (stat.st_uid, stat.st_gid) == (shown.st_uid, shown.st_gid);
    is_as_old && is_owned && (mode == metadata.mode || mode == shown_mode)
}

/// Returns whether an open folder belongs to this user alone, as far as its disk can tell.
///
/// An owner or a mode that the disk ignores isn't required.
pub(super) fn is_private_to_us(above: BorrowedFd<'_>, folder: &OwnedFd) -> io::Result<bool> {
    let stat = fstat(folder)?;
    if is_owned_by_us(&stat) && is_private(&stat) {
        return Ok(true);
    }
    // A new folder is on the disk of its parent. One on another disk was put there by somebody else.
    if fstat(above)?.st_dev != stat.st_dev {
        return Ok(false);
    }
    let traits = Trial::start(folder.as_fd()).map(|trial| trial.traits());
    Ok(traits.is_ok_and(|traits| can_be_private(&stat, traits)))
}

/// Returns whether a folder can be this user's own on a disk with these traits.
fn can_be_private(stat: &Stat, traits: Traits) -> bool {
    (is_owned_by_us(stat) || stat.st_uid == traits.owner) && (is_private(stat) || !traits.keeps_modes)
}

/// Returns whether the disk of a folder ignores owners or modes.
pub(super) fn ignores_owner_or_mode(folder: BorrowedFd<'_>) -> bool {
    let traits = Trial::start(folder).map(|trial| trial.traits());
    traits.is_ok_and(|traits| traits.owner != geteuid().as_raw() || !traits.keeps_modes)
}

/// Returns whether an entry belongs to this user.
pub(super) fn is_owned_by_us(stat: &Stat) -> bool {
    stat.st_uid == geteuid().as_raw()
}

fn is_private(stat: &Stat) -> bool {
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
    fn accepts_a_folder_as_private_as_its_disk_allows() {
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
            let is_ours = can_be_private(&stat(uid, 0o40000 | mode, 0), Traits { owner, keeps_modes });
            assert_eq!(is_ours, expected, "{uid} {mode:o} where files are {owner}'s, {keeps_modes}");
        }
    }

    #[test]
    fn accepts_an_entry_as_close_as_its_disk_allows() {
        let time = |tv_sec| Timespec { tv_sec, tv_nsec: 0 };
        let metadata = Metadata::bare(0o640, time(7));
        let us = geteuid().as_raw();
        let shown = stat(us, 0o100_755, 6);
        let cases =
            [(0o755, 6, true), (0o640, 7, true), (0o640, 6, true), (0o600, 6, false), (0o755, 8, false)];
        for (mode, seconds, expected) in cases {
            let is_near = is_best_possible(&metadata, &stat(us, 0o100_000 | mode, seconds), &shown);
            assert_eq!(is_near, expected, "{mode:o} {seconds}");
        }
        let link = stat(us + 1, 0o120_777, 6);
        assert!(is_best_possible(&metadata, &link, &shown), "only the time of a link is compared");
    }

    #[test]
    fn is_strict_on_a_disk_that_keeps_everything() {
        let home = tempfile::tempdir().unwrap();
        let folder = OwnedFd::from(std::fs::File::open(home.path()).unwrap());
        let trial = Trial::start(folder.as_fd()).unwrap();
        let traits = Traits { owner: geteuid().as_raw(), keeps_modes: true };
        assert_eq!(trial.traits(), traits);
        drop(trial);
        assert!(!ignores_owner_or_mode(folder.as_fd()));
        for (mode, expected) in [(0o700, true), (0o750, false), (0o707, false)] {
            rustix::fs::fchmod(&folder, rustix::fs::Mode::from_raw_mode(mode)).unwrap();
            assert_eq!(is_private_to_us(folder.as_fd(), &folder).unwrap(), expected, "{mode:o}");
        }
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "a trial leaves nothing");
    }
}
