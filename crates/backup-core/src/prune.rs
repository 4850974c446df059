//! The older generations of a backup: which stay, which go, and the list of their sums.

use crate::backup::{ArchiveName, BackupName, BackupRecord, Generation, KeepRules, Verdict, plan};
use crate::error::{Failure, PortError};
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, Outcome, RunRecord};
use crate::memory::Memory;
use crate::ports::Ports;
use crate::schedule::ScheduleEntry;
use crate::sums::{line, sums};

/// A generation that stands, and what is to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The run that made it.
    pub run: RunRecord,
    /// Its archive's file name now.
    pub file_name: String,
    /// Whether it stays, and why.
    pub verdict: Verdict,
}

/// Returns every generation of a backup that stands and that the history knows, oldest first, and what is to become of
/// it. Other files are never among them, whatever they are called: one of another size than the history tells is another.
///
/// # Errors
/// A failure to list the backups.
pub fn planned(
    ports: &Ports<'_>,
    ledger: &Ledger,
    name: &BackupName,
    rules: &KeepRules,
) -> Result<Vec<Planned>, PortError> {
    let listed = ports.backups.list()?;
    let stands = |(file_name, run): &(&str, &RunRecord)| {
        listed.iter().any(|backup| backup.file_name == *file_name && is_it(backup, run))
    };
    let known: Vec<_> = ledger.generations(name).into_iter().filter(stands).collect();
    let generations: Vec<_> =
        known.iter().map(|(file_name, run)| generation(ledger, file_name, run)).collect();
    let verdicts = plan(&generations, rules);
    let planned = |((file_name, run), verdict): ((&str, &RunRecord), Verdict)| Planned {
        run: run.clone(),
        file_name: file_name.to_owned(),
        verdict,
    };
    Ok(known.into_iter().zip(verdicts).map(planned).collect())
}

fn generation(ledger: &Ledger, file_name: &str, run: &RunRecord) -> Generation {
    let drill_failed = ledger.has_failed_drill(run);
    // One that was found may have no sum, and then nobody knows what it should be.
    let is_good = run.outcome.is_good() && run.sha256.is_some() && !drill_failed;
    Generation { file_name: file_name.to_owned(), made_for: run.made_for(), is_good, drill_failed }
}

/// After a good run of `entry`, removes the older generations that have no reason to stay any more, and lists the sums of
/// what stands; after an incomplete one, lists the sums; after any other run, does nothing. Returns what there is to say.
///
/// Goes by what the history holds now, other processes' notes included: by what was known before, an archive whose drill
/// failed meanwhile would pass for a good one. Where that can't be read, nothing is removed.
pub(crate) fn tidy_up(
    ports: &Ports<'_>,
    memory: &mut Memory<'_>,
    entry: &ScheduleEntry,
    outcome: Outcome,
) -> Vec<Event> {
    if !outcome.is_good() && outcome != Outcome::Incomplete {
        return Vec::new();
    }
    let mut events = Vec::new();
    match (memory.refresh(), entry.options().keep()) {
        (Err(error), _) => events.push(Event::Failed(error.to_string())),
        (Ok(_), Some(rules)) if outcome.is_good() => events.extend(prune(ports, memory, entry.name(), rules)),
        (Ok(_), _) => {}
    }
    if let Err(error) = put_sums(ports, memory) {
        events.push(Event::Failed(error.to_string()));
    }
    events
}

/// Removes what no rule keeps, and notes it: before the sums are put, so that whoever puts them at the same time hears of
/// it. Returns what there is to say.
fn prune(ports: &Ports<'_>, memory: &mut Memory<'_>, name: &BackupName, rules: &KeepRules) -> Option<Event> {
    let mut notes = Vec::new();
    let removed = remove(ports, memory.ledger(), name, rules, &mut notes);
    let archives = notes.len();
    notes.into_iter().for_each(|note| memory.note(note));
    match removed {
        Ok(()) if archives == 0 => None,
        Ok(()) => Some(Event::Pruned { name: name.to_string(), archives }),
        Err(error) => Some(Event::Failed(error.to_string())),
    }
}

/// Removes what no rule keeps. What stands under the backup's own name never goes.
///
/// # Errors
/// The first failure; what was removed before is in `notes` all the same.
fn remove(
    ports: &Ports<'_>,
    ledger: &Ledger,
    name: &BackupName,
    rules: &KeepRules,
    notes: &mut Vec<HistoryNote>,
) -> Result<(), PortError> {
    for gone in planned(ports, ledger, name, rules)?.into_iter().filter(|one| one.verdict == Verdict::Goes) {
        let Some(archive) = ArchiveName::parse(&gone.file_name).filter(|archive| archive.stamp.is_some())
        else {
            continue;
        };
        ports.backups.remove(&archive)?;
        notes.push(HistoryNote::Pruned { archive: gone.file_name, at: ports.clock.now() });
    }
    Ok(())
}

/// How often the sums are put anew, where others make backups all the time.
const MOST_ROUNDS: usize = 10;

/// Puts the sums of all backups beside them that stand and that the history knows. Of those that it knows nothing of,
/// because it was lost, say, the list before has the last word.
///
/// Another process may have put the sums of a newer archive between the reading of the history and the writing of this
/// list. Each notes what it did before it puts the sums, so where the history has grown meanwhile, they are put anew:
/// whoever writes last goes by all notes. Where there is no place for backups yet, there is nothing to list.
///
/// # Errors
/// A failure to list the backups, or to read or write the sums.
pub(crate) fn put_sums(ports: &Ports<'_>, memory: &mut Memory<'_>) -> Result<(), PortError> {
    for _ in 0..MOST_ROUNDS {
        put_known_sums(ports, memory.ledger())?;
        // What can't be read now is heard at the next run.
        if !memory.refresh().unwrap_or(false) {
            break;
        }
    }
    Ok(())
}

fn put_known_sums(ports: &Ports<'_>, ledger: &Ledger) -> Result<(), PortError> {
    let listed = match ports.backups.list() {
        Err(error) if error.failure == Failure::Missing => return Ok(()),
        listed => listed?,
    };
    let before = sums(&ports.backups.sums()?);
    let listed_before = |backup: &BackupRecord| before.get(&backup.file_name).copied();
    let sum = |backup: &BackupRecord| match ledger.made(&backup.file_name) {
        Some(run) => Some(run).filter(|run| is_it(backup, run))?.sha256.or_else(|| listed_before(backup)),
        None => listed_before(backup),
    };
    let lines = listed.iter().filter_map(|backup| Some(line(&sum(backup)?, &backup.file_name)));
    ports.backups.put_sums(&lines.collect::<String>())
}

/// Whether the archive of a run's file name is what that run made, as far as its size tells.
fn is_it(backup: &BackupRecord, run: &RunRecord) -> bool {
    run.archive_bytes == backup.archive_bytes
}
