//! Errors: why a use case failed, as data that callers can match on.

mod cause;
mod messages;
mod no_space;
mod port_error;
mod remedy;

pub use port_error::{Failure, PortError};
pub use remedy::Remedy;

use crate::model::archive::Suggestion;
use crate::model::command::CommandProblem;
use crate::model::config::ConfigFault;
use crate::model::destination::DestinationError;
use crate::model::history::Hold;
use crate::model::hook::HookProblem;
use crate::model::schedule::{EntryError, ScheduleOption};
use crate::time::UnknownZone;

/// Why a use case failed.
///
/// Its text is one line, safe to print. Logs and terminals write `Error: ` before it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text isn't a valid schedule.
    MalformedSchedule {
        /// The text, as it was given.
        text: String,
        /// What is wrong with it.
        fault: EntryError,
    },
    /// A line of the schedules file isn't a valid schedule. The line must not be quoted.
    MalformedLine {
        /// The line number in the file, from 1.
        line_number: usize,
        /// What is wrong with it.
        fault: EntryError,
    },
    /// The same schedule exists already.
    DuplicateSchedule {
        /// The index of the existing schedule.
        index: usize,
        /// The schedule.
        text: String,
    },
    /// The source is in a folder where Backup Manager keeps its own files.
    OwnFolder {
        /// The source, as it is written in the schedule.
        source: String,
        /// Backup Manager's folder, relative to the home.
        own: &'static str,
    },
    /// The name is used for the backups of another folder.
    NameTaken {
        /// The name.
        name: String,
        /// The index of the schedule that uses it.
        index: usize,
        /// That schedule.
        other: String,
    },
    /// The store can't distinguish the name from an existing one.
    NameAlias {
        /// The name.
        name: String,
        /// The existing name.
        other: String,
    },
    /// The schedule shares its name with an earlier one, but stores the archives in another way.
    Contradiction {
        /// The schedule.
        text: String,
        /// The index of the earlier schedule.
        index: usize,
        /// The earlier schedule.
        other: String,
        /// The keys of the options that differ.
        options: Vec<&'static str>,
    },
    /// The run would contain less than its schedule asks for, and would replace a backup that contains everything.
    NarrowRun {
        /// The index or the name of the schedule, as it was given.
        key: String,
        /// The additional options that leave something out.
        options: Vec<ScheduleOption>,
    },
    /// The configuration is wrong. These are all its faults.
    WrongConfig(Vec<ConfigFault>),
    /// The rules of the local time zone aren't known.
    UnknownZone(UnknownZone),
    /// There is no schedule at this index, and none with this name.
    NoSuchIndex {
        /// The index, as it was given.
        index: String,
        /// A similar name of a schedule.
        near: Option<String>,
        /// How many schedules there are.
        schedules: usize,
    },
    /// There is no schedule with this index or name.
    NoSuchSchedule {
        /// The index or the name, as it was given.
        key: String,
        /// A similar name of a schedule.
        near: Option<String>,
        /// How many schedules there are.
        schedules: usize,
    },
    /// Several schedules have this name, and only one can be meant.
    SeveralSchedules {
        /// The name.
        name: String,
        /// The index and the text of each.
        lines: Vec<(usize, String)>,
    },
    /// A schedule can't be given this name, because schedules have it, or archives that aren't known to be of its folder.
    NewNameTaken {
        /// The new name.
        name: String,
        /// The index of a schedule that has the name.
        index: Option<usize>,
        /// The number of archives that have the name and aren't known to be of the schedule's folder.
        archives: usize,
    },
    /// The schedule has no rules that keep older generations. The text is the name of the backup.
    KeepsNoGenerations(String),
    /// Nothing of the backup with this name is removed, because its source was suspicious and nobody has accepted that.
    Held(String, Box<Hold>),
    /// Neither the schedules nor the history contain this name.
    NothingKnownOf {
        /// The name, as it was given.
        name: String,
        /// The names that they contain.
        known: Vec<String>,
        /// How many schedules there are.
        schedules: usize,
    },
    /// The text isn't a valid moment. It is as it was given.
    UnclearMoment(String),
    /// The text can't be the name of a backup.
    MalformedName {
        /// The text, as it was given.
        name: String,
        /// What is wrong with it.
        fault: EntryError,
    },
    /// There is no tar archive in a folder, or none that was meant.
    NothingToImport {
        /// The folder, as it was given.
        folder: String,
        /// The pattern that the names of the files have to match, if one was given.
        only: Option<String>,
    },
    /// A folder seems to hold archives of several backups.
    SeveralBackups {
        /// The folder, as it was given.
        folder: String,
        /// The name of one file of each.
        files: Vec<String>,
    },
    /// There is no schedules file.
    SchedulesMissing,
    /// There is no folder for backups.
    BackupsMissing,
    /// The source doesn't exist. The text is the source, as it is written in the schedule.
    SourceMissing(String),
    /// The source is empty, but its last backup wasn't.
    SourceEmpty {
        /// The source, as it is written in the schedule.
        source: String,
        /// The number of entries in its last backup, or 0 if it isn't known.
        last_entries: u64,
    },
    /// There is less free space than a backup probably needs.
    NoRoom {
        /// The source, as it is written in the schedule.
        source: String,
        /// The backup's name.
        name: String,
        /// The size of the last backup.
        last_bytes: u64,
        /// What the next one probably needs: less, if parts of the last one are taken over.
        needed_bytes: u64,
        /// The free space.
        free_bytes: u64,
    },
    /// The command whose output is backed up failed.
    CommandFailed {
        /// The source, as it is written in the schedule.
        source: String,
        /// What went wrong.
        problem: Box<CommandProblem>,
    },
    /// The source of this backup is what a command prints, so there is no folder to look at or to restore to.
    SourceIsCommand(String),
    /// The archive that would be replaced is the backup of another source.
    ArchiveOfAnother {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The source of the archive, as it is written in its schedule.
        other: String,
    },
    /// The backup could not be made.
    BackupFailed {
        /// The source, as it is written in the schedule.
        source: String,
        /// The reason.
        cause: PortError,
    },
    /// The command before a backup of this source failed, so the source was not read.
    HookFailed(String, Box<HookProblem>),
    /// There is no backup of this name, or no archive of this file name.
    NoSuchBackup(String),
    /// There is no complete backup of this name, but there is something that was probably meant.
    NotABackup {
        /// The name, as it was given.
        name: String,
        /// What was probably meant.
        suggestion: Suggestion,
    },
    /// The requested archive belongs to another backup.
    ArchiveOfOtherName {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The name of its backup.
        backup: String,
        /// The name that was given.
        name: String,
    },
    /// Every backup of this name is newer than the requested moment.
    NothingThatOld {
        /// The name.
        name: String,
        /// The requested moment, as it was given.
        at: String,
        /// The file name of the oldest existing archive, and the moment that it is for.
        oldest: (String, String),
    },
    /// Backups of this name exist, but it isn't known for which moments they were made.
    UnknownAge {
        /// The name.
        name: String,
        /// The requested moment, as it was given.
        at: String,
        /// The file name of one of the backups.
        archive: String,
    },
    /// No schedule has this name, so the source of the backup isn't known.
    SourceUnknown(String),
    /// The archive could not be restored.
    RestoreFailed {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The reason.
        cause: PortError,
        /// The file name of an older archive to try instead, if this one is damaged.
        older: Option<String>,
    },
    /// A newer backup replaced the one that was to be restored.
    ReplacedMeanwhile {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The new file name of the replaced archive, if it was kept.
        before: Option<String>,
    },
    /// The archive could not be drilled. This says nothing about the archive.
    DrillFailed {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The reason.
        cause: PortError,
    },
    /// No schedule has a backup that could be drilled.
    NothingToDrill,
    /// A service is running already.
    AlreadyRunning,
    /// No service is running.
    NotRunning,
    /// The service could not be started, for this reason.
    CantStart(PortError),
    /// The service could not be started, because the disk is full.
    NoRoomToStart(PortError),
    /// The schedules could not be changed, because the disk is full. They are unchanged.
    NoRoomToChange(PortError),
    /// The service could not be stopped, for this reason.
    CantStop(PortError),
    /// A destination failed.
    Destination(DestinationError),
    /// A port failed.
    Port(PortError),
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use super::*;
    use crate::model::archive::NameError;
    use crate::model::command::CommandFault;
    use crate::model::config::ConfigFaultKind;
    use crate::model::destination::DestinationFault;
    use crate::model::history::{Anomaly, SourceLevel};
    use crate::model::hook::HookPhase;

    fn problem(last_line: &str) -> CommandProblem {
        let (fault, last_line) = (CommandFault::Exited(1), Some(last_line.to_owned()));
        CommandProblem { name: "app-db".to_owned(), fault, last_line }
    }

    fn cause(failure: Failure) -> PortError {
        PortError::new(failure, "write backups/docs.tar").because("No space left on device")
    }

    fn hook_problem(last_line: &str) -> HookProblem {
        let (fault, last_line) = (CommandFault::Exited(1), Some(last_line.to_owned()));
        HookProblem { hook: "db".to_owned(), phase: HookPhase::Before, fault, last_line }
    }

    fn not_a_backup(name: &str, suggestion: Suggestion) -> Error {
        Error::NotABackup { name: name.to_owned(), suggestion }
    }

    fn held(name: &str) -> Error {
        let since = crate::testing::at("2026-03-10 16:07");
        let anomalies = vec![Anomaly::EntriesLost { before: 100, now: 10 }];
        let latest = SourceLevel { began: since, entries: 10, profile: None };
        let hold = Hold { began: since, since, anomalies, before: None, latest };
        Error::Held(name.to_owned(), Box::new(hold))
    }

    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn every_error() -> Vec<Error> {
        let docs = || "docs;16:07;docs".to_owned();
        let mut errors = vec![
            Error::MalformedSchedule { text: "test;".to_owned(), fault: EntryError::Fields(2) },
            Error::MalformedLine { line_number: 3, fault: EntryError::Fields(1) },
            Error::DuplicateSchedule { index: 1, text: docs() },
            Error::OwnFolder { source: "backups/docs.tar".to_owned(), own: "backups" },
            Error::NameTaken { name: "docs".to_owned(), index: 0, other: docs() },
            Error::NameAlias { name: "DOCS".to_owned(), other: "docs".to_owned() },
            Error::Contradiction {
                text: "docs;22:00;docs".to_owned(),
                index: 0,
                other: "docs;23:00;docs;keep=last:3;verify=yes".to_owned(),
                options: vec!["keep", "verify"],
            },
            Error::NarrowRun {
                key: "my docs".to_owned(),
                options: vec![
                    ScheduleOption::Exclude("it's *.odt".to_owned()),
                    ScheduleOption::OneFileSystem(true),
                ],
            },
            Error::WrongConfig(vec![
                ConfigFault { line: 0, key: None, kind: ConfigFaultKind::Withheld },
                ConfigFault {
                    line: 3,
                    key: Some("defaults.verify".to_owned()),
                    kind: ConfigFaultKind::Value("true or false".to_owned()),
                },
            ]),
            Error::UnknownZone(UnknownZone { action: "find the time zone Europe/Berln".to_owned() }),
            Error::NoSuchIndex { index: "-1".to_owned(), near: None, schedules: 0 },
            Error::NoSuchSchedule { key: "music".to_owned(), near: Some("musics".to_owned()), schedules: 2 },
            Error::SeveralSchedules {
                name: "docs".to_owned(),
                lines: vec![(0, docs()), (2, "docs;20:00;docs".to_owned())],
            },
            Error::NewNameTaken { name: "music".to_owned(), index: Some(1), archives: 2 },
            Error::NewNameTaken { name: "music".to_owned(), index: None, archives: 2 },
            Error::NewNameTaken { name: "music".to_owned(), index: None, archives: 1 },
            Error::KeepsNoGenerations("music".to_owned()),
            held("music"),
            Error::NothingKnownOf {
                name: "musik".to_owned(),
                known: vec!["docs".to_owned(), "music".to_owned()],
                schedules: 2,
            },
            Error::NothingKnownOf { name: "musik".to_owned(), known: Vec::new(), schedules: 0 },
            Error::UnclearMoment("soon".to_owned()),
            Error::MalformedName { name: "a/b".to_owned(), fault: EntryError::Name(NameError::Slash) },
            Error::NothingToImport { folder: "/old".to_owned(), only: None },
            Error::NothingToImport { folder: "/old".to_owned(), only: Some("docs-*".to_owned()) },
            Error::SeveralBackups {
                folder: "/old".to_owned(),
                files: vec!["docs-2026-11-01.tar".to_owned(), "mail-2026-11-01.tar".to_owned()],
            },
            Error::SchedulesMissing,
            Error::BackupsMissing,
            Error::SourceMissing("docs".to_owned()),
            Error::SourceEmpty { source: "docs".to_owned(), last_entries: 7 },
            Error::SourceEmpty { source: "docs".to_owned(), last_entries: 0 },
            Error::NoRoom {
                source: "docs".to_owned(),
                name: "docs".to_owned(),
                last_bytes: 1_234_567_890,
                needed_bytes: 1_234_567_890,
                free_bytes: 67_200_000,
            },
            Error::NoRoom {
                source: "docs".to_owned(),
                name: "docs".to_owned(),
                last_bytes: 1_234_567_890,
                needed_bytes: 200_000_000,
                free_bytes: 67_200_000,
            },
            Error::CommandFailed { source: "docs".to_owned(), problem: Box::new(problem("disk full")) },
            Error::SourceIsCommand("docs".to_owned()),
            Error::HookFailed("docs".to_owned(), Box::new(hook_problem("no such container"))),
            Error::ArchiveOfAnother { archive: "backups/docs.tar".to_owned(), other: "music".to_owned() },
            Error::NoSuchBackup("music".to_owned()),
            not_a_backup("docs.tar", Suggestion::Name("docs".to_owned())),
            not_a_backup(
                "docs.tar",
                Suggestion::Archive { name: "docs".to_owned(), file_name: "docs.tar".to_owned() },
            ),
            not_a_backup("docs", Suggestion::Incomplete("docs.incomplete.tar".to_owned())),
            not_a_backup("docs", Suggestion::Older("docs.2026-01-29T16-07+0100.tar".to_owned())),
            Error::ArchiveOfOtherName {
                archive: "backups/music.tar".to_owned(),
                backup: "music".to_owned(),
                name: "docs".to_owned(),
            },
            Error::NothingThatOld {
                name: "docs".to_owned(),
                at: "2020-01-01".to_owned(),
                oldest: ("docs.tar".to_owned(), "2026-11-21 16:07".to_owned()),
            },
            Error::UnknownAge {
                name: "docs".to_owned(),
                at: "2020-01-01".to_owned(),
                archive: "docs.tar".to_owned(),
            },
            Error::SourceUnknown("music".to_owned()),
            Error::ReplacedMeanwhile { archive: "backups/docs.tar".to_owned(), before: None },
            Error::ReplacedMeanwhile {
                archive: "backups/docs.tar".to_owned(),
                before: Some("docs.2026-01-29T16-07+0100.tar".to_owned()),
            },
            Error::AlreadyRunning,
            Error::NotRunning,
            Error::CantStart(cause(Failure::Denied)),
            Error::NoRoomToStart(cause(Failure::Full)),
            Error::NoRoomToChange(cause(Failure::Full)),
            Error::CantStop(cause(Failure::Denied)),
            Error::Destination(
                DestinationError::new("offsite", DestinationFault::Full, "write docs/a.tar").because("quota"),
            ),
        ];
        errors.extend(Failure::ALL.map(|failure| Error::Port(cause(failure))));
        let failed = |failure| Error::BackupFailed { source: "docs".to_owned(), cause: cause(failure) };
        errors.extend(Failure::ALL.map(failed));
        let cause =
            |failure| PortError::new(failure, "write docs.restored/a").because("No space left on device");
        let failed = |failure, older| Error::RestoreFailed {
            archive: "backups/docs.tar".to_owned(),
            cause: cause(failure),
            older,
        };
        errors.extend(Failure::ALL.map(|failure| failed(failure, None)));
        errors.push(failed(Failure::Damaged, Some("docs.2026-01-29T16-07+0100.tar".to_owned())));
        errors.push(Error::NothingToDrill);
        errors.extend(drill_failures());
        errors
    }

    fn drill_failures() -> [Error; 4] {
        let archive = "backups/docs.tar";
        [Failure::Full, Failure::Busy, Failure::Scarce, Failure::Other].map(|failure| {
            let cause = PortError::new(failure, "write docs.restored/a").because("No space left on device");
            Error::DrillFailed { archive: archive.to_owned(), cause }
        })
    }

    /// A new error or failure doesn't compile here, so that it is put among the ones above.
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn name(error: &Error) -> String {
        let failure = |error: &PortError| match error.failure {
            Failure::Missing
            | Failure::Denied
            | Failure::Full
            | Failure::Busy
            | Failure::Scarce
            | Failure::Refused
            | Failure::Interrupted
            | Failure::Damaged
            | Failure::Locked
            | Failure::NotDurable
            | Failure::Other => format!("{:?}", error.failure),
        };
        let name = match error {
            Error::MalformedSchedule { .. } => "MalformedSchedule",
            Error::MalformedLine { .. } => "MalformedLine",
            Error::DuplicateSchedule { .. } => "DuplicateSchedule",
            Error::OwnFolder { .. } => "OwnFolder",
            Error::NameTaken { .. } => "NameTaken",
            Error::NameAlias { .. } => "NameAlias",
            Error::Contradiction { .. } => "Contradiction",
            Error::NarrowRun { .. } => "NarrowRun",
            Error::WrongConfig(_) => "WrongConfig",
            Error::UnknownZone(_) => "UnknownZone",
            Error::NoSuchIndex { .. } => "NoSuchIndex",
            Error::NoSuchSchedule { .. } => "NoSuchSchedule",
            Error::SeveralSchedules { .. } => "SeveralSchedules",
            Error::NewNameTaken { .. } => "NewNameTaken",
            Error::KeepsNoGenerations(_) => "KeepsNoGenerations",
            Error::Held(..) => "Held",
            Error::NothingKnownOf { .. } => "NothingKnownOf",
            Error::UnclearMoment(_) => "UnclearMoment",
            Error::MalformedName { .. } => "MalformedName",
            Error::NothingToImport { .. } => "NothingToImport",
            Error::SeveralBackups { .. } => "SeveralBackups",
            Error::SchedulesMissing => "SchedulesMissing",
            Error::BackupsMissing => "BackupsMissing",
            Error::SourceMissing(_) => "SourceMissing",
            Error::SourceEmpty { .. } => "SourceEmpty",
            Error::NoRoom { .. } => "NoRoom",
            Error::CommandFailed { .. } => "CommandFailed",
            Error::SourceIsCommand(_) => "SourceIsCommand",
            Error::HookFailed(..) => "HookFailed",
            Error::ArchiveOfAnother { .. } => "ArchiveOfAnother",
            Error::BackupFailed { cause, .. } => return format!("BackupFailed {}", failure(cause)),
            Error::NoSuchBackup(_) => "NoSuchBackup",
            Error::NotABackup { .. } => "NotABackup",
            Error::ArchiveOfOtherName { .. } => "ArchiveOfOtherName",
            Error::NothingThatOld { .. } => "NothingThatOld",
            Error::UnknownAge { .. } => "UnknownAge",
            Error::SourceUnknown(_) => "SourceUnknown",
            Error::RestoreFailed { cause, .. } => return format!("RestoreFailed {}", failure(cause)),
            Error::DrillFailed { cause, .. } => return format!("DrillFailed {}", failure(cause)),
            Error::ReplacedMeanwhile { .. } => "ReplacedMeanwhile",
            Error::NothingToDrill => "NothingToDrill",
            Error::AlreadyRunning => "AlreadyRunning",
            Error::NotRunning => "NotRunning",
            Error::CantStart(_) => "CantStart",
            Error::NoRoomToStart(_) => "NoRoomToStart",
            Error::NoRoomToChange(_) => "NoRoomToChange",
            Error::CantStop(_) => "CantStop",
            Error::Destination(_) => "Destination",
            Error::Port(cause) => return format!("Port {}", failure(cause)),
        };
        name.to_owned()
    }

    fn said(error: &Error) -> String {
        let mut said = format!("{}: {error}\n", name(error));
        said.extend(error.detail().map(|detail| format!("    detail: {detail}\n")));
        said
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one snapshot of every error is worth reading in one piece")]
    fn errors_say_what_failed_and_what_to_do_next() {
        insta::assert_snapshot!(every_error().iter().map(said).collect::<String>(), @r#"
        MalformedSchedule: malformed schedule: test;
            detail: it has 2 fields, not the three of folder;time;name
        MalformedLine: malformed schedule in line 3 of the schedules
            detail: it has 1 field, not the three of folder;time;name
        DuplicateSchedule: schedule already exists at index 1: docs;16:07;docs
        OwnFolder: path backups/docs.tar lies in backups, where Backup Manager keeps its own files
        NameTaken: name docs already used for another folder at index 0: docs;16:07;docs
        NameAlias: name DOCS can't be told from docs on this disk: their backups would be the same file
        Contradiction: schedule docs;22:00;docs contradicts the one at index 0, docs;23:00;docs;keep=last:3;verify=yes: both write the same backup, and differ in keep and verify
        NarrowRun: a run with exclude=it's *.odt one-file-system=yes holds less than schedule my docs asks for, and would replace its backup
        WrongConfig: the configuration, wrong, and not quoted: it may be the secret of somebody else; line 3: defaults.verify: it takes true or false
        UnknownZone: can't find the time zone Europe/Berln
        NoSuchIndex: can't find schedule at index -1
        NoSuchSchedule: can't find schedule "music"
        SeveralSchedules: 2 schedules have the name docs: 0: docs;16:07;docs, 2: docs;20:00;docs
        NewNameTaken: can't rename the schedule to music: the schedule at index 1 has that name
        NewNameTaken: can't rename the schedule to music: 2 archives of that name aren't known to be of its folder
        NewNameTaken: can't rename the schedule to music: an archive of that name isn't known to be of its folder
        KeepsNoGenerations: music keeps no older backups: its schedule has no keep=
        Held: music has been held since 2026-03-10 16:07, so nothing of it is removed: 90 of 100 entries are gone
        NothingKnownOf: nothing is known of musik; known are: docs, music
        NothingKnownOf: nothing is known of musik: there are no schedules and no history
        UnclearMoment: can't tell which moment is meant by soon
        MalformedName: no backup can have the name "a/b"
            detail: the name holds a /
        NothingToImport: there is no tar archive in /old
        NothingToImport: there is no tar archive whose name matches docs-* in /old
        SeveralBackups: /old seems to hold archives of several backups: docs-2026-11-01.tar, mail-2026-11-01.tar
        SchedulesMissing: can't find the schedules
        BackupsMissing: can't find backups directory
        SourceMissing: path docs does not exist
        SourceEmpty: path docs has nothing to back up in it, but its last backup has 7 entries; that backup is kept
        SourceEmpty: path docs has nothing to back up in it, and nobody knows what its last backup holds; that backup is kept
        NoRoom: no room to back up docs: the last backup took 1.2 GB, and 67.2 MB are free, 1.1 GB too little; free some room, or try anyway: run docs
        NoRoom: no room to back up docs: what is new may take 200.0 MB, and 67.2 MB are free, 132.8 MB too little; free some room, or try anyway: run docs
        CommandFailed: can't back up docs: the command app-db ended with exit code 1: disk full
        SourceIsCommand: the source of docs is what a command prints, not a folder
        HookFailed: can't back up docs: before of hook db ended with exit code 1: no such container
        ArchiveOfAnother: backups/docs.tar holds the backup of music; that one is kept
        NoSuchBackup: can't find a backup "music"
        NotABackup: can't find a backup "docs.tar"
        NotABackup: can't find a backup "docs.tar"
        NotABackup: can't find a backup "docs"
        NotABackup: can't find a backup "docs"
        ArchiveOfOtherName: backups/music.tar is a backup of music, not of docs
        NothingThatOld: docs has no backup of 2020-01-01 or before; the oldest is docs.tar, made for 2026-11-21 16:07
        UnknownAge: can't tell which backup of docs is of 2020-01-01 or before: the history doesn't know backups/docs.tar
        SourceUnknown: no schedule has the name music
        ReplacedMeanwhile: a newer backup has replaced backups/docs.tar in the meantime; nothing was restored
        ReplacedMeanwhile: a newer backup has replaced backups/docs.tar in the meantime; nothing was restored
        AlreadyRunning: the service already running
        NotRunning: the service not running
        CantStart: can't start the service: can't write backups/docs.tar: No space left on device
        NoRoomToStart: can't start the service: can't write backups/docs.tar: No space left on device
        NoRoomToChange: can't write backups/docs.tar: No space left on device
        CantStop: can't stop the service: can't write backups/docs.tar: No space left on device
        Destination: destination offsite: can't write docs/a.tar: quota
        Port Missing: can't write backups/docs.tar: No space left on device
        Port Denied: can't write backups/docs.tar: No space left on device
        Port Full: can't write backups/docs.tar: No space left on device
        Port Busy: can't write backups/docs.tar: No space left on device
        Port Scarce: can't write backups/docs.tar: No space left on device
        Port Refused: can't write backups/docs.tar: No space left on device
        Port Interrupted: can't write backups/docs.tar: No space left on device
        Port Damaged: can't write backups/docs.tar: No space left on device
        Port Locked: can't write backups/docs.tar: No space left on device
        Port NotDurable: can't write backups/docs.tar: No space left on device
        Port Other: can't write backups/docs.tar: No space left on device
        BackupFailed Missing: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Denied: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Full: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Busy: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Scarce: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Refused: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Interrupted: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Damaged: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Locked: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed NotDurable: can't back up docs: can't write backups/docs.tar: No space left on device
        BackupFailed Other: can't back up docs: can't write backups/docs.tar: No space left on device
        RestoreFailed Missing: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Denied: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Full: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Busy: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Scarce: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Refused: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Interrupted: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Damaged: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Locked: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed NotDurable: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Other: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        RestoreFailed Damaged: can't restore backups/docs.tar: can't write docs.restored/a: No space left on device
        NothingToDrill: nothing to drill: no schedule has a complete backup
        DrillFailed Full: can't drill backups/docs.tar: can't write docs.restored/a: No space left on device
        DrillFailed Busy: can't drill backups/docs.tar: can't write docs.restored/a: No space left on device
        DrillFailed Scarce: can't drill backups/docs.tar: can't write docs.restored/a: No space left on device
        DrillFailed Other: can't drill backups/docs.tar: can't write docs.restored/a: No space left on device
        "#);
    }

    #[test]
    fn an_error_is_one_line_whatever_its_names_hold() {
        let odd = || "a\nb\u{1b}[2J\u{2028}".to_owned();
        let port = || PortError::new(Failure::Other, odd()).because(odd());
        let errors = [
            Error::MalformedSchedule { text: odd(), fault: EntryError::EmptySource },
            Error::DuplicateSchedule { index: 0, text: odd() },
            Error::NameTaken { name: "docs".to_owned(), index: 0, other: odd() },
            Error::NoSuchIndex { index: odd(), near: Some(odd()), schedules: 0 },
            Error::NoSuchSchedule { key: odd(), near: Some(odd()), schedules: 0 },
            Error::SeveralSchedules { name: odd(), lines: vec![(0, odd())] },
            Error::NewNameTaken { name: odd(), index: None, archives: 1 },
            Error::KeepsNoGenerations(odd()),
            held(&odd()),
            Error::NothingKnownOf { name: odd(), known: vec![odd()], schedules: 0 },
            Error::NothingKnownOf { name: odd(), known: Vec::new(), schedules: 0 },
            Error::UnclearMoment(odd()),
            Error::SourceMissing(odd()),
            Error::SourceEmpty { source: odd(), last_entries: 7 },
            Error::NoRoom { source: odd(), name: odd(), last_bytes: 2, needed_bytes: 2, free_bytes: 1 },
            Error::CommandFailed { source: odd(), problem: Box::new(problem(&odd())) },
            Error::SourceIsCommand(odd()),
            Error::HookFailed(odd(), Box::new(hook_problem(&odd()))),
            Error::ArchiveOfAnother { archive: odd(), other: odd() },
            Error::BackupFailed { source: odd(), cause: port() },
            Error::NoSuchBackup(odd()),
            not_a_backup(&odd(), Suggestion::Name(odd())),
            Error::OwnFolder { source: odd(), own: "logs" },
            Error::ArchiveOfOtherName { archive: odd(), backup: odd(), name: odd() },
            Error::NothingThatOld { name: odd(), at: odd(), oldest: (odd(), odd()) },
            Error::UnknownAge { name: odd(), at: odd(), archive: odd() },
            Error::SourceUnknown(odd()),
            Error::RestoreFailed { archive: odd(), cause: port(), older: None },
            Error::CantStart(port()),
            Error::NoRoomToStart(port()),
            Error::NoRoomToChange(port()),
            Error::CantStop(port()),
            Error::Port(port()),
        ];
        for error in errors {
            assert!(
                !crate::text::has_control(&error.to_string()),
                "{}: {:?}",
                name(&error),
                error.to_string()
            );
        }
    }

    #[test]
    fn a_port_error_keeps_its_cause() {
        let bare = PortError::new(Failure::Full, "write x");
        assert_eq!(bare.to_string(), "can't write x");
        assert!(bare.source().is_none());
        let error = Error::from(bare.because("No space left on device"));
        assert_eq!(error.to_string(), "can't write x: No space left on device");
        let Error::Port(caused) = error else { panic!("a port's error stays one") };
        assert_eq!(caused.source().map(ToString::to_string).as_deref(), Some("No space left on device"));
    }
}
