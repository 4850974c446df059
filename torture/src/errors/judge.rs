//! Whether a run that met an error ended as it may.

use std::fs;

use crate::finished::Finished;
use crate::lane::{Lane, Standing};

/// The ways in which a run may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It said that it was done, and the archive is the right one.
    Whole,
    /// It said that something is missing; the old archive stands, and the incomplete one beside it.
    Incomplete,
    /// It failed, and said why; the old archive stands.
    FailedOld,
    /// It failed once the new archive stood: to sync the folder, or to say what it did.
    FailedNew,
}

impl End {
    /// Returns the column that counts it.
    pub(super) fn column(self) -> usize {
        match self {
            Self::Whole => 1,
            Self::Incomplete => 2,
            Self::FailedOld => 3,
            Self::FailedNew => 4,
        }
    }
}

/// Returns how the run ended, or what is wrong with that; then also the next run is looked at. In strace's log it looks
/// for messages that the fault itself kept from being said.
pub(super) fn judge(lane: &Lane<'_>, finished: &Finished, log: &str) -> Result<End, String> {
    let is_mute = log.lines().any(|line| line.contains("write(2<") && line.contains("(INJECTED)"));
    let is_said = is_mute || names_a_place(&finished.stderr);
    let judged = end(lane, finished, is_said)
        .and_then(|end| if end == End::FailedNew { stands_as_told(lane, finished) } else { Ok(end) })
        .map_err(|wrong| format!("{wrong} [{}]", finished.told()))?;
    lane.check_next_run_after_error().map_err(|wrong| format!("{wrong} [before it: {}]", finished.told()))?;
    Ok(judged)
}

fn end(lane: &Lane<'_>, finished: &Finished, is_said: bool) -> Result<End, String> {
    if finished.stderr.contains("panicked") {
        return Err("it panicked".to_owned());
    }
    if blames_another(&finished.stderr) {
        return Err("it says that another process makes the backup, and nobody else is there".to_owned());
    }
    let standing = lane.standing()?;
    match (finished.code, standing) {
        (Some(0), Standing::New) => lane.check_done().map(|()| End::Whole).or_else(|undone| {
            if is_said { Ok(End::Whole) } else { Err(format!("it said done, and not that {undone}")) }
        }),
        (Some(0), Standing::Old) => Err("it said done, and the old archive stands".to_owned()),
        (Some(1 | 3), _) if !is_said => Err("it doesn't say where it failed".to_owned()),
        (Some(1), Standing::Old) => Ok(End::FailedOld),
        (Some(1), Standing::New) => Ok(End::FailedNew),
        (Some(3), Standing::Old) => lane.check_incomplete().map(|()| End::Incomplete),
        (Some(3), Standing::New) => Err("it said incomplete, and the archive is whole".to_owned()),
        _ => Err("it must not end so".to_owned()),
    }
    .and_then(|end| no_other_archive(lane, end))
}

fn names_a_place(stderr: &str) -> bool {
    stderr.lines().any(|line| line.contains('/') || line.contains("can't "))
}

/// A run that fails once the new archive stands says so, and the history holds what that is: it is as good as it was made.
fn stands_as_told(lane: &Lane<'_>, finished: &Finished) -> Result<End, String> {
    if !finished.stderr.contains("the new file is in place") {
        return Err("it doesn't say that the new archive stands".to_owned());
    }
    lane.check_failed_new().map(|()| End::FailedNew)
}

/// The message about a lock that somebody holds. No fault here is one of a lock.
fn blames_another(stderr: &str) -> bool {
    ["another process", "twice at once", "postponed"].iter().any(|words| stderr.contains(words))
}

/// An incomplete archive stands only where one was told of.
fn no_other_archive(lane: &Lane<'_>, end: End) -> Result<End, String> {
    let incomplete = lane.home().join("backups").join(lane.arena.form.incomplete());
    match fs::symlink_metadata(incomplete) {
        Ok(_) if end != End::Incomplete => Err("an incomplete archive stands".to_owned()),
        _ => Ok(end),
    }
}
