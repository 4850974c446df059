//! Which calls fail, and with what.

use crate::part::Scale;
use crate::points::{OWNERS, Point, Points};
use crate::tally::{first_of_all, spread};

/// What each call is made to fail with. A call that is interrupted has not failed; it is interrupted once.
const ERRORS: [(&[&str], &[&str]); 15] = [
    (&["open", "openat"], &["EACCES", "EMFILE", "EIO", "ENOSPC", "EINTR"]),
    (&["write", "pwrite64", "writev"], &["ENOSPC", "EDQUOT", "EIO", "EINTR"]),
    (&["fsync", "fdatasync"], &["EIO", "ENOSPC"]),
    (&["rename", "renameat", "renameat2", "linkat"], &["EIO", "ENOSPC", "EACCES", "EBUSY", "EROFS"]),
    (&["unlinkat", "unlink"], &["EIO", "EACCES", "EROFS"]),
    (&["mkdir", "mkdirat"], &["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EIO"]),
    (&["statx", "newfstatat", "fstat", "readlink", "flistxattr", "fgetxattr"], &["EIO", "EACCES"]),
    (&["read", "pread64", "preadv2"], &["EIO", "EINTR"]),
    (&["getdents64", "lseek", "fadvise64"], &["EIO"]),
    (&["ioctl"], &["EIO", "ENOSPC", "EOPNOTSUPP"]),
    (&["ftruncate", "fallocate", "fchmod", "fchown"], &["EIO", "ENOSPC"]),
    (&["flock", "fcntl"], &["EIO", "ENOLCK", "EINTR"]),
    (&["close"], &["EIO", "ENOSPC", "EINTR"]),
    (&["clone3", "connect"], &[LIKE_A_LOCK]),
    (&["signalfd4", "socket"], &["EMFILE"]),
];

const INTERRUPTED: &str = "EINTR";
const LIKE_A_LOCK: &str = "EAGAIN";

/// Of the calls that another thread makes for one file after another, so many of each kind.
const MOST_ALIKE: usize = 8;
const SMALL_TURNS: usize = 40;
const SMALL_FAULTS: usize = 20;
/// What is beside the sharing was tried in another scene.
const SMALL_SHARING_FAULTS: usize = 12;
const TURNS: [&str; 5] = ["fsync", "fdatasync", "linkat", "renameat", "unlinkat"];

/// A call that fails.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// Which one.
    pub(crate) point: Point,
    error: &'static str,
    /// All calls of the kind fail from then on.
    is_for_good: bool,
}

impl Fault {
    /// Returns what strace is to do.
    pub(crate) fn injection(&self) -> String {
        let end = if self.is_for_good { "+" } else { "" };
        Points::injection(&self.point, &format!("error={}", self.error)) + end
    }

    /// Returns the fault in words.
    pub(crate) fn told(&self) -> String {
        format!("{}{}", self.error, if self.is_for_good { " for good" } else { "" })
    }
}

/// Returns what is to be tried, and how many are left out.
pub(super) fn choose(points: &Points, scale: Scale, shares: bool) -> (Vec<Fault>, usize) {
    let faults: Vec<_> = kinds(points).into_iter().flat_map(|alike| faults_of(&alike)).collect();
    let all = faults.len();
    let chosen = match scale {
        Scale::Small if shares => few_of_sharing(faults),
        Scale::Small => few(faults),
        Scale::Full => first_of_all(faults, is_turn),
    };
    let left_out = all - chosen.len();
    (chosen, left_out)
}

/// Some of each, more of those at which the new archive takes the old one's place, and all that look like a lock that another
/// process holds.
fn few(faults: Vec<Fault>) -> Vec<Fault> {
    let (locks, others) = faults.into_iter().partition::<Vec<_>, _>(|fault| fault.error == LIKE_A_LOCK);
    let (turns, others) = others.into_iter().partition::<Vec<_>, _>(is_turn);
    locks.into_iter().chain(spread(turns, SMALL_TURNS)).chain(spread(others, SMALL_FAULTS)).collect()
}

/// All calls that share, once and for good, and some others.
fn few_of_sharing(faults: Vec<Fault>) -> Vec<Fault> {
    let (sharing, others) = faults.into_iter().partition::<Vec<_>, _>(|fault| fault.point.call == "ioctl");
    spread(sharing, SMALL_SHARING_FAULTS).into_iter().chain(spread(others, SMALL_SHARING_FAULTS)).collect()
}

fn is_turn(fault: &Fault) -> bool {
    TURNS.contains(&fault.point.call.as_str()) || fault.error == LIKE_A_LOCK
}

/// Returns the points kind by kind, of the main thread all of them.
fn kinds(points: &Points) -> Vec<Vec<Point>> {
    let is_alike = |one: &Point, other: &Point| one.view == other.view && one.call == other.call;
    let most = |alike: &[Point]| if alike[0].view == 0 { usize::MAX } else { MOST_ALIKE };
    points.points.chunk_by(is_alike).map(|alike| spread(alike.to_vec(), most(alike))).collect()
}

fn faults_of(points: &[Point]) -> Vec<Fault> {
    let Some(first) = points.first() else { return Vec::new() };
    // The C library looks for owners elsewhere, or knows none, where it is not allowed to read a file; and no disk is too
    // full to be read.
    let is_asked = |error: &str| first.view != OWNERS || !["EACCES", "ENOSPC"].contains(&error);
    let errors = ERRORS.iter().filter(|(calls, _)| calls.contains(&first.call.as_str()));
    let ways = errors.flat_map(|(_, errors)| errors.iter()).flat_map(|error| {
        [(error, false), (error, true)]
            .into_iter()
            .filter(|(error, is_for_good)| is_asked(error) && (**error != INTERRUPTED || !is_for_good))
    });
    ways.flat_map(|(error, is_for_good)| {
        points.iter().map(move |point| Fault { point: point.clone(), error, is_for_good })
    })
    .collect()
}
