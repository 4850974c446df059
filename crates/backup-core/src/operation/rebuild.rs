//! Rebuild: finds archives that the history doesn't know because it was lost, and writes notes about their runs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::model::archive::{
    ArchiveName, ArchiveTimestamp, BackupName, BackupRecord, Grade, by_name, parse_checksum_list,
};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, Outcome, RunKey, RunRecord};
use crate::model::schedule::ScheduleEntry;
use crate::operation::archive_names::archive_of;
use crate::ports::{Ports, Progress};

/// Which archives without a catalog are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of the schedules. Each note belongs to one.
    Schedules,
    /// Those of deleted schedules as well.
    Anybody,
}

/// Returns notes about the existing archives that the history doesn't know. Of each name, the oldest comes first.
///
/// - If the history knows any run that made an archive of a name, nothing of that name is returned. Then only a part of the
///   history is lost, and nobody can tell which part.
/// - The catalog of an archive tells of its run as the history did. What the runs of a name saw of their source is summed up
///   in one more note.
/// - Archives without a catalog are those of earlier versions, or of somebody else. The newest one of a schedule is recognised
///   by its name. Any other counts only if the list of checksums has it: what the history knows may be removed some day, so it
///   must be ours.
/// - If the backups or their checksums can't be read, less is found.
///
/// `entries` is called only if there is something to find.
///
/// # Errors
/// The error of `entries`.
pub(crate) fn found<E>(
    ports: &Ports<'_>,
    ledger: &Ledger,
    whose: Whose,
    entries: impl FnOnce() -> Result<Vec<ScheduleEntry>, E>,
) -> Result<Vec<HistoryNote>, E> {
    let unknown = unknown(ports, ledger);
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let entries = entries()?;
    let sums = ports.backups.checksum_list().map(|list| parse_checksum_list(&list)).unwrap_or_default();
    let notes_of = |(name, backups): (&BackupName, &Vec<BackupRecord>)| {
        let mut owners: Vec<_> = entries
            .iter()
            .filter(|entry| entry.name() == name)
            .map(|entry| Owner::of(ports, entry))
            .collect();
        if owners.is_empty() && whose == Whose::Anybody {
            owners.push(Owner { identity: name.to_string(), newest: None });
        }
        let lost = Lost::of(ports, ledger, backups);
        let baseline = if ledger.baseline(name).is_none() { lost.baseline(name) } else { None };
        baseline.into_iter().chain(lost.runs(&owners, &sums).into_iter().map(HistoryNote::Found))
    };
    Ok(unknown.iter().flat_map(notes_of).collect())
}

/// Checks the found archives that no catalog tells of against the list of checksums. Reads only archives beside which others
/// may be removed.
///
/// On a mismatch, a newest archive is returned without a checksum, and an older one is not returned.
/// `progress` follows them.
pub(crate) fn confirmed(
    ports: &Ports<'_>,
    ledger: &Ledger,
    found: &[HistoryNote],
    progress: &dyn Progress,
) -> Vec<HistoryNote> {
    let mut found_of: HashMap<_, HashSet<_>> = HashMap::new();
    for archive in found.iter().filter_map(run_of).filter_map(name_of) {
        found_of.entry(archive.backup.clone()).or_default().insert(archive);
    }
    let is_alone = |of: &ArchiveName| {
        found_of.get(&of.backup).is_none_or(|found| found.len() == 1)
            && ledger.generations(&of.backup).is_empty()
    };
    let confirm = |note: &HistoryNote| {
        let Some(run) = run_of(note).filter(|run| run.finished.is_none()) else { return Some(note.clone()) };
        let (name, listed) = (name_of(run)?, run.sha256);
        let stands = || ports.backups.digest(&name.to_string(), progress).ok();
        if listed.is_none() || is_alone(&name) || stands().map(|digest| digest.sha256) == listed {
            return Some(note.clone());
        }
        name.stamp.is_none().then(|| HistoryNote::Found(RunRecord { sha256: None, ..run.clone() }))
    };
    found.iter().filter_map(confirm).collect()
}

/// Returns the event that reports the found archives, if there are any.
pub(crate) fn rebuilt(found: &[HistoryNote]) -> Option<Event> {
    let archives: BTreeSet<_> = found.iter().filter_map(|note| run_of(note)?.archive.as_ref()).collect();
    (!archives.is_empty()).then_some(Event::HistoryRebuilt(archives.len()))
}

fn run_of(note: &HistoryNote) -> Option<&RunRecord> {
    if let HistoryNote::Found(run) = note { Some(run) } else { None }
}

fn name_of(run: &RunRecord) -> Option<ArchiveName> {
    run.archive.as_deref().and_then(ArchiveName::parse)
}

/// Returns whether a run made the newest complete archive, in whatever format.
fn is_newest(run: &RunRecord) -> bool {
    name_of(run).is_some_and(|archive| archive.stamp.is_none() && archive.grade == Grade::Complete)
}

/// Returns the archives that no known run made, and that no run is publishing, by their names. Names of which any run is known are
/// left out.
fn unknown(ports: &Ports<'_>, ledger: &Ledger) -> BTreeMap<BackupName, Vec<BackupRecord>> {
    let sealed: HashSet<_> = ledger.unfinished().into_iter().filter_map(|run| run.sealed?.archive).collect();
    let mut backups = ports.backups.list().unwrap_or_default();
    backups.retain(|backup| ledger.made(&backup.file_name).is_none() && !sealed.contains(&backup.file_name));
    by_name(backups).into_iter().filter(|(name, _)| !ledger.has_made(name)).collect()
}

/// The schedule that archives of a name belong to.
struct Owner {
    /// The schedule's identity. For a deleted schedule, only its name is known.
    identity: String,
    /// The file name of a schedule's newest archive.
    newest: Option<ArchiveName>,
}

impl Owner {
    fn of(ports: &Ports<'_>, entry: &ScheduleEntry) -> Self {
        let newest = archive_of(ports.backups, entry, Grade::Complete);
        Self { identity: entry.identity(), newest: Some(newest) }
    }
}

/// The archives of one name that the history doesn't know.
struct Lost<'a> {
    /// The runs of which catalogs tell, oldest first.
    told: Vec<RunRecord>,
    /// The archives without a catalog.
    untold: Vec<&'a BackupRecord>,
}

impl<'a> Lost<'a> {
    fn of(ports: &Ports<'_>, ledger: &Ledger, backups: &'a [BackupRecord]) -> Self {
        let mut lost = Self { told: Vec::new(), untold: Vec::new() };
        for backup in backups {
            match ports.backups.described(backup) {
                Some(run) => lost.told.extend(named(run, backup)),
                None => lost.untold.push(backup),
            }
        }
        // After a crash, an archive may have its dated name beside its first one.
        lost.told.sort_by_key(|run| name_of(run).is_some_and(|archive| archive.stamp.is_some()));
        let mut seen = HashSet::new();
        lost.told.retain(|run| seen.insert((run.key.clone(), run.began)) && !ledger.knows_archive_of(run));
        lost.told.sort_by_key(|run| (run.made_for(), run.ended));
        lost
    }

    /// Returns a note that sums up what the runs saw of their source, if that matters.
    fn baseline(&self, name: &BackupName) -> Option<HistoryNote> {
        let ended: Vec<_> = self.told.iter().cloned().map(HistoryNote::Ended).collect();
        let baseline = Box::new(Ledger::new(&ended).baseline(name)?.clone());
        Some(HistoryNote::Baseline { name: name.to_string(), baseline })
    }

    /// Returns the runs behind the archives, oldest first. Each schedule of the name counts from the newest one.
    fn runs(&self, owners: &[Owner], sums: &HashMap<String, [u8; 32]>) -> Vec<RunRecord> {
        let mut runs = self.told.clone();
        runs.extend(owners.iter().flat_map(|owner| self.recognised(owner, sums)));
        runs.sort_by_key(|run| (run.made_for(), run.ended));
        let newest = runs.iter().filter(|run| is_newest(run)).max_by_key(|run| run.ended).cloned();
        let Some(newest) = newest else { return runs };
        // Of two formats the newer one: the next run replaces one archive, not two.
        runs.retain(|run| !is_newest(run) || run.archive == newest.archive);
        for Owner { identity, .. } in owners.iter().filter(|owner| owner.newest.is_some()) {
            if !runs.iter().any(|run| is_newest(run) && run.key.entry == *identity) {
                let key = RunKey { entry: identity.clone(), planned: None };
                runs.push(RunRecord { key, ..newest.clone() });
            }
        }
        runs
    }

    /// Returns the runs behind those archives without a catalog that are recognised as those of a schedule.
    fn recognised(&self, owner: &Owner, sums: &HashMap<String, [u8; 32]>) -> impl Iterator<Item = RunRecord> {
        self.untold.iter().filter_map(|backup| {
            let archive = ArchiveName::parse(&backup.file_name)?;
            let sha256 = sums.get(&backup.file_name).copied();
            let is_ours = sha256.is_some() || owner.newest.as_ref() == Some(&archive);
            is_ours.then(|| recognised(&owner.identity, &archive, backup, sha256))
        })
    }
}

/// Returns a run with the name that its archive has by now. A name that no run gives is that of somebody's copy.
fn named(run: RunRecord, backup: &BackupRecord) -> Option<RunRecord> {
    let archive = ArchiveName::parse(&backup.file_name)?;
    let is_given = archive.stamp.is_none_or(|stamp| stamp.is_of(run.made_for()));
    let is_it = is_given && name_of(&run)? == ArchiveName { stamp: None, ..archive };
    let (archive, finished) = (Some(backup.file_name.clone()), Some(backup.finished));
    is_it.then_some(RunRecord { archive, finished, ..run })
}

/// Returns a record of the run behind an archive. It counts as made by hand: nobody knows what it was planned for.
fn recognised(
    identity: &str,
    archive: &ArchiveName,
    backup: &BackupRecord,
    sha256: Option<[u8; 32]>,
) -> RunRecord {
    let key = RunKey { entry: identity.to_owned(), planned: None };
    let made_for = archive.stamp.as_ref().map_or(backup.finished, ArchiveTimestamp::moment);
    let outcome = if archive.grade == Grade::Complete { Outcome::Done } else { Outcome::Incomplete };
    RunRecord {
        archive: Some(backup.file_name.clone()),
        archive_bytes: backup.archive_bytes,
        sha256,
        ..RunRecord::without_archive(key, outcome, made_for, backup.finished)
    }
}
