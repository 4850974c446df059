//! The older generations of a backup: which stay, which go, and the list of their sums.

use crate::backup::{ArchiveName, BackupName, BackupRecord, Generation, KeepRules, Verdict, plan};
use crate::error::{Failure, PortError};
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, Outcome, RunRecord};
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

/// What a run leaves to be done once it has ended.
#[derive(Debug, Default)]
pub(crate) struct Tidied {
    /// What the history is to hold of it.
    pub(crate) notes: Vec<HistoryNote>,
    /// What there is to say.
    pub(crate) events: Vec<Event>,
}

/// After a good run of `entry`, removes the older generations that have no reason to stay any more, and lists the sums of
/// what stands; after any other that made an archive, lists the sums; after one that made none, does nothing.
pub(crate) fn tidy_up(ports: &Ports<'_>, ledger: &Ledger, entry: &ScheduleEntry, outcome: Outcome) -> Tidied {
    let mut tidied = Tidied::default();
    // One that failed may have put an archive in its place all the same.
    let is_made = ledger.last_run(entry).is_some_and(|run| run.archive.is_some());
    if !outcome.is_good() && !is_made {
        return tidied;
    }
    if let Some(rules) = entry.options().keep().filter(|_| outcome.is_good()) {
        let pruned = prune(ports, ledger, entry.name(), rules, &mut tidied.notes);
        let name = entry.name().to_string();
        tidied.events.extend(match pruned {
            Ok(()) if tidied.notes.is_empty() => None,
            Ok(()) => Some(Event::Pruned { name, archives: tidied.notes.len() }),
            Err(error) => Some(Event::Failed(error.to_string())),
        });
    }
    if let Err(error) = put_sums(ports, ledger) {
        tidied.events.push(Event::Failed(error.to_string()));
    }
    tidied
}

/// Removes what no rule keeps, and notes it. What stands under the backup's own name never goes.
///
/// # Errors
/// The first failure; what was removed before is noted all the same.
fn prune(
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

/// Puts the sums of all backups beside them that stand and that the history knows. Of those that it knows nothing of,
/// because it was lost, say, the list before has the last word.
///
/// Where there is no place for backups yet, there is nothing to list.
///
/// # Errors
/// A failure to list the backups, or to read or write the sums.
pub(crate) fn put_sums(ports: &Ports<'_>, ledger: &Ledger) -> Result<(), PortError> {
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
