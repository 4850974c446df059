//! The mark of a folder that isn't finished.
//!
//! A folder is made as its owner's alone, and sticky: nobody's folder is both, for that bit says something only where
//! others may write. It goes with the last that is set on the folder, its mode. So whoever goes on where a restore was
//! ended knows which of the folders that stand were made by that, without a list of them.

use rustix::fs::{Mode, Stat};

use super::holder::ACCESS_LISTS;
use super::wanted::Wanted;

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

/// Returns whether a folder that stands was left unfinished by an earlier restore of ours, which may have given it the
/// owner already, or the ACL that shows in its mode.
pub(super) fn is_unfinished(stat: &Stat, wanted: Option<&Wanted>) -> bool {
    let mode = stat.st_mode & 0o7777 & !SETGID;
    let has_list = wanted.is_some_and(|wanted| {
        let own = wanted.mode & !SETGID;
        wanted.has(ACCESS_LISTS[0].to_bytes()) && own & STICKY == 0 && mode == own | STICKY
    });
    let new_owner = wanted.and_then(|wanted| wanted.owner).map(|(uid, _)| uid.as_raw());
    let is_own = stat.st_uid == rustix::process::geteuid().as_raw() || new_owner == Some(stat.st_uid);
    is_own && (is_marked(stat) || has_list)
}
