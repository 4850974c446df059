//! Events: everything that is written to the log, as data.

mod ability;
mod config_trouble;
mod constructors;
mod copied_archive;
mod messages;
mod service_messages;
mod severity;

use crate::model::archive::Finding;
use crate::model::error::{Error, PortError};
use crate::model::history::{Anomaly, DrillReceipt, Verdict};
use crate::model::hook::{HookPhase, HookProblem};
use crate::model::notice::{NoticeKind, Unsent};
use crate::model::restore::RestoreFinding;

pub use ability::Ability;
pub use config_trouble::ConfigTrouble;
pub use copied_archive::CopiedArchive;
pub use severity::Severity;

/// Something that happened and is written to the log. Its text is one line, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A schedule was added. The text is the schedule.
    ScheduleAdded(String),
    /// The schedules were listed.
    ListShown,
    /// The schedule at this index was deleted.
    ScheduleDeleted(usize),
    /// A schedule was changed.
    ScheduleChanged {
        /// Its index.
        index: usize,
        /// What it was.
        before: String,
        /// What it is now.
        after: String,
    },
    /// A schedule was paused: no runs of it are planned.
    SchedulePaused {
        /// Its index.
        index: usize,
        /// What it is now.
        text: String,
    },
    /// A schedule was resumed: its runs are planned again.
    ScheduleResumed {
        /// Its index.
        index: usize,
        /// What it is now.
        text: String,
    },
    /// The service started.
    ServiceStarted,
    /// The service stopped.
    ServiceStopped,
    /// The backups were listed.
    BackupsShown,
    /// A backup was made, and everything is in the archive.
    BackupDone {
        /// The source, as it is written in the schedule.
        source: String,
        /// The path of the archive, relative to the home.
        archive: String,
    },
    /// A backup was made, but something changed while it was read.
    BackupTorn {
        /// The source, as it is written in the schedule.
        source: String,
        /// The path of the archive, relative to the home.
        archive: String,
        /// The number of entries that changed.
        torn_entries: u64,
    },
    /// A backup was made, but something could not be read.
    BackupIncomplete {
        /// The source, as it is written in the schedule.
        source: String,
        /// The path of the archive, relative to the home.
        archive: String,
        /// The number of entries that could not be read.
        missing_entries: u64,
    },
    /// A backup was made, and its source is suspicious. Nothing of this backup is removed until a person accepts that.
    Suspicious {
        /// The source, as it is written in the schedule.
        source: String,
        /// The backup's name.
        name: String,
        /// What is suspicious.
        anomalies: Vec<Anomaly>,
    },
    /// A person accepted what was suspicious about a backup.
    Accepted {
        /// The backup's name.
        name: String,
        /// What was suspicious.
        anomalies: Vec<Anomaly>,
    },
    /// Archives that only a hold had kept were removed after it had ended.
    Released(Vec<String>),
    /// The backup was ended on request.
    BackupInterrupted {
        /// The source, as it is written in the schedule.
        source: String,
        /// Whether the run was planned, so that it is still due.
        is_due: bool,
    },
    /// A backup was found that its process had finished before it died. Its end is recorded now.
    FoundFinished {
        /// The source, as it is written in the schedule.
        source: String,
        /// The path of the archive, relative to the home.
        archive: String,
    },
    /// Missed runs were skipped, because their schedule doesn't catch up.
    Skipped {
        /// The source, as it is written in the schedule.
        source: String,
        /// The number of runs.
        runs: u32,
    },
    /// Older generations were removed, because no rule of their schedule keeps them.
    Pruned {
        /// The rules, as in `daily:7,weekly:4`.
        keep: String,
        /// The file names of the archives.
        archives: Vec<String>,
    },
    /// Archives of another tool were taken over as older generations.
    Imported {
        /// The backup's name.
        name: String,
        /// The number of archives.
        archives: usize,
    },
    /// An archive got a catalog afterwards. This is the archive.
    CatalogMade(String),
    /// Older generations that don't exist any more, because somebody moved them away, were removed from the history.
    Forgotten {
        /// The backup's name.
        name: String,
        /// The number of archives.
        archives: usize,
    },
    /// The replaced archive was not kept as an older generation, because another archive of this minute has the name.
    NotKept {
        /// The path of the replaced archive, relative to the home.
        archive: String,
        /// The path of the archive that has the name, relative to the home.
        taken: String,
    },
    /// The history was lost, and was rebuilt from this number of archives.
    HistoryRebuilt(usize),
    /// This number of lines of the history can't be read.
    HistoryUnreadable(u64),
    /// The history had become too long, and was shortened.
    HistoryShortened,
    /// The service stops, and could not write its last notes to the history: their number, and the reason.
    NotesLost(usize, PortError),
    /// Another process is making this backup, so the service tries again later. The text is the source.
    BackupPostponed(String),
    /// A run makes up for missed ones.
    MakingUp {
        /// The source, as it is written in the schedule.
        source: String,
        /// The number of missed runs.
        missed_runs: u32,
    },
    /// A command whose output is backed up printed a line to its standard error.
    CommandSaid {
        /// The source, as it is written in the schedule.
        source: String,
        /// The name of the command.
        command: String,
        /// The line.
        text: String,
    },
    /// A command of a hook printed a line.
    HookSaid {
        /// The source, as it is written in the schedule.
        source: String,
        /// The name of the hook.
        hook: String,
        /// When the command ran.
        phase: HookPhase,
        /// The line.
        text: String,
    },
    /// A command of a hook failed. The backup itself may be good.
    HookFailed {
        /// The source, as it is written in the schedule.
        source: String,
        /// What went wrong.
        problem: Box<HookProblem>,
    },
    /// The last command of a hook runs now, because an earlier run ended without it: its source and its name.
    HookOwed(String, String),
    /// The last command of a hook is owed, and the configuration has none of it any more. It won't run: its source and its name.
    HookGone(String, String),
    /// Something noteworthy was found about one entry of a source.
    Found {
        /// The source, as it is written in the schedule.
        source: String,
        /// What was found.
        finding: Finding,
    },
    /// There were more findings than the log should contain.
    MoreFound {
        /// The source, as it is written in the schedule.
        source: String,
        /// The number of findings that were not written.
        findings: usize,
    },
    /// Entries were left out on purpose.
    LeftOut {
        /// The source, as it is written in the schedule.
        source: String,
        /// The number of entries that were left out, and of folders whose contents were.
        excluded_entries: u64,
    },
    /// Files were restored.
    Restored {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The path of the target.
        target: String,
        /// The number of entries that were created.
        entries: u64,
        /// The number of entries that could not be restored, or only in part.
        missing_entries: u64,
        /// What is wrong with the archive as a whole.
        archive_findings: Vec<RestoreFinding>,
    },
    /// An archive was verified.
    Verified {
        /// The path of the archive, relative to the home.
        archive: String,
        /// The verdict.
        verdict: Verdict,
    },
    /// An archive was drilled, and everything was restored as it is in the archive.
    Drilled(Box<DrillReceipt>),
    /// An archive was drilled, and something was not restored as it is in the archive.
    DrillFailed(Box<DrillReceipt>),
    /// A drill was ended on request. The text is the path of the archive, relative to the home.
    DrillInterrupted(String),
    /// This number of unfinished archives of dead processes was removed.
    DraftsSwept(usize),
    /// The configuration is missing, wrong or can't be read, so the service goes on with the one that it read before.
    ConfigKept(ConfigTrouble),
    /// The configuration is wrong or can't be read, and the service has read no other one. It begins nothing.
    ConfigAwaited(Error),
    /// The service has read a changed configuration.
    ConfigTaken,
    /// The service lost an ability that it needs, and keeps trying.
    Outage {
        /// What it can't do.
        ability: Ability,
        /// The reason.
        cause: PortError,
    },
    /// An outage has ended. The service has this ability again.
    Recovered(Ability),
    /// Somebody was told of a backup.
    Notified {
        /// The name of the target.
        target: String,
        /// What was told.
        kind: NoticeKind,
        /// The name of the backup.
        name: String,
    },
    /// Somebody can't be told, and the service keeps trying.
    NoticeDelayed {
        /// The name of the target.
        target: String,
        /// The reason.
        cause: Unsent,
    },
    /// Somebody could not be told for so long that it is given up.
    NoticeGivenUp {
        /// The name of the target.
        target: String,
        /// What was to be told.
        kind: NoticeKind,
        /// The name of the backup.
        name: String,
    },
    /// The target with this name can be told again.
    NoticesArrive(String),
    /// An archive was copied to a destination.
    Copied(CopiedArchive),
    /// A use case failed.
    Failed(Error),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::model::archive::{ArchiveDigest, FindingKind};
    use crate::model::command::CommandFault;
    use crate::model::config::{ConfigFault, ConfigFaultKind};
    use crate::model::error::Failure;
    use crate::model::history::{AsMade, DifferenceKind, DrillReport, Flaw, RunKey};
    use crate::model::notice::UnsentKind;
    use crate::model::restore::RestoreFindingKind;
    use crate::testing::at;
    use crate::text::has_control;

    fn every_event(text: &str) -> Vec<Event> {
        let source = || text.to_owned();
        let archive = || format!("backups/{text}.tar");
        let mut events = vec![
            Event::ScheduleAdded(source()),
            Event::ListShown,
            Event::ScheduleDeleted(1),
            Event::ScheduleChanged { index: 1, before: source(), after: source() },
            Event::SchedulePaused { index: 1, text: source() },
            Event::ScheduleResumed { index: 1, text: source() },
            Event::ServiceStarted,
            Event::ServiceStopped,
            Event::BackupsShown,
            Event::BackupDone { source: source(), archive: archive() },
            Event::BackupTorn { source: source(), archive: archive(), torn_entries: 1 },
            Event::BackupTorn { source: source(), archive: archive(), torn_entries: 2 },
            Event::BackupIncomplete { source: source(), archive: archive(), missing_entries: 1 },
            Event::BackupIncomplete { source: source(), archive: archive(), missing_entries: 2 },
            Event::BackupInterrupted { source: source(), is_due: true },
            Event::BackupInterrupted { source: source(), is_due: false },
            Event::FoundFinished { source: source(), archive: archive() },
            Event::Skipped { source: source(), runs: 1 },
            Event::Skipped { source: source(), runs: 2 },
            Event::Imported { name: source(), archives: 1 },
            Event::Imported { name: source(), archives: 2 },
            Event::CatalogMade(archive()),
            Event::Pruned { keep: "daily:7".to_owned(), archives: vec![archive()] },
            Event::Pruned { keep: "daily:7".to_owned(), archives: vec![archive(); 2] },
            Event::Pruned { keep: "daily:7".to_owned(), archives: vec![archive(); 6] },
            Event::Forgotten { name: source(), archives: 1 },
            Event::Forgotten { name: source(), archives: 2 },
            Event::NotKept { archive: archive(), taken: archive() },
            Event::Suspicious { source: source(), name: source(), anomalies: ANOMALIES.to_vec() },
            Event::Accepted { name: source(), anomalies: ANOMALIES.to_vec() },
            Event::Released(vec![archive()]),
        ];
        events.extend(more_events(text));
        events
    }

    const ANOMALIES: [Anomaly; 2] =
        [Anomaly::EntriesLost { before: 100, now: 10 }, Anomaly::BytesLost { before: 1_000_000, now: 1_000 }];

    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn more_events(text: &str) -> Vec<Event> {
        let source = || text.to_owned();
        let archive = || format!("backups/{text}.tar");
        let finding = Finding { path: PathBuf::from(text), kind: FindingKind::Unreadable(source()) };
        vec![
            Event::HistoryRebuilt(1),
            Event::HistoryRebuilt(2),
            Event::HistoryUnreadable(1),
            Event::HistoryUnreadable(2),
            Event::HistoryShortened,
            Event::NotesLost(1, cause(Failure::Full, text)),
            Event::NotesLost(2, cause(Failure::Full, text)),
            Event::BackupPostponed(source()),
            Event::CommandSaid { source: source(), command: source(), text: source() },
            Event::HookSaid {
                source: source(),
                hook: source(),
                phase: HookPhase::AfterSuccess,
                text: source(),
            },
            Event::HookFailed { source: source(), problem: Box::new(hook_problem(text)) },
            Event::HookOwed(source(), source()),
            Event::HookGone(source(), source()),
            Event::MakingUp { source: source(), missed_runs: 1 },
            Event::MakingUp { source: source(), missed_runs: 2 },
            Event::Found { source: source(), finding },
            Event::MoreFound { source: source(), findings: 3 },
            Event::LeftOut { source: source(), excluded_entries: 1 },
            Event::LeftOut { source: source(), excluded_entries: 2 },
            Event::Restored {
                archive: archive(),
                target: source(),
                entries: 2,
                missing_entries: 0,
                archive_findings: Vec::new(),
            },
            Event::Restored {
                archive: archive(),
                target: source(),
                entries: 1,
                missing_entries: 1,
                archive_findings: archive_findings(text),
            },
            Event::Verified { archive: archive(), verdict: Verdict::Unknown },
            Event::Verified { archive: archive(), verdict: Verdict::Flawed(Flaw::Damaged(source())) },
            Event::drilled(&receipt(text, 0)),
            Event::drilled(&receipt(text, 1)),
            Event::drilled(&receipt(text, 7)),
            Event::DrillInterrupted(archive()),
            Event::DraftsSwept(1),
            Event::DraftsSwept(2),
            Event::ConfigKept(ConfigTrouble::Gone),
            Event::ConfigKept(ConfigTrouble::Unusable(wrong_config(text))),
            Event::ConfigAwaited(wrong_config(text)),
            Event::ConfigTaken,
            outage(Ability::ReadSchedules, Failure::Missing, text),
            outage(Ability::ReadSchedules, Failure::Other, text),
            outage(Ability::ReadZone, Failure::Other, text),
            outage(Ability::WriteHistory, Failure::Full, text),
            Event::Recovered(Ability::KeepHome),
            Event::Recovered(Ability::ReadSchedules),
            Event::Recovered(Ability::ReadZone),
            Event::Recovered(Ability::ReadHistory),
            Event::Recovered(Ability::WriteHistory),
            Event::Recovered(Ability::ShortenHistory),
            Event::Recovered(Ability::WriteMetrics),
            Event::Recovered(Ability::WriteReport),
            Event::Recovered(Ability::KeepNotices),
            Event::Notified { target: source(), kind: NoticeKind::Failure, name: source() },
            Event::NoticeDelayed { target: source(), cause: unsent(text) },
            Event::NoticeGivenUp { target: source(), kind: NoticeKind::Recovered, name: source() },
            Event::NoticesArrive(source()),
            Event::Copied(CopiedArchive { archive: source(), destination: source(), key: source() }),
            Event::Failed(Error::SourceMissing(source())),
        ]
    }

    fn unsent(text: &str) -> Unsent {
        Unsent::new(UnsentKind::Refused, format!("{text}.example.com"), "401 Unauthorized")
    }

    fn outage(ability: Ability, failure: Failure, text: &str) -> Event {
        Event::Outage { ability, cause: cause(failure, text) }
    }

    fn hook_problem(text: &str) -> HookProblem {
        let (fault, last_line) = (CommandFault::Exited(1), Some(text.to_owned()));
        HookProblem { hook: text.to_owned(), phase: HookPhase::Finally, fault, last_line }
    }

    fn wrong_config(text: &str) -> Error {
        let kind = ConfigFaultKind::Syntax(text.to_owned());
        Error::WrongConfig(vec![ConfigFault { line: 3, key: Some(text.to_owned()), kind }])
    }

    fn cause(failure: Failure, text: &str) -> PortError {
        PortError::new(failure, format!("read {text}")).because(text)
    }

    fn archive_findings(text: &str) -> Vec<RestoreFinding> {
        let kinds =
            [RestoreFindingKind::Incomplete(Vec::new()), RestoreFindingKind::BrokenOff(text.to_owned())];
        kinds.map(|kind| RestoreFinding { path: PathBuf::new(), kind }).into()
    }

    fn receipt(text: &str, differences: u64) -> DrillReceipt {
        let mut report = DrillReport::new(ArchiveDigest { archive_bytes: 10_240, sha256: [7; 32] });
        (report.entries, report.content_bytes) = (2, 5);
        (0..differences).for_each(|at| report.add(text, DifferenceKind::Contents(at)));
        let key = RunKey { entry: text.to_owned(), planned: None };
        let times = (at("2026-01-29 17:00"), at("2026-01-29 17:01"));
        DrillReceipt::new(key, format!("{text}.tar"), &report, &[], times)
    }

    /// Fails to compile when a variant is added, as a reminder to add it to the lists above.
    #[expect(clippy::too_many_lines, reason = "a name for each event, in one list")]
    fn name(event: &Event) -> &'static str {
        match event {
            Event::ScheduleAdded(_) => "ScheduleAdded",
            Event::ListShown => "ListShown",
            Event::ScheduleDeleted(_) => "ScheduleDeleted",
            Event::ScheduleChanged { .. } => "ScheduleChanged",
            Event::SchedulePaused { .. } => "SchedulePaused",
            Event::ScheduleResumed { .. } => "ScheduleResumed",
            Event::ServiceStarted => "ServiceStarted",
            Event::ServiceStopped => "ServiceStopped",
            Event::BackupsShown => "BackupsShown",
            Event::BackupDone { .. } => "BackupDone",
            Event::BackupTorn { .. } => "BackupTorn",
            Event::BackupIncomplete { .. } => "BackupIncomplete",
            Event::Suspicious { .. } => "Suspicious",
            Event::Accepted { .. } => "Accepted",
            Event::Released(_) => "Released",
            Event::BackupInterrupted { .. } => "BackupInterrupted",
            Event::FoundFinished { .. } => "FoundFinished",
            Event::Skipped { .. } => "Skipped",
            Event::Imported { .. } => "Imported",
            Event::CatalogMade(_) => "CatalogMade",
            Event::Pruned { .. } => "Pruned",
            Event::Forgotten { .. } => "Forgotten",
            Event::NotKept { .. } => "NotKept",
            Event::HistoryRebuilt(_) => "HistoryRebuilt",
            Event::HistoryUnreadable(_) => "HistoryUnreadable",
            Event::HistoryShortened => "HistoryShortened",
            Event::NotesLost(..) => "NotesLost",
            Event::BackupPostponed(_) => "BackupPostponed",
            Event::CommandSaid { .. } => "CommandSaid",
            Event::HookSaid { .. } => "HookSaid",
            Event::HookFailed { .. } => "HookFailed",
            Event::HookOwed(..) => "HookOwed",
            Event::HookGone(..) => "HookGone",
            Event::MakingUp { .. } => "MakingUp",
            Event::Found { .. } => "Found",
            Event::MoreFound { .. } => "MoreFound",
            Event::LeftOut { .. } => "LeftOut",
            Event::Restored { .. } => "Restored",
            Event::Verified { .. } => "Verified",
            Event::Drilled(_) => "Drilled",
            Event::DrillFailed(_) => "DrillFailed",
            Event::DrillInterrupted(_) => "DrillInterrupted",
            Event::DraftsSwept(_) => "DraftsSwept",
            Event::ConfigKept(_) => "ConfigKept",
            Event::ConfigAwaited(_) => "ConfigAwaited",
            Event::ConfigTaken => "ConfigTaken",
            Event::Outage { .. } => "Outage",
            Event::Recovered(_) => "Recovered",
            Event::Notified { .. } => "Notified",
            Event::NoticeDelayed { .. } => "NoticeDelayed",
            Event::NoticeGivenUp { .. } => "NoticeGivenUp",
            Event::NoticesArrive(_) => "NoticesArrive",
            Event::Copied(_) => "Copied",
            Event::Failed(_) => "Failed",
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one of each, in one list")]
    fn every_sentence() {
        let messages = every_event("docs").into_iter().map(|event| format!("{}: {event}\n", name(&event)));
        insta::assert_snapshot!(messages.collect::<String>(), @"
        ScheduleAdded: New schedule added: docs
        ListShown: Show schedules list
        ScheduleDeleted: Schedule at index 1 deleted
        ScheduleChanged: Schedule at index 1 changed from docs to docs
        SchedulePaused: Schedule at index 1 paused: docs
        ScheduleResumed: Schedule at index 1 resumed: docs
        ServiceStarted: the service started
        ServiceStopped: the service stopped
        BackupsShown: Show backups list
        BackupDone: Backup done for docs in backups/docs.tar
        BackupTorn: Backup done for docs in backups/docs.tar, but 1 entry changed while being read
        BackupTorn: Backup done for docs in backups/docs.tar, but 2 entries changed while being read
        BackupIncomplete: Backup incomplete for docs in backups/docs.tar: 1 entry could not be read
        BackupIncomplete: Backup incomplete for docs in backups/docs.tar: 2 entries could not be read
        BackupInterrupted: Backup interrupted for docs, still due
        BackupInterrupted: Backup interrupted for docs
        FoundFinished: Backup done for docs in backups/docs.tar, before its process died
        Skipped: Skipped 1 missed run of docs, which doesn't catch up
        Skipped: Skipped 2 missed runs of docs, which doesn't catch up
        Imported: Took over 1 older backup of docs
        Imported: Took over 2 older backups of docs
        CatalogMade: Made the catalog of backups/docs.tar
        Pruned: Removed 1 older backup by keep=daily:7: backups/docs.tar
        Pruned: Removed 2 older backups by keep=daily:7: backups/docs.tar, backups/docs.tar
        Pruned: Removed 6 older backups by keep=daily:7: backups/docs.tar, backups/docs.tar, backups/docs.tar, backups/docs.tar, backups/docs.tar and 1 more
        Forgotten: Forgot 1 older backup of docs that is gone
        Forgotten: Forgot 2 older backups of docs that are gone
        NotKept: The previous backups/docs.tar is not kept: backups/docs.tar is of the same second and has its name already
        Suspicious: docs is suspicious: 90 of 100 entries are gone; the files hold 1.0 kB, and held 1.0 MB; its backup is kept, and no older one is removed or replaced until somebody accepts that
        Accepted: Accepted for docs: 90 of 100 entries are gone; the files hold 1.0 kB, and held 1.0 MB; its older backups are removed by its rules again
        Released: Removed 1 older backup that a hold had kept: backups/docs.tar
        HistoryRebuilt: the history had no notes of the existing backups; rebuilt from 1 archive, as far as possible
        HistoryRebuilt: the history had no notes of the existing backups; rebuilt from 2 archives, as far as possible
        HistoryUnreadable: 1 line of the history can't be read, and what it told isn't known; put a good copy of the file in its place, or remove it
        HistoryUnreadable: 2 lines of the history can't be read, and what they told isn't known; put a good copy of the file in its place, or remove them
        HistoryShortened: the history had grown too long and was shortened; the file before is kept beside it
        NotesLost: Error: can't read docs: docs; the last note of this service is lost, so the next may make a backup again
        NotesLost: Error: can't read docs: docs; the last 2 notes of this service are lost, so the next may make a backup again
        BackupPostponed: Backup postponed for docs: another process is making it
        CommandSaid: The command docs for docs: docs
        HookSaid: after_success of hook docs for docs: docs
        HookFailed: For docs: finally of hook docs ended with exit code 1: docs
        HookOwed: finally of hook docs runs now for docs: an earlier run ended without it
        HookGone: finally of hook docs didn't run for docs, because the process of a run died, and it won't run: the configuration has no such command any more
        MakingUp: Making up for 1 missed run of docs
        MakingUp: Making up for 2 missed runs of docs
        Found: In docs: can't read docs: docs
        MoreFound: In docs: 3 more
        LeftOut: In docs: 1 entry left out on purpose
        LeftOut: In docs: 2 entries left out on purpose
        Restored: Restored 2 entries of backups/docs.tar in docs
        Restored: Restored 1 entry of backups/docs.tar in docs; 1 entry could not be restored; THE ARCHIVE IS INCOMPLETE: what could not be read when it was made is missing, or holds zeros instead; the archive can't be read to its end: docs; anything that follows is missing
        Verified: Verified backups/docs.tar: whole, but the history doesn't know it
        Verified: Verified backups/docs.tar: DAMAGED: docs
        Drilled: Drilled backups/docs.tar: came back whole (2 entries, 5 B)
        DrillFailed: Error: drilled backups/docs.tar: DID NOT COME BACK WHOLE: 1 difference: docs: its contents differ from byte 0 on; don't rely on this backup
        DrillFailed: Error: drilled backups/docs.tar: DID NOT COME BACK WHOLE: 7 differences: docs: its contents differ from byte 0 on; docs: its contents differ from byte 1 on; docs: its contents differ from byte 2 on; docs: its contents differ from byte 3 on; docs: its contents differ from byte 4 on; and 2 more; don't rely on this backup
        DrillInterrupted: Drill interrupted for backups/docs.tar; the backup is untouched
        DraftsSwept: Removed 1 unfinished archive of a dead process
        DraftsSwept: Removed 2 unfinished archives of dead processes
        ConfigKept: Error: the configuration is gone; the service goes on with the settings that it read before, until it is started again
        ConfigKept: Error: the configuration, line 3: docs: docs; the service goes on with the settings that it read before
        ConfigAwaited: Error: the configuration, line 3: docs: docs; nothing begins until that is right
        ConfigTaken: The settings in the configuration are in force
        Outage: Error: can't read the schedules
        Outage: Error: can't read docs: docs
        Outage: Error: can't read docs: docs; the times stay those of the zone before
        Outage: Error: can't read docs: docs
        Recovered: the home can be used again
        Recovered: the schedules can be read again
        Recovered: the time zone can be read again
        Recovered: the history can be read again
        Recovered: the history can be written again
        Recovered: the history can be shortened again
        Recovered: the file of the metrics can be written again
        Recovered: the file of the report can be written again
        Recovered: what was told to whom can be kept again
        Notified: Notified docs: docs: failure
        NoticeDelayed: Error: can't notify docs: docs.example.com: 401 Unauthorized; it is tried again for a day
        NoticeGivenUp: Error: docs was not notified: docs: recovered; given up after a day
        NoticesArrive: docs can be notified again
        Copied: Copied docs to docs: docs
        Failed: Error: path docs does not exist
        ");
    }

    #[test]
    fn an_event_is_one_line_whatever_its_names_contain() {
        for event in every_event("a\nb\r\u{1b}[2J\0\u{2028}\u{202e}") {
            assert!(!has_control(&event.to_string()), "{}: {:?}", name(&event), event.to_string());
        }
    }

    /// One line for each event, so that a changed severity is seen.
    #[test]
    fn every_severity() {
        let mut by_severity: BTreeMap<Severity, Vec<&str>> = BTreeMap::new();
        for event in every_event("docs") {
            let names = by_severity.entry(event.severity()).or_default();
            if names.last() != Some(&name(&event)) {
                names.push(name(&event));
            }
        }
        let lines =
            by_severity.iter().map(|(severity, names)| format!("{severity:?}: {}\n", names.join(", ")));
        insta::assert_snapshot!(lines.collect::<String>(), @r"
        Error: NotesLost, Verified, DrillFailed, ConfigKept, ConfigAwaited, Outage, NoticeDelayed, NoticeGivenUp, Failed
        Warning: BackupTorn, BackupIncomplete, BackupInterrupted, Skipped, Forgotten, NotKept, Suspicious, HistoryRebuilt, HistoryUnreadable, HookFailed, HookOwed, HookGone, Found, MoreFound, Restored, Verified
        Info: ScheduleAdded, ListShown, ScheduleDeleted, ScheduleChanged, SchedulePaused, ScheduleResumed, ServiceStarted, ServiceStopped, BackupsShown, BackupDone, BackupInterrupted, FoundFinished, Imported, CatalogMade, Pruned, Accepted, Released, HistoryShortened, BackupPostponed, CommandSaid, HookSaid, MakingUp, LeftOut, Restored, Drilled, DrillInterrupted, DraftsSwept, ConfigTaken, Recovered, Notified, NoticesArrive, Copied
        ");
    }

    #[test]
    fn what_is_called_an_error_is_one() {
        for event in every_event("docs") {
            let is_called_so = event.to_string().starts_with("Error:");
            assert!(!is_called_so || event.severity() == Severity::Error, "{event}");
        }
    }

    #[test]
    fn a_finding_is_as_severe_as_its_kind() {
        let severity = |kind| {
            let finding = Finding { path: PathBuf::from("a"), kind };
            Event::Found { source: "docs".to_owned(), finding }.severity()
        };
        let warnings = [FindingKind::Unreadable("why".to_owned()), FindingKind::Torn];
        warnings.into_iter().for_each(|kind| assert_eq!(severity(kind), Severity::Warning));
        let notes = [
            FindingKind::Vanished,
            FindingKind::Socket,
            FindingKind::Own,
            FindingKind::Excluded,
            FindingKind::OtherFileSystem,
            FindingKind::Cache,
        ];
        notes.into_iter().for_each(|kind| assert_eq!(severity(kind), Severity::Info));
    }

    #[test]
    fn a_verdict_is_as_severe_as_it_is() {
        let severity = |verdict| Event::Verified { archive: "docs.tar".to_owned(), verdict }.severity();
        let as_made = || AsMade { archive_bytes: 1, entries: 1, made_for: at("2026-01-29 17:00") };
        assert_eq!(severity(Verdict::Good(as_made())), Severity::Info);
        let unchecked = Verdict::Unchecked("why".to_owned());
        for verdict in [Verdict::Incomplete(as_made()), Verdict::UnknownDigest, Verdict::Unknown, unchecked] {
            assert_eq!(severity(verdict), Severity::Warning);
        }
        let missing = Verdict::Missing { made_for: at("2026-01-29 17:00") };
        for verdict in [Verdict::Flawed(Flaw::Damaged("why".to_owned())), missing] {
            assert_eq!(severity(verdict), Severity::Error);
        }
    }

    #[test]
    fn a_failure_says_what_the_error_says() {
        let event = Event::failed(&Error::SourceMissing("documents".to_owned()));
        assert_eq!(event.to_string(), "Error: path documents does not exist");
    }
}
