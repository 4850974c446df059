//! What to do about what went wrong.

use super::{Error, Failure};
use crate::schedule::EntryFault;

impl Error {
    /// Returns what to do next, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::MalformedSchedule { fault: EntryFault::Option(_), .. } => {
                r#"options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes""#
            }
            Self::MalformedSchedule { .. } => {
                r#"a schedule is folder;hh:mm;name, for example "docs;16:07;docs""#
            }
            Self::NameTaken { .. } => {
                "choose another name: both backups would be written to the same archive"
            }
            Self::KeepsNoGenerations(_) => {
                "add ;keep=last:7,daily:14 (or the like) to its line in backup_schedules.txt"
            }
            Self::NoSuchIndex(_) | Self::NoSuchSchedule(_) => "`backup_manager list` shows the schedules",
            Self::UnclearMoment(_) => {
                r#"write 2026-11-21, "2026-11-21 16:07", 16:07 (of today), today, yesterday, "yesterday 16:07", or RFC 3339"#
            }
            Self::SchedulesMissing => {
                r#"add the first schedule with `backup_manager create "docs;16:07;docs"`, or name another --home"#
            }
            Self::BackupsMissing | Self::NothingToDrill => {
                "the first backup makes it; `backup_manager run` makes one now"
            }
            Self::SourceMissing(_) => "a relative path is relative to the home folder",
            Self::ArchiveOfAnother { .. } => {
                "move that archive away, or choose another name for this schedule"
            }
            Self::SourceEmpty { .. } => {
                "is it a mount point with nothing mounted? if not, move the old archive away first"
            }
            Self::NotRunning => "`backup_manager start` starts it",
            Self::NoSuchBackup(_) => "`backup_manager backups` shows the archives",
            Self::SourceUnknown(_) => "name a folder with --to DIR instead of --in-place",
            Self::RestoreFailed { cause, .. } => return of_restore(cause.failure),
            Self::DrillFailed { cause, .. } => return of_drill(cause.failure),
            Self::BackupFailed { cause, .. } | Self::Port(cause) => match cause.failure {
                Failure::Full => "make room, then run it again; the last good backup is untouched",
                Failure::Busy => "another process is making this backup; try again when it is done",
                Failure::Damaged => "don't rely on it: take another copy, and check the disk that it is on",
                Failure::Refused => {
                    "Backup Manager leaves alone what is not of the kind it expects; look at it, or name another"
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(hint)
    }
}

fn of_restore(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Full => Some("make room, then run the same again: it goes on where it stopped"),
        Failure::Interrupted => Some("run the same again: it goes on where it stopped"),
        Failure::Damaged => Some("take another copy of the archive, and check the disk that it is on"),
        _ => None,
    }
}

fn of_drill(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Full => Some("make room, or name a folder on another disk with --in DIR"),
        Failure::Busy => Some("another drill of this backup is under way; try again when it is done"),
        _ => None,
    }
}
