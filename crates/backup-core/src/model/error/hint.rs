//! What to do about what went wrong.

use std::borrow::Cow;

use crate::model::archive::Meant;
use crate::model::error::Error;
use crate::model::error::messages::{flags, quoted};
use crate::model::error::port_error::Failure;
use crate::model::schedule::{EntryFault, ScheduleOption};
use crate::text::printable;

impl Error {
    /// Returns what went wrong in more words, where there is more to say than the message does.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::MalformedSchedule { fault, .. } | Self::MalformedLine { fault, .. } => {
                Some(fault.to_string())
            }
            _ => None,
        }
    }

    /// Returns what to do next, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::NotABackup { meant, .. } => Some(Cow::Owned(did_you_mean(meant))),
            Self::NotBelowTheFolder { below, .. } => Some(Cow::Owned(below_the_folder(below))),
            Self::UnknownAge { archive, .. } => {
                Some(Cow::Owned(format!("--generation {} takes that one", printable(archive.as_bytes()))))
            }
            Self::RestoreFailed { older: Some(older), .. } => Some(Cow::Owned(the_one_before(older))),
            Self::NarrowRun { key, options } => Some(Cow::Owned(elsewhere(key, options))),
            Self::ReplacedMeanwhile { before, .. } => Some(Cow::Owned(again(before.as_deref()))),
            _ => self.fixed_hint().map(Cow::Borrowed),
        }
    }

    /// Returns whether the words of the command are what is wrong, so that nothing was done.
    #[must_use]
    pub fn is_wrong_usage(&self) -> bool {
        matches!(
            self,
            Self::MalformedSchedule { .. }
                | Self::MalformedLine { .. }
                | Self::UnclearMoment(_)
                | Self::NarrowRun { .. }
                | Self::UnknownInstruction(_)
                | Self::WrongUsage(_)
        )
    }

    #[expect(clippy::too_many_lines, reason = "a hint for each way to fail, in one list")]
    fn fixed_hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::MalformedSchedule { fault: EntryFault::Option(_), .. }
            | Self::MalformedLine { fault: EntryFault::Option(_), .. } => {
                r#"options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes""#
            }
            Self::MalformedSchedule { .. } | Self::MalformedLine { .. } => {
                r#"a schedule is folder;hh:mm;name, for example "docs;16:07;docs""#
            }
            Self::OwnFolder { .. } => {
                "back up another folder; one that holds backups and logs is fine, for they are left out"
            }
            Self::NameTaken { .. } => {
                "choose another name: both backups would be written to the same archive"
            }
            Self::NameAlias { .. } => {
                "choose a name that differs in more than case or accents, or move the archives of the other one away"
            }
            Self::Contradiction { .. } => {
                "give them the same keep=, compress= and verify=, or names of their own; until then the safer of both counts"
            }
            Self::UnknownZone(_) => {
                "install tzdata, correct TZ or /etc/localtime, or set TZ=UTC where the times are meant in UTC"
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
            Self::NoRoomToStart(_) | Self::NoRoomToChange(_) => {
                "free some room, then do it again; nothing was changed"
            }
            Self::NotRunning => "`backup_manager start` starts it",
            Self::NoSuchBackup(_) => "`backup_manager backups` shows the archives",
            Self::SourceUnknown(_) => "name a folder with --to DIR instead of --in-place",
            Self::RestoreFailed { cause, .. } => return of_a_restore(cause.failure),
            Self::DrillFailed { cause, .. } => return of_a_drill(cause.failure),
            Self::BackupFailed { cause, .. } => return of_a_backup(cause.failure),
            Self::Port(cause) => return of_a_port(cause.failure),
            _ => return None,
        };
        Some(hint)
    }
}

const SCARCE: &str = "too few resources (threads, memory or open files): try again when less is running, or allow more of them";

fn of_a_restore(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Full => Some("make room, then run the same again: it goes on where it stopped"),
        Failure::Interrupted => Some("run the same again: it goes on where it stopped"),
        Failure::Damaged => Some("take another copy of the archive, and check the disk that it is on"),
        Failure::Scarce => Some(SCARCE),
        _ => None,
    }
}

fn of_a_drill(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Full => Some("make room, or name a folder on another disk with --in DIR"),
        Failure::Busy => Some("try again when that one is done"),
        Failure::Scarce => Some(SCARCE),
        _ => None,
    }
}

fn of_a_backup(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Busy => Some("another process is making this backup; try again when it is done"),
        Failure::NotDurable => Some(
            "the new archive stands where the old one was, but a power cut may bring that back: check the disk, then run it again",
        ),
        _ => of_a_port(failure),
    }
}

fn of_a_port(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Full => Some("make room, then run it again; the last good backup is untouched"),
        Failure::Busy => Some("another process is at it; try again when that one is done"),
        Failure::Scarce => Some(SCARCE),
        Failure::NotDurable => {
            Some("it stands, but a power cut may undo it: check the disk, then do it again")
        }
        Failure::Damaged => Some("don't rely on it: take another copy, and check the disk that it is on"),
        Failure::Refused => Some(
            "Backup Manager leaves alone what is not of the kind it expects; look at it, or name another",
        ),
        _ => None,
    }
}

/// Returns what to do about a path with the folder's own name in front, given the path without it.
#[must_use]
pub fn below_the_folder(below: &str) -> String {
    format!("a path begins below the folder: did you mean {}?", printable(below.as_bytes()))
}

/// Returns what to do about a damaged archive, given the file name of an older one.
#[must_use]
pub fn the_one_before(older: &str) -> String {
    let older = printable(older.as_bytes());
    format!("--generation {older} takes the backup before it; and check the disk that it is on")
}

fn again(before: Option<&str>) -> String {
    let before = before
        .map(|before| format!(", and with --generation {} the one before", printable(before.as_bytes())));
    format!("give the command again: it takes the newer one{}", before.unwrap_or_default())
}

fn elsewhere(key: &str, options: &[ScheduleOption]) -> String {
    let (key, flags) = (quoted(key), flags(options).join(" "));
    format!("write it to a file of its own: backup_manager run {key} {flags} --output FILE.tar")
}

fn did_you_mean(meant: &Meant) -> String {
    let safe = |text: &str| printable(text.as_bytes());
    match meant {
        Meant::Name(name) => format!("did you mean {}?", safe(name)),
        Meant::Archive { name, file_name } => {
            let (name, file_name) = (safe(name), safe(file_name));
            format!("did you mean {name}? that very archive is taken by {name} --generation {file_name}")
        }
        Meant::Older(file_name) => format!(
            "only older archives of it stand: --generation {} takes the newest of them, and verify --all reads them",
            safe(file_name)
        ),
        Meant::Incomplete(file_name) => format!(
            "only an incomplete archive of it stands: --generation {} takes that, and verify --all reads it",
            safe(file_name)
        ),
    }
}
