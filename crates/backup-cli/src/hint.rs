//! What to do about what went wrong.

mod command;
pub(crate) mod heal;
mod search;

use command::{of_a_command, of_a_hook};
pub(crate) use search::{GENERATIONS, not_in, whole_names};
use search::{is_index, meant, near_key, no_such_line, of_a_key};

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::archive::Suggestion;
use backup_core::model::error::{Error, Failure, PortError, Remedy};
use backup_core::model::history::Outcome;
use backup_core::model::restore::ReservedPath;
use backup_core::text::{near, printable};

use crate::destination_hint::destination_hint;
use crate::error_message::{flags, quoted};
use crate::hold_hint::hold_ends_by;
use crate::schedule_hint::of_a_line;

/// What to do about a backup that did not come back whole.
pub(crate) const DRILL_FAILED: &str =
    "don't rely on it: make the backup anew, drill that one, and check the disk that it is on";

/// What to do about an archive that isn't what was written.
pub(crate) const NOT_AS_MADE: &str = "`backup_manager verify` tells which archives are good";

/// What to do about runs that nobody makes.
pub(crate) const START_SERVICE: &str = "`backup_manager start` starts the service";

/// What to do about older archives that are gone.
pub(crate) const OLDER_GONE: &str = "`backup_manager prune NAME` forgets older backups that are gone";

/// What to do about an archive that no key opens.
pub(crate) const GIVE_IDENTITY: &str = "give the file with the secret key that opens it: --identity FILE";

/// What to do about a crontab whose lines are schedules now.
pub(crate) const CRONTAB_STAYS: &str =
    "the crontab stays as it is; remove its lines once the backups are made";

/// What to do about archives that a schedule would remove again.
pub(crate) const IMPORT_ALL_THE_SAME: &str =
    "let keep= keep more first (`backup_manager edit`), or take them over anyway with --yes";

/// Returns how a schedule of that name is created.
pub(crate) fn create_for(name: &str) -> String {
    let schedule = quoted(&format!("FOLDER;16:07;{name};keep=daily:14,monthly:12"));
    format!("no schedule makes newer ones; `backup_manager create {schedule}` adds one")
}

/// Returns what to do next, where there is something to do.
pub(crate) fn hint(error: &Error) -> Option<String> {
    if let Some(remedy) = error.cause().and_then(|cause| cause.remedy.as_deref()) {
        return of_a_remedy(remedy);
    }
    let hint = match error {
        Error::MalformedSchedule { fault, .. } | Error::MalformedLine { fault, .. } => {
            of_a_line(fault).to_owned()
        }
        Error::NotABackup { name, suggestion } => did_you_mean(name, suggestion),
        Error::UnknownAge { archive, .. } => {
            format!("--generation {} takes that one", printable(archive.as_bytes()))
        }
        Error::NoSuchIndex { index: key, near, schedules } => no_such_line(key, near.as_deref(), *schedules),
        Error::NoSuchSchedule { key, near, schedules } => near_key(key, near.as_deref(), *schedules),
        Error::NothingKnownOf { name, known, schedules } => {
            let near = near(name, known.iter().map(String::as_str)).filter(|_| !is_index(name));
            near.map_or_else(|| of_a_key(name, *schedules), meant)
        }
        Error::Held(name, _) => hold_ends_by(name),
        Error::SeveralSchedules { .. } => "give the index of the one that is meant".to_owned(),
        Error::NewNameTaken { name, archives, .. } => new_name(name, *archives),
        Error::NarrowRun { key, options } => format!(
            "write it to a file of its own: backup_manager run {} {} --output FILE.tar",
            quoted(key),
            flags(options)
        ),
        Error::ReplacedMeanwhile { before, .. } => again(before.as_deref()),
        Error::CommandFailed { problem, .. } => return of_a_command(problem),
        Error::HookFailed(_, problem) => return of_a_hook(problem),
        Error::SourceMissing(source) => return of_a_source(source),
        Error::RestoreFailed { older: Some(older), .. } => the_one_before(older),
        Error::RestoreFailed { cause, .. } => return of_a_restore(cause).map(str::to_owned),
        Error::DrillFailed { cause, .. } => return of_a_drill(cause.failure).map(str::to_owned),
        Error::BackupFailed { cause, .. } => return of_a_backup(cause.failure).map(str::to_owned),
        Error::Destination(cause) => return destination_hint(cause.fault).map(str::to_owned),
        Error::Port(cause) => return of_a_port(cause.failure).map(str::to_owned),
        other => return fixed(other).map(str::to_owned),
    };
    Some(hint)
}

/// Returns what to do about a run that ended like this, where there is something to do.
pub(crate) fn of_an_outcome(outcome: Outcome) -> Option<&'static str> {
    (outcome == Outcome::Incomplete).then_some(
        "what need not be in the backup can be left out on purpose: add ;exclude=PATTERN to the schedule",
    )
}

/// Returns what to do about a damaged archive, given the file name of an older one.
pub(crate) fn the_one_before(older: &str) -> String {
    let older = printable(older.as_bytes());
    format!("--generation {older} takes the backup before it; and check the disk that it is on")
}

fn new_name(name: &str, archives: usize) -> String {
    let away = ", or move those archives away: a schedule only takes over archives of its own folder";
    let away = if archives > 0 { away } else { "" };
    format!("choose a name that is free instead of {}{away}", quoted(name))
}

#[expect(clippy::too_many_lines, reason = "a hint for each error, in one list")]
fn fixed(error: &Error) -> Option<&'static str> {
    let hint = match error {
        Error::OwnFolder { .. } => {
            "back up another folder; one that holds backups and logs is fine, for they are left out"
        }
        Error::NameTaken { .. } => "choose another name: both backups would be written to the same archive",
        Error::NameAlias { .. } => {
            "choose a name that differs in more than case or accents, or move the archives of the other one away"
        }
        Error::Contradiction { .. } => {
            "give both the same keep=, compress=, encrypt= and verify=, or names of their own; while two lines of one name differ, \
             the safer of both settings is used"
        }
        Error::WrongConfig(_) => {
            "`backup_manager check` shows each fault with its line; correct them, and do it again"
        }
        Error::UnknownZone(_) => {
            "install tzdata, correct TZ or /etc/localtime, or set TZ=UTC where the times are meant in UTC"
        }
        Error::KeepsNoGenerations(_) => {
            "add ;keep=last:7,daily:14 (or the like) to its line in backup_schedules.txt"
        }
        Error::UnclearMoment(_) => {
            r#"write 2026-11-21, "2026-11-21 16:07", 16:07 (of today), now, today, yesterday, tomorrow, "tomorrow 16:07", or RFC 3339"#
        }
        Error::MalformedName { .. } => "give the name of a backup, such as docs",
        Error::NothingToImport { .. } => {
            "the names of tar archives end with .tar, .tar.gz, .tgz or .tar.zst; only those in the folder itself count"
        }
        Error::SeveralBackups { .. } => {
            "choose those of one backup with --only 'PATTERN', as in --only 'docs-*'; --only '*' takes all of them"
        }
        Error::SchedulesMissing => {
            r#"add the first schedule with `backup_manager create "docs;16:07;docs"`, or name another --home"#
        }
        Error::BackupsMissing | Error::NothingToDrill => {
            "the first backup makes it; `backup_manager run` makes one now"
        }
        Error::ArchiveOfAnother { .. } => "move that archive away, or choose another name for this schedule",
        Error::SourceEmpty { .. } => {
            "is it a mount point with nothing mounted? if not, move the old archive away first"
        }
        Error::NoRoomToStart(_) | Error::NoRoomToChange(_) => {
            "free some room, then do it again; nothing was changed"
        }
        Error::NotRunning => "`backup_manager start` starts it",
        Error::NoSuchBackup(_) => "`backup_manager backups` shows the archives",
        Error::SourceIsCommand(_) => "restore it to a folder with --to DIR; a dry run doesn't run commands",
        Error::SourceUnknown(_) => "name a folder with --to DIR instead of --in-place",
        _ => return None,
    };
    Some(hint)
}

fn of_a_remedy(remedy: &Remedy) -> Option<String> {
    let safe = |path: &Path| printable(path.as_os_str().as_bytes());
    let hint = match remedy {
        Remedy::TrustHome => {
            "to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1".to_owned()
        }
        Remedy::ChooseTarget => {
            "choose another folder with --to DIR, or add --overwrite to restore over it".to_owned()
        }
        Remedy::RestoreTo { folder, replaces } => {
            let overwrite = if *replaces { " --overwrite" } else { "" };
            format!("to restore to that place, give the real folder: --to {}{overwrite}", safe(folder))
        }
        Remedy::FinishRestore(staging) => format!(
            "finish it first (with --generation if its archive has been replaced since then), or remove it: rm -r {}",
            safe(staging)
        ),
        Remedy::GiveIdentity => GIVE_IDENTITY.to_owned(),
        Remedy::ChooseScratchFolder => {
            "choose an existing folder that you may write to with --in DIR".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}

const SCARCE: &str = "too few resources (threads, memory or open files): try again when less is running, or allow more of them";

fn of_a_source(source: &str) -> Option<String> {
    if source.starts_with('~') {
        return Some("only a shell expands ~: write the whole path, as in /home/ann/docs".to_owned());
    }
    let is_relative = !source.starts_with('/');
    is_relative.then(|| "a relative path is relative to the home folder".to_owned())
}

fn of_a_restore(cause: &PortError) -> Option<&'static str> {
    if let Some(source) = &cause.source
        && source.is::<ReservedPath>()
    {
        return Some("name another folder with --to DIR");
    }
    match cause.failure {
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
            "the new archive is in place, but a power cut may bring the old one back: check the disk, then run it again",
        ),
        _ => of_a_port(failure),
    }
}

fn of_a_port(failure: Failure) -> Option<&'static str> {
    match failure {
        Failure::Full => Some("make room, then run it again; the last good backup is untouched"),
        Failure::Busy => Some("another process is using it: try again when that is done"),
        Failure::Scarce => Some(SCARCE),
        Failure::NotDurable => {
            Some("it is done, but a power cut may undo it: check the disk, then do it again")
        }
        Failure::Damaged => Some("don't rely on it: take another copy, and check the disk that it is on"),
        Failure::Refused => Some(
            "Backup Manager expected something else there and left it alone: look at it, or name another",
        ),
        _ => None,
    }
}

fn again(before: Option<&str>) -> String {
    let before =
        before.map(|before| format!("; --generation {} takes the one before", printable(before.as_bytes())));
    format!("run the command again: it takes the newer one{}", before.unwrap_or_default())
}

fn did_you_mean(given: &str, suggestion: &Suggestion) -> String {
    let safe = |text: &str| printable(text.as_bytes());
    match suggestion {
        Suggestion::Similar(near) => meant(near),
        Suggestion::OtherIndex { schedules } => of_a_key(given, *schedules),
        Suggestion::NotMadeYet => format!(
            "a schedule has that name, but no archive of it exists: `backup_manager run {}` makes one now",
            quoted(given)
        ),
        Suggestion::Name(name) => {
            format!("{} is a file name; write the backup's name, {}", safe(given), safe(name))
        }
        Suggestion::Archive { name, file_name } => {
            let (name, file_name) = (safe(name), safe(file_name));
            format!(
                "{file_name} is a file name; write the backup's name, {name}, or {name} --generation {file_name} for \
                 exactly that archive"
            )
        }
        Suggestion::Older(file_name) => format!(
            "there are only older archives of it: --generation {} takes the newest, and verify --all reads all of them",
            safe(file_name)
        ),
        Suggestion::Incomplete(file_name) => format!(
            "there is only an incomplete archive of it: --generation {} takes it, and verify --all reads it",
            safe(file_name)
        ),
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::archive::BackupName;
    use backup_core::model::command::{CommandFault, CommandProblem};
    use backup_core::model::history::{Anomaly, Hold, SourceLevel};
    use backup_core::model::hook::{Hook, HookPhase, HookProblem};
    use backup_core::model::schedule::{EntryError, ScheduleOption};
    use backup_core::testing::at;
    use backup_core::time::UnknownZone;

    use super::*;
    use crate::command_error::CommandError;

    fn held() -> Error {
        let since = at("2026-11-28 16:07");
        let anomalies = vec![Anomaly::EntriesLost { before: 100, now: 10 }];
        let latest = SourceLevel { began: since, entries: 10, profile: None };
        let hold = Hold { began: since, since, anomalies, before: None, latest };
        Error::Held("my docs".to_owned(), Box::new(hold))
    }

    fn said(error: Error) -> String {
        let CommandError { message, detail, hint, code, .. } = error.into();
        let detail = detail.map(|detail| format!("\n    caused by: {detail}")).unwrap_or_default();
        let hint = hint.map(|hint| format!("\n    hint: {hint}")).unwrap_or_default();
        format!("{code} Error: {message}{detail}{hint}\n")
    }

    fn check(errors: impl IntoIterator<Item = Error>) -> String {
        errors.into_iter().map(said).collect()
    }

    fn cause(failure: Failure) -> PortError {
        PortError::new(failure, "write x").because("why not")
    }

    fn text() -> String {
        "docs".to_owned()
    }

    #[test]
    fn of_imports() {
        let fault = EntryError::Name("a/b".parse::<BackupName>().unwrap_err());
        let folder = || "/old".to_owned();
        let errors = [
            Error::MalformedName { name: "a/b".to_owned(), fault },
            Error::NothingToImport { folder: folder(), only: Some("x*".to_owned()) },
            Error::SeveralBackups {
                folder: folder(),
                files: vec!["a-2026-11-01.tar".to_owned(), "b.tar".to_owned()],
            },
        ];
        insta::assert_snapshot!(check(errors), @r#"
        2 Error: no backup can have the name "a/b"
            caused by: the name holds a /
            hint: give the name of a backup, such as docs
        1 Error: there is no tar archive whose name matches x* in /old
            hint: the names of tar archives end with .tar, .tar.gz, .tgz or .tar.zst; only those in the folder itself count
        2 Error: /old seems to hold archives of several backups: a-2026-11-01.tar, b.tar
            hint: choose those of one backup with --only 'PATTERN', as in --only 'docs-*'; --only '*' takes all of them
        "#);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn of_schedules() {
        let line = || "docs;16:07;docs".to_owned();
        let options =
            vec![ScheduleOption::Exclude("it's *.odt".to_owned()), ScheduleOption::OneFileSystem(true)];
        let errors = [
            Error::MalformedSchedule { text: "test;".to_owned(), fault: EntryError::Fields(2) },
            Error::MalformedLine { line_number: 3, fault: EntryError::Fields(1) },
            Error::DuplicateSchedule { index: 1, text: line() },
            Error::OwnFolder { source: "backups/x".to_owned(), own: "backups" },
            Error::NameTaken { name: text(), index: 0, other: line() },
            Error::NameAlias { name: "DOCS".to_owned(), other: text() },
            Error::Contradiction { text: line(), index: 0, other: line(), options: vec!["keep", "verify"] },
            Error::NarrowRun { key: "my docs".to_owned(), options },
            Error::NoSuchIndex { index: "-1".to_owned(), near: None, schedules: 2 },
            Error::NoSuchIndex { index: "7".to_owned(), near: None, schedules: 0 },
            Error::NoSuchIndex { index: "dosc".to_owned(), near: Some("docs".to_owned()), schedules: 2 },
            Error::NoSuchIndex { index: "it's".to_owned(), near: None, schedules: 2 },
            Error::NoSuchSchedule { key: "7".to_owned(), near: None, schedules: 1 },
            Error::NoSuchSchedule { key: "dosc".to_owned(), near: Some(text()), schedules: 2 },
            Error::SeveralSchedules { name: text(), lines: vec![(0, line()), (2, line())] },
            Error::NewNameTaken { name: text(), index: None, archives: 2 },
            Error::NothingKnownOf { name: "dosc".to_owned(), known: vec![text()], schedules: 2 },
            Error::NothingKnownOf { name: "7".to_owned(), known: vec![text()], schedules: 2 },
            Error::KeepsNoGenerations(text()),
            held(),
            Error::NothingKnownOf { name: text(), known: Vec::new(), schedules: 0 },
            Error::UnclearMoment("soon".to_owned()),
            Error::SchedulesMissing,
            Error::UnknownZone(UnknownZone { action: "find the time zone Europe/Berln".to_owned() }),
            Error::NoRoomToChange(cause(Failure::Full)),
        ];
        insta::assert_snapshot!(check(errors), @r#"
        2 Error: malformed schedule: test;
            caused by: it has 2 fields, not the three of folder;time;name
            hint: a schedule is folder;time;name, for example "docs;16:07;docs"
        2 Error: malformed schedule in line 3 of backup_schedules.txt
            caused by: it has 1 field, not the three of folder;time;name
            hint: a schedule is folder;time;name, for example "docs;16:07;docs"
        1 Error: schedule already exists at index 1: docs;16:07;docs
        1 Error: path backups/x lies in backups, where Backup Manager keeps its own files
            hint: back up another folder; one that holds backups and logs is fine, for they are left out
        1 Error: name docs already used for another folder at index 0: docs;16:07;docs
            hint: choose another name: both backups would be written to the same archive
        1 Error: name DOCS can't be told from docs on this disk: their backups would be the same file
            hint: choose a name that differs in more than case or accents, or move the archives of the other one away
        1 Error: schedule docs;16:07;docs contradicts the one at index 0, docs;16:07;docs: both write the same backup, and differ in keep and verify
            hint: give both the same keep=, compress=, encrypt= and verify=, or names of their own; while two lines of one name differ, the safer of both settings is used
        2 Error: a run with --exclude 'it'\''s *.odt' --one-file-system holds less than schedule my docs asks for, and would replace its backup
            hint: write it to a file of its own: backup_manager run 'my docs' --exclude 'it'\''s *.odt' --one-file-system --output FILE.tar
        1 Error: can't find schedule at index -1
            hint: `backup_manager list` shows the schedules
        1 Error: can't find schedule at index 7
            hint: there are no schedules: `backup_manager create` adds one
        1 Error: can't find schedule at index dosc
            hint: no schedule is called dosc; did you mean docs?
        1 Error: can't find schedule at index it's
            hint: no schedule is called 'it'\''s'; `backup_manager list` shows the schedules
        1 Error: can't find schedule "7"
            hint: there is 1 schedule, and its index is 0: `backup_manager list` shows it
        1 Error: can't find schedule "dosc"
            hint: did you mean docs?
        2 Error: 2 schedules have the name docs: 0: docs;16:07;docs, 2: docs;16:07;docs
            hint: give the index of the one that is meant
        1 Error: can't rename the schedule to docs: 2 archives of that name aren't known to be of its folder
            hint: choose a name that is free instead of docs, or move those archives away: a schedule only takes over archives of its own folder
        1 Error: nothing is known of dosc; known are: docs
            hint: did you mean docs?
        1 Error: nothing is known of 7; known are: docs
            hint: there are 2 schedules, with the indexes 0 to 1: `backup_manager list` shows them
        1 Error: docs keeps no older backups: its schedule has no keep=
            hint: add ;keep=last:7,daily:14 (or the like) to its line in backup_schedules.txt
        1 Error: my docs has been held since 2026-11-28 16:07, so nothing of it is removed: 90 of 100 entries are gone
            hint: once all is as it should be, `backup_manager accept 'my docs'` ends the hold
        1 Error: nothing is known of docs: there are no schedules and no history
            hint: there are no schedules: `backup_manager create` adds one
        2 Error: can't tell which moment is meant by soon
            hint: write 2026-11-21, "2026-11-21 16:07", 16:07 (of today), now, today, yesterday, tomorrow, "tomorrow 16:07", or RFC 3339
        1 Error: can't find backup_schedules.txt
            hint: add the first schedule with `backup_manager create "docs;16:07;docs"`, or name another --home
        1 Error: can't find the time zone Europe/Berln
            hint: install tzdata, correct TZ or /etc/localtime, or set TZ=UTC where the times are meant in UTC
        1 Error: can't write x: why not
            hint: free some room, then do it again; nothing was changed
        "#);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn of_backups() {
        let source = |source: &str| Error::SourceMissing(source.to_owned());
        let hook = |fault| {
            let (hook, phase, last_line) = ("db".to_owned(), HookPhase::Before, None);
            Error::HookFailed(text(), Box::new(HookProblem { hook, phase, fault, last_line }))
        };
        let command = |fault| {
            let (name, last_line) = ("app-db".to_owned(), None);
            Error::CommandFailed {
                source: text(),
                problem: Box::new(CommandProblem { name, fault, last_line }),
            }
        };
        let errors = [
            Error::BackupsMissing,
            Error::NothingToDrill,
            source("docs"),
            source("/docs"),
            source("~/docs"),
            Error::SourceEmpty { source: text(), last_entries: 7 },
            Error::NoRoom {
                source: text(),
                name: text(),
                last_bytes: 2_000_000,
                needed_bytes: 2_000_000,
                free_bytes: 1_000_000,
            },
            Error::ArchiveOfAnother { archive: "backups/docs.tar".to_owned(), other: "music".to_owned() },
            hook(CommandFault::Exited(1)),
            hook(CommandFault::TimedOut(Hook::TIMEOUT)),
            hook(CommandFault::NotRun(cause(Failure::Missing))),
            command(CommandFault::Silent),
            command(CommandFault::TimedOut(Hook::TIMEOUT)),
            command(CommandFault::NotRun(cause(Failure::Missing))),
            hook(CommandFault::NotRun(cause(Failure::Missing).with_remedy(Remedy::ChooseWorkingFolder))),
            command(CommandFault::NotRun(cause(Failure::Missing).with_remedy(Remedy::ChooseWorkingFolder))),
        ];
        insta::assert_snapshot!(check(errors), @r"
        1 Error: can't find backups directory
            hint: the first backup makes it; `backup_manager run` makes one now
        1 Error: nothing to drill: no schedule has a complete backup
            hint: the first backup makes it; `backup_manager run` makes one now
        1 Error: path docs does not exist
            hint: a relative path is relative to the home folder
        1 Error: path /docs does not exist
        1 Error: path ~/docs does not exist
            hint: only a shell expands ~: write the whole path, as in /home/ann/docs
        1 Error: path docs has nothing to back up in it, but its last backup has 7 entries; that backup is kept
            hint: is it a mount point with nothing mounted? if not, move the old archive away first
        1 Error: no room to back up docs: the last backup took 2.0 MB, and 1.0 MB are free, 1.0 MB too little; free some room, or try anyway: backup_manager run docs
        1 Error: backups/docs.tar holds the backup of music; that one is kept
            hint: move that archive away, or choose another name for this schedule
        1 Error: can't back up docs: before of hook db ended with exit code 1
        1 Error: can't back up docs: before of hook db took longer than 1h and was ended
            hint: give it more time: timeout in [hooks.db]
        1 Error: can't back up docs: before of hook db could not be run: can't write x: why not
            hint: see before in [hooks.db]
        1 Error: can't back up docs: the command app-db printed nothing
        1 Error: can't back up docs: the command app-db took longer than 1h and was ended
            hint: give it more time: timeout in [commands.app-db]
        1 Error: can't back up docs: the command app-db could not be run: can't write x: why not
            hint: see run in [commands.app-db]
        1 Error: can't back up docs: before of hook db could not be run: can't write x: why not
            hint: see dir in [hooks.db]
        1 Error: can't back up docs: the command app-db could not be run: can't write x: why not
            hint: see the folder of the schedule: the command runs in it
        ");
        let failed = |failure| Error::BackupFailed { source: text(), cause: cause(failure) };
        insta::assert_snapshot!(check(Failure::ALL.map(failed)), @r"
        1 Error: can't back up docs: can't write x: why not
        1 Error: can't back up docs: can't write x: why not
        1 Error: can't back up docs: can't write x: why not
            hint: make room, then run it again; the last good backup is untouched
        1 Error: can't back up docs: can't write x: why not
            hint: another process is making this backup; try again when it is done
        1 Error: can't back up docs: can't write x: why not
            hint: too few resources (threads, memory or open files): try again when less is running, or allow more of them
        1 Error: can't back up docs: can't write x: why not
            hint: Backup Manager expected something else there and left it alone: look at it, or name another
        1 Error: can't back up docs: can't write x: why not
        1 Error: can't back up docs: can't write x: why not
            hint: don't rely on it: take another copy, and check the disk that it is on
        1 Error: can't back up docs: can't write x: why not
        1 Error: can't back up docs: can't write x: why not
            hint: the new archive is in place, but a power cut may bring the old one back: check the disk, then run it again
        1 Error: can't back up docs: can't write x: why not
        ");
        insta::assert_snapshot!(check(Failure::ALL.map(|failure| Error::Port(cause(failure)))), @r"
        1 Error: can't write x: why not
        1 Error: can't write x: why not
        1 Error: can't write x: why not
            hint: make room, then run it again; the last good backup is untouched
        1 Error: can't write x: why not
            hint: another process is using it: try again when that is done
        1 Error: can't write x: why not
            hint: too few resources (threads, memory or open files): try again when less is running, or allow more of them
        1 Error: can't write x: why not
            hint: Backup Manager expected something else there and left it alone: look at it, or name another
        1 Error: can't write x: why not
        1 Error: can't write x: why not
            hint: don't rely on it: take another copy, and check the disk that it is on
        1 Error: can't write x: why not
        1 Error: can't write x: why not
            hint: it is done, but a power cut may undo it: check the disk, then do it again
        1 Error: can't write x: why not
        ");
    }

    #[test]
    fn of_archives() {
        let (file_name, older) = ("docs.tar".to_owned(), "docs.2026-01-29T16-07+0100.tar".to_owned());
        let meant = |name: &str, suggestion| Error::NotABackup { name: name.to_owned(), suggestion };
        let archive = || "backups/docs.tar".to_owned();
        let errors = [
            Error::NoSuchBackup(text()),
            meant("docs.tar", Suggestion::Name(text())),
            meant("docs.tar", Suggestion::Archive { name: text(), file_name: file_name.clone() }),
            meant("docs", Suggestion::Incomplete("docs.incomplete.tar".to_owned())),
            meant("docs", Suggestion::Older(older.clone())),
            meant("dosc", Suggestion::Similar(text())),
            meant("docs", Suggestion::NotMadeYet),
            meant("7", Suggestion::OtherIndex { schedules: 2 }),
            Error::ArchiveOfOtherName { archive: archive(), backup: text(), name: "music".to_owned() },
            Error::UnknownAge { name: text(), at: "2020-01-01".to_owned(), archive: file_name },
            Error::SourceUnknown(text()),
            Error::ReplacedMeanwhile { archive: archive(), before: None },
            Error::ReplacedMeanwhile { archive: archive(), before: Some(older) },
        ];
        insta::assert_snapshot!(check(errors), @r#"
        1 Error: can't find a backup "docs"
            hint: `backup_manager backups` shows the archives
        1 Error: can't find a backup "docs.tar"
            hint: docs.tar is a file name; write the backup's name, docs
        1 Error: can't find a backup "docs.tar"
            hint: docs.tar is a file name; write the backup's name, docs, or docs --generation docs.tar for exactly that archive
        1 Error: can't find a backup "docs"
            hint: there is only an incomplete archive of it: --generation docs.incomplete.tar takes it, and verify --all reads it
        1 Error: can't find a backup "docs"
            hint: there are only older archives of it: --generation docs.2026-01-29T16-07+0100.tar takes the newest, and verify --all reads all of them
        1 Error: can't find a backup "dosc"
            hint: did you mean docs?
        1 Error: can't find a backup "docs"
            hint: a schedule has that name, but no archive of it exists: `backup_manager run docs` makes one now
        1 Error: can't find a backup "7"
            hint: there are 2 schedules, with the indexes 0 to 1: `backup_manager list` shows them
        2 Error: backups/docs.tar is a backup of docs, not of music
        1 Error: can't tell which backup of docs is of 2020-01-01 or before: the history doesn't know backups/docs.tar
            hint: --generation docs.tar takes that one
        1 Error: no schedule has the name docs
            hint: name a folder with --to DIR instead of --in-place
        1 Error: a newer backup has replaced backups/docs.tar in the meantime; nothing was restored
            hint: run the command again: it takes the newer one
        1 Error: a newer backup has replaced backups/docs.tar in the meantime; nothing was restored
            hint: run the command again: it takes the newer one; --generation docs.2026-01-29T16-07+0100.tar takes the one before
        "#);
    }

    #[test]
    fn of_a_restore_and_a_drill() {
        let archive = || "backups/docs.tar".to_owned();
        let failed = |cause, older| Error::RestoreFailed { archive: archive(), cause, older };
        let own = PortError::new(Failure::Refused, "restore to backups").because(ReservedPath);
        let older = Some("docs.2026-01-29T16-07+0100.tar".to_owned());
        let errors = Failure::ALL.map(|failure| failed(cause(failure), None));
        let others = [failed(own, None), failed(cause(Failure::Damaged), older)];
        insta::assert_snapshot!(check(errors.into_iter().chain(others)), @r"
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't write x: why not
            hint: make room, then run the same again: it goes on where it stopped
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't write x: why not
            hint: too few resources (threads, memory or open files): try again when less is running, or allow more of them
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't write x: why not
            hint: run the same again: it goes on where it stopped
        1 Error: can't restore backups/docs.tar: can't write x: why not
            hint: take another copy of the archive, and check the disk that it is on
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't write x: why not
        1 Error: can't restore backups/docs.tar: can't restore to backups: it is where Backup Manager keeps its own files
            hint: name another folder with --to DIR
        1 Error: can't restore backups/docs.tar: can't write x: why not
            hint: --generation docs.2026-01-29T16-07+0100.tar takes the backup before it; and check the disk that it is on
        ");
        let failed = |failure| Error::DrillFailed { archive: archive(), cause: cause(failure) };
        insta::assert_snapshot!(check(Failure::ALL.map(failed)), @r"
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
            hint: make room, or name a folder on another disk with --in DIR
        1 Error: can't drill backups/docs.tar: can't write x: why not
            hint: try again when that one is done
        1 Error: can't drill backups/docs.tar: can't write x: why not
            hint: too few resources (threads, memory or open files): try again when less is running, or allow more of them
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
        1 Error: can't drill backups/docs.tar: can't write x: why not
        ");
    }

    #[test]
    fn of_a_failure_whose_adapter_knows_a_remedy() {
        let remedies = [
            Remedy::TrustHome,
            Remedy::ChooseTarget,
            Remedy::RestoreTo { folder: "/srv/do\ncs".into(), replaces: false },
            Remedy::RestoreTo { folder: "/srv/docs".into(), replaces: true },
            Remedy::FinishRestore("/srv/.docs.restoring".into()),
            Remedy::GiveIdentity,
            Remedy::ChooseScratchFolder,
            Remedy::ChooseWorkingFolder,
        ];
        let error = |remedy| Error::Port(cause(Failure::Refused).with_remedy(remedy));
        insta::assert_snapshot!(check(remedies.map(error)), @r"
        1 Error: can't write x: why not
            hint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1
        1 Error: can't write x: why not
            hint: choose another folder with --to DIR, or add --overwrite to restore over it
        1 Error: can't write x: why not
            hint: to restore to that place, give the real folder: --to /srv/do\ncs
        1 Error: can't write x: why not
            hint: to restore to that place, give the real folder: --to /srv/docs --overwrite
        1 Error: can't write x: why not
            hint: finish it first (with --generation if its archive has been replaced since then), or remove it: rm -r /srv/.docs.restoring
        1 Error: can't write x: why not
            hint: give the file with the secret key that opens it: --identity FILE
        1 Error: can't write x: why not
            hint: choose an existing folder that you may write to with --in DIR
        1 Error: can't write x: why not
        ");
    }

    #[test]
    fn of_the_service() {
        let errors = [
            Error::AlreadyRunning,
            Error::NotRunning,
            Error::CantStart(cause(Failure::Denied)),
            Error::CantStart(cause(Failure::Denied).with_remedy(Remedy::TrustHome)),
            Error::NoRoomToStart(cause(Failure::Full)),
            Error::CantStop(cause(Failure::Denied)),
        ];
        insta::assert_snapshot!(check(errors), @"
        1 Error: backup_service already running
        1 Error: backup_service not running
            hint: `backup_manager start` starts it
        1 Error: can't start backup_service: can't write x: why not
        1 Error: can't start backup_service: can't write x: why not
            hint: to use this home all the same, pass --trust-home or set BACKUP_MANAGER_TRUST_HOME=1
        1 Error: can't start backup_service: can't write x: why not
            hint: free some room, then do it again; nothing was changed
        1 Error: can't stop backup_service: can't write x: why not
        ");
    }
}
