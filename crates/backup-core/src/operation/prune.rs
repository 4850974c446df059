//! The older generations of a backup: which stay, which go, and the list of their sums.

use std::cell::LazyCell;
use std::collections::HashMap;

use crate::model::archive::{ArchiveName, BackupName, BackupRecord, line, sums};
use crate::model::error::{Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, Outcome, RunRecord};
use crate::model::schedule::{KeepRules, ScheduleEntry};
use crate::operation::history_cache::Memory;
use crate::policy::retention::{Generation, Trust, Verdict, plan};
use crate::ports::Ports;

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
    let listed: HashMap<_, _> = listed.iter().map(|backup| (backup.file_name.as_str(), backup)).collect();
    let stands = |(file_name, run): &(&str, &RunRecord)| {
        listed.get(file_name).is_some_and(|backup| is_it(backup, run))
    };
    let known: Vec<_> = ledger.generations(name).into_iter().filter(stands).collect();
    let gone = ledger.made_between(&known.iter().map(|(_, run)| *run).collect::<Vec<_>>());
    let generations: Vec<_> = known
        .iter()
        .zip(gone)
        .map(|((file_name, run), gone_before)| Generation {
            file_name: (*file_name).to_owned(),
            made_for: run.made_for(),
            gone_before,
            trust: trust(ledger, run),
        })
        .collect();
    let verdicts = plan(&generations, rules);
    let planned = |((file_name, run), verdict): ((&str, &RunRecord), Verdict)| Planned {
        run: run.clone(),
        file_name: file_name.to_owned(),
        verdict,
    };
    Ok(known.into_iter().zip(verdicts).map(planned).collect())
}

fn trust(ledger: &Ledger, run: &RunRecord) -> Trust {
    if ledger.flaw_of(run).is_some() {
        return Trust::VerifyFailed;
    }
    if ledger.has_failed_drill(run) {
        return Trust::DrillFailed;
    }
    // One that was found may have no sum, and then nobody knows what it should be.
    if run.outcome.is_good() && run.sha256.is_some() { Trust::Good } else { Trust::Doubtful }
}

/// What tidying up came to.
#[derive(Debug, Default)]
pub(crate) struct Tidied {
    /// The file names of what was removed.
    pub(crate) removed: Vec<String>,
    /// What there is to say.
    pub(crate) events: Vec<Event>,
}

/// After a good run of `entry`, removes the older generations that have no reason to stay any more, and lists the sums of
/// what stands; after any other that made an archive, lists the sums; after one that made none, does nothing.
///
/// Goes by what the history holds now, other processes' notes included: by what was known before, an archive whose drill
/// failed meanwhile would pass for a good one. Where that can't be read, nothing is removed.
pub(crate) fn tidy_up(
    ports: &Ports<'_>,
    memory: &mut Memory<'_>,
    entry: &ScheduleEntry,
    outcome: Outcome,
) -> Tidied {
    let mut tidied = Tidied::default();
    // One that failed may have put an archive in its place all the same.
    let is_made = memory.ledger().last_run(entry).is_some_and(|run| run.archive.is_some());
    if !outcome.is_good() && !is_made {
        return tidied;
    }
    match (memory.refresh(), entry.options().keep()) {
        (Err(error), _) => tidied.events.push(Event::Failed(error.to_string())),
        (Ok(_), Some(rules)) if outcome.is_good() => tidied = prune(ports, memory, entry.name(), rules),
        (Ok(_), _) => {}
    }
    if let Err(error) = put_sums(ports, memory) {
        tidied.events.push(Event::Failed(error.to_string()));
    }
    tidied
}

/// Removes what no rule keeps, and notes it: before the sums are put, so that whoever puts them at the same time hears of
/// it.
fn prune(ports: &Ports<'_>, memory: &mut Memory<'_>, name: &BackupName, rules: &KeepRules) -> Tidied {
    let mut removed = Vec::new();
    let pruned = remove(ports, memory.ledger(), name, rules, &mut removed);
    for archive in removed.iter().cloned() {
        memory.note(HistoryNote::Pruned { archive, at: ports.clock.now() });
    }
    let archives = removed.len();
    let said = (archives > 0).then_some(Event::Pruned { name: name.to_string(), archives });
    let failed = pruned.err().map(|error| Event::Failed(error.to_string()));
    Tidied { removed, events: said.into_iter().chain(failed).collect() }
}

/// Removes what no rule keeps. What stands under the backup's own name never goes.
///
/// # Errors
/// The first failure; what was removed before is in `removed` all the same.
fn remove(
    ports: &Ports<'_>,
    ledger: &Ledger,
    name: &BackupName,
    rules: &KeepRules,
    removed: &mut Vec<String>,
) -> Result<(), PortError> {
    for gone in planned(ports, ledger, name, rules)?.into_iter().filter(|one| one.verdict == Verdict::Goes) {
        let Some(archive) = ArchiveName::parse(&gone.file_name).filter(|archive| archive.stamp.is_some())
        else {
            continue;
        };
        ports.backups.remove(&archive)?;
        removed.push(gone.file_name);
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
/// A failure to list the backups, to read or write the sums, or to read the history once more.
pub(crate) fn put_sums(ports: &Ports<'_>, memory: &mut Memory<'_>) -> Result<(), PortError> {
    for _ in 0..MOST_ROUNDS {
        put_known_sums(ports, memory.ledger())?;
        if !memory.refresh()? {
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
    let list = ports.backups.sums()?;
    // Mostly the history knows the sums of all.
    let before = LazyCell::new(|| sums(&list));
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
