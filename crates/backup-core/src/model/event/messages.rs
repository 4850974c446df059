//! Event messages: the text of every event.

use std::fmt;

use crate::model::archive::display_path;
use crate::model::event::service_messages::{
    ability_phrase, config_kept, notes_lost, outage, rebuilt, shortened, swept, unreadable,
};
use crate::model::event::{CopiedArchive, Event};
use crate::model::history::{Anomaly, DrillReceipt, Verdict};
use crate::model::notice::NoticeKind;
use crate::model::restore::RestoreFinding;
use crate::text::{Names, printable};

/// The maximum number of differences of a drill that the log contains.
const MAX_REPORTED_DIFFERENCES: usize = 5;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &Names::PLAIN)
    }
}

impl Event {
    /// Returns the message, with other names for the service, the schedules and the history.
    pub fn named(&self, names: &Names) -> impl fmt::Display {
        fmt::from_fn(move |f| self.write(f, names))
    }

    #[expect(clippy::too_many_lines, reason = "a sentence for each event, in one list")]
    fn write(&self, f: &mut fmt::Formatter<'_>, names: &Names) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::ScheduleAdded(text) => write!(f, "New schedule added: {}", safe(text)),
            Self::ListShown => f.write_str("Show schedules list"),
            Self::ScheduleDeleted(index) => write!(f, "Schedule at index {index} deleted"),
            Self::ScheduleChanged { index, before, after } => {
                write!(f, "Schedule at index {index} changed from {} to {}", safe(before), safe(after))
            }
            Self::SchedulePaused { index, text } => {
                write!(f, "Schedule at index {index} paused: {}", safe(text))
            }
            Self::ScheduleResumed { index, text } => {
                write!(f, "Schedule at index {index} resumed: {}", safe(text))
            }
            Self::ServiceStarted => write!(f, "{} started", names.service),
            Self::ServiceStopped => write!(f, "{} stopped", names.service),
            Self::BackupsShown => f.write_str("Show backups list"),
            Self::BackupDone { source, archive } => write!(f, "Backup done for {}", made(source, archive)),
            Self::BackupTorn { source, archive, torn_entries } => {
                f.write_str(&torn(source, archive, *torn_entries))
            }
            Self::BackupIncomplete { source, archive, missing_entries } => {
                f.write_str(&incomplete(source, archive, *missing_entries))
            }
            Self::Suspicious { source, anomalies, .. } => f.write_str(&suspicious(source, anomalies)),
            Self::Accepted { name, anomalies } => f.write_str(&accepted(name, anomalies)),
            Self::Released(archives) => f.write_str(&released(archives)),
            Self::BackupInterrupted { source, is_due } => f.write_str(&interrupted(source, *is_due)),
            Self::FoundFinished { source, archive } => {
                write!(f, "Backup done for {}, before its process died", made(source, archive))
            }
            Self::Skipped { source, runs } => f.write_str(&skipped(source, *runs)),
            Self::BackupPostponed(source) => f.write_str(&postponed(source)),
            Self::MakingUp { source, missed_runs } => f.write_str(&making_up(source, *missed_runs)),
            Self::CommandSaid { source, command, text } => {
                write!(f, "The command {} for {}: {}", safe(command), safe(source), safe(text))
            }
            Self::HookSaid { source, hook, phase, text } => {
                let (hook, source) = (safe(hook), safe(source));
                write!(f, "{} of hook {hook} for {source}: {}", phase.key(), safe(text))
            }
            Self::HookFailed { source, problem } => write!(f, "For {}: {problem}", safe(source)),
            Self::HookOwed(source, hook) => f.write_str(&hook_owed(source, hook)),
            Self::HookGone(source, hook) => f.write_str(&hook_gone(source, hook)),
            Self::Found { source, finding } => write!(f, "In {}: {finding}", safe(source)),
            Self::MoreFound { source, findings } => write!(f, "In {}: {findings} more", safe(source)),
            Self::LeftOut { source, excluded_entries } => f.write_str(&left_out(source, *excluded_entries)),
            Self::Imported { name, archives } => f.write_str(&imported(name, *archives)),
            Self::CatalogMade(archive) => write!(f, "Made the catalog of {}", safe(archive)),
            Self::Pruned { keep, archives } => f.write_str(&pruned(keep, archives)),
            Self::Forgotten { name, archives } => f.write_str(&forgotten(name, *archives)),
            Self::NotKept { archive, taken } => f.write_str(&not_kept(archive, taken)),
            Self::Restored { archive, target, entries, missing_entries, archive_findings } => {
                f.write_str(&restored([archive, target], *entries, *missing_entries, archive_findings))
            }
            Self::Verified { archive, verdict } => f.write_str(&verified(archive, verdict)),
            Self::Drilled(receipt) => write!(f, "Drilled {}: {receipt}", drilled_archive(receipt)),
            Self::DrillFailed(receipt) => f.write_str(&drill_failed(receipt)),
            Self::DrillInterrupted(archive) => f.write_str(&drill_interrupted(archive)),
            Self::HistoryRebuilt(archives) => f.write_str(&rebuilt(*archives, names.history)),
            Self::HistoryUnreadable(lines) => f.write_str(&unreadable(*lines, names.history)),
            Self::HistoryShortened => f.write_str(&shortened(names)),
            Self::NotesLost(notes, cause) => f.write_str(&notes_lost(*notes, cause)),
            Self::DraftsSwept(files) => f.write_str(&swept(*files)),
            Self::ConfigKept(trouble) => f.write_str(&config_kept(trouble, names)),
            Self::ConfigAwaited(error) => {
                write!(f, "Error: {}; nothing begins until that is right", error.named(names))
            }
            Self::ConfigTaken => write!(f, "The settings in {} are in force", names.config),
            Self::Outage { ability, cause } => f.write_str(&outage(*ability, cause, names)),
            Self::Recovered(ability) => write!(f, "{} again", ability_phrase(*ability, names)),
            Self::Notified { target, kind, name } => write!(f, "Notified {}", about(target, *kind, name)),
            Self::NoticeDelayed { target, cause } => {
                write!(f, "Error: can't notify {}: {cause}; it is tried again for a day", safe(target))
            }
            Self::NoticeGivenUp { target, kind, name } => {
                write!(f, "Error: {}", not_notified(target, *kind, name))
            }
            Self::NoticesArrive(target) => write!(f, "{} can be notified again", safe(target)),
            Self::Copied(CopiedArchive { archive, destination, key }) => {
                write!(f, "Copied {} to {}: {}", safe(archive), safe(destination), safe(key))
            }
            Self::Failed(error) => write!(f, "Error: {}", error.named(names)),
        }
    }
}

fn about(target: &str, kind: NoticeKind, name: &str) -> String {
    let [target, name] = [target, name].map(|name| printable(name.as_bytes()));
    format!("{target}: {name}: {}", kind.word())
}

fn not_notified(target: &str, kind: NoticeKind, name: &str) -> String {
    let [target, name] = [target, name].map(|name| printable(name.as_bytes()));
    format!("{target} was not notified: {name}: {}; given up after a day", kind.word())
}

fn torn(source: &str, archive: &str, torn_entries: u64) -> String {
    let (made, torn) = (made(source, archive), entries(torn_entries));
    format!("Backup done for {made}, but {torn} changed while being read")
}

fn incomplete(source: &str, archive: &str, missing_entries: u64) -> String {
    let (made, missing) = (made(source, archive), entries(missing_entries));
    format!("Backup incomplete for {made}: {missing} could not be read")
}

fn hook_owed(source: &str, hook: &str) -> String {
    let [source, hook] = [source, hook].map(|name| printable(name.as_bytes()));
    format!("finally of hook {hook} runs now for {source}: an earlier run ended without it")
}

fn hook_gone(source: &str, hook: &str) -> String {
    let [source, hook] = [source, hook].map(|name| printable(name.as_bytes()));
    format!(
        "finally of hook {hook} didn't run for {source}, because the process of a run died, and it won't run: the configuration has \
         no such command any more"
    )
}

fn suspicious(source: &str, anomalies: &[Anomaly]) -> String {
    let (source, what) = (printable(source.as_bytes()), listed(anomalies));
    format!(
        "{source} is suspicious: {what}; its backup is kept, and no older one is removed or replaced until somebody accepts \
         that"
    )
}

fn accepted(name: &str, anomalies: &[Anomaly]) -> String {
    let (name, what) = (printable(name.as_bytes()), listed(anomalies));
    format!("Accepted for {name}: {what}; its older backups are removed by its rules again")
}

fn listed(anomalies: &[Anomaly]) -> String {
    anomalies.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn released(archives: &[String]) -> String {
    format!("Removed {} that a hold had kept: {}", older_backups(archives.len()), named(archives))
}

fn left_out(source: &str, excluded_entries: u64) -> String {
    format!("In {}: {} left out on purpose", printable(source.as_bytes()), entries(excluded_entries))
}

fn verified(archive: &str, verdict: &Verdict) -> String {
    format!("Verified {}: {verdict}", printable(archive.as_bytes()))
}

fn not_kept(archive: &str, taken: &str) -> String {
    let [archive, taken] = [archive, taken].map(|name| printable(name.as_bytes()));
    format!("The previous {archive} is not kept: {taken} is of the same second and has its name already")
}

fn restored(places: [&str; 2], made: u64, missing_entries: u64, findings: &[RestoreFinding]) -> String {
    let [archive, target] = places.map(|name| printable(name.as_bytes()));
    let what = format!("Restored {} of {archive} in {target}", entries(made));
    let findings = findings.iter().map(|finding| format!("; {finding}"));
    findings.fold(what + &not_restored(missing_entries), |text, finding| text + &finding)
}

fn interrupted(source: &str, is_due: bool) -> String {
    let due = if is_due { ", still due" } else { "" };
    format!("Backup interrupted for {}{due}", printable(source.as_bytes()))
}

fn skipped(source: &str, runs: u32) -> String {
    format!("Skipped {} of {}, which doesn't catch up", missed(runs), printable(source.as_bytes()))
}

fn making_up(source: &str, missed_runs: u32) -> String {
    format!("Making up for {} of {}", missed(missed_runs), printable(source.as_bytes()))
}

fn postponed(source: &str) -> String {
    format!("Backup postponed for {}: another process is making it", printable(source.as_bytes()))
}

fn imported(name: &str, archives: usize) -> String {
    format!("Took over {} of {}", older_backups(archives), printable(name.as_bytes()))
}

/// More archives than this are counted instead of named.
const MOST_NAMED: usize = 5;

fn pruned(keep: &str, archives: &[String]) -> String {
    let keep = printable(keep.as_bytes());
    format!("Removed {} by keep={keep}: {}", older_backups(archives.len()), named(archives))
}

/// Returns the names of the first archives, and how many more there are.
fn named(archives: &[String]) -> String {
    let named: Vec<_> = archives.iter().take(MOST_NAMED).map(|name| printable(name.as_bytes())).collect();
    match archives.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn forgotten(name: &str, archives: usize) -> String {
    let are = if archives == 1 { "is" } else { "are" };
    format!("Forgot {} of {} that {are} gone", older_backups(archives), printable(name.as_bytes()))
}

fn older_backups(archives: usize) -> String {
    if archives == 1 { "1 older backup".to_owned() } else { format!("{archives} older backups") }
}

fn made(source: &str, archive: &str) -> String {
    format!("{} in {}", printable(source.as_bytes()), printable(archive.as_bytes()))
}

fn drilled_archive(receipt: &DrillReceipt) -> String {
    printable(display_path(&receipt.archive).as_bytes())
}

fn drill_failed(receipt: &DrillReceipt) -> String {
    let (archive, differences) =
        (drilled_archive(receipt), receipt.lines(MAX_REPORTED_DIFFERENCES).join("; "));
    format!("Error: drilled {archive}: {receipt}: {differences}; don't rely on this backup")
}

fn drill_interrupted(archive: &str) -> String {
    format!("Drill interrupted for {}; the backup is untouched", printable(archive.as_bytes()))
}

fn missed(runs: u32) -> String {
    if runs == 1 { "1 missed run".to_owned() } else { format!("{runs} missed runs") }
}

fn not_restored(count: u64) -> String {
    if count == 0 { String::new() } else { format!("; {} could not be restored", entries(count)) }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}
