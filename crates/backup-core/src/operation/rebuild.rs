//! Rebuild: finds archives that the history doesn't know because it was lost, and writes notes about their runs.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::archive::{
    ArchiveName, ArchiveTimestamp, BackupName, BackupRecord, Grade, by_name, parse_checksum_list,
};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, Outcome, RunKey, RunRecord};
use crate::model::schedule::ScheduleEntry;
use crate::operation::archive_names::archive_of;
use crate::ports::{Ports, Progress};

/// Which archives are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of the schedules. Each note belongs to one.
    Schedules,
    /// Those of deleted schedules as well.
    Anybody,
}

/// Returns a note for each existing archive that the history doesn't know. The oldest comes first.
///
/// - If the history knows any run that made an archive of a name, nothing of that name is returned. Then only a part of the
///   history is lost, and nobody can tell which part.
/// - The newest archive of a schedule is recognised by its name.
/// - Any other archive counts only if the list of checksums has it: an older generation, another format, an incomplete
///   one. What the history knows may be removed some day, so it must be ours.
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
    let sums = ports.backups.checksum_list().map(|list| parse_checksum_list(&list)).unwrap_or_default();
    let lost = Lost { unknown: &by_name(unknown), sums: &sums };
    let mut owners: Vec<_> = entries()?.iter().map(|entry| Owner::of(ports, entry)).collect();
    if whose == Whose::Anybody {
        let scheduled: HashSet<_> = owners.iter().map(|owner| owner.name.clone()).collect();
        let names: BTreeSet<_> = lost.unknown.keys().filter(|name| !scheduled.contains(*name)).collect();
        owners.extend(names.into_iter().cloned().map(Owner::gone));
    }
    owners.retain(|owner| !ledger.has_made(&owner.name));
    Ok(owners.iter().flat_map(|owner| lost.of(owner)).map(HistoryNote::Found).collect())
}

/// Checks the found archives against the list of checksums. Reads only archives beside which others may be removed.
///
/// On a mismatch, a newest archive is returned without a checksum, and an older one is not returned.
/// `progress` follows them.
pub(crate) fn confirmed(
    ports: &Ports<'_>,
    ledger: &Ledger,
    found: &[HistoryNote],
    progress: &dyn Progress,
) -> Vec<HistoryNote> {
    let runs: Vec<_> = found.iter().filter_map(run_of).collect();
    let mut found_of: HashMap<_, HashSet<_>> = HashMap::new();
    for archive in runs.iter().filter_map(|run| name_of(run)) {
        found_of.entry(archive.backup.clone()).or_default().insert(archive);
    }
    let is_alone = |of: &ArchiveName| {
        found_of.get(&of.backup).is_none_or(|found| found.len() == 1)
            && ledger.generations(&of.backup).is_empty()
    };
    let confirm = |run: &&RunRecord| {
        let (name, listed) = (name_of(run)?, run.sha256);
        let stands = || ports.backups.digest(&name.to_string(), progress).ok();
        if listed.is_none() || is_alone(&name) || stands().map(|digest| digest.sha256) == listed {
            return Some((*run).clone());
        }
        name.stamp.is_none().then(|| RunRecord { sha256: None, ..(*run).clone() })
    };
    runs.iter().filter_map(confirm).map(HistoryNote::Found).collect()
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

/// Returns the archives that no known run made, and that no run is publishing.
fn unknown(ports: &Ports<'_>, ledger: &Ledger) -> Vec<BackupRecord> {
    let sealed: HashSet<_> = ledger.unfinished().into_iter().filter_map(|run| run.sealed?.archive).collect();
    let mut backups = ports.backups.list().unwrap_or_default();
    backups.retain(|backup| ledger.made(&backup.file_name).is_none() && !sealed.contains(&backup.file_name));
    backups
}

/// The schedule that archives of a name belong to.
struct Owner {
    /// The schedule's identity. For a deleted schedule, only its name is known.
    identity: String,
    name: BackupName,
    /// The file name of a schedule's newest archive.
    newest: Option<ArchiveName>,
}

impl Owner {
    fn of(ports: &Ports<'_>, entry: &ScheduleEntry) -> Self {
        let newest = archive_of(ports.backups, entry, Grade::Complete);
        Self { identity: entry.identity(), name: entry.name().clone(), newest: Some(newest) }
    }

    fn gone(name: BackupName) -> Self {
        Self { identity: name.to_string(), name, newest: None }
    }
}

struct Lost<'a> {
    unknown: &'a HashMap<BackupName, Vec<BackupRecord>>,
    sums: &'a HashMap<String, [u8; 32]>,
}

impl Lost<'_> {
    fn of(&self, owner: &Owner) -> Vec<RunRecord> {
        let (mut newest, mut found) = (Vec::new(), Vec::new());
        for (archive, backup) in self.archives(&owner.name) {
            let sha256 = self.sums.get(&backup.file_name).copied();
            if sha256.is_none() && owner.newest.as_ref() != Some(&archive) {
                continue;
            }
            let run = run(&owner.identity, &archive, backup, sha256);
            let is_newest = archive.stamp.is_none() && archive.grade == Grade::Complete;
            if is_newest { newest.push(run) } else { found.push(run) }
        }
        // Of two formats the newer one: the next run replaces one archive, not two.
        found.extend(newest.into_iter().max_by_key(|run| run.ended));
        found.sort_by_key(|run| (run.made_for(), run.ended));
        found
    }

    fn archives(&self, name: &BackupName) -> impl Iterator<Item = (ArchiveName, &BackupRecord)> {
        let of_it = self.unknown.get(name).into_iter().flatten();
        of_it.filter_map(|backup| Some((ArchiveName::parse(&backup.file_name)?, backup)))
    }
}

/// Returns a record of the run behind an archive. It counts as made by hand: nobody knows what it was planned for.
fn run(identity: &str, archive: &ArchiveName, backup: &BackupRecord, sha256: Option<[u8; 32]>) -> RunRecord {
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
