//! Archives that stand and that no note tells of, because the history was lost, say: what can be told of their runs.

use std::collections::{BTreeSet, HashMap};

use crate::backup::{ArchiveName, BackupName, BackupRecord, Grade, Stamp};
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, Outcome, RunKey, RunRecord};
use crate::ports::Ports;
use crate::schedule::ScheduleEntry;
use crate::sums::sums;

/// Returns a note for each archive of these schedules that stands and that no other note tells of, those that were made
/// first before others.
///
/// A schedule's own archive is found by its name. Any other is ours only where the list of sums has it, for what the
/// history knows may be removed one day: an older generation, one of another form, an incomplete one. Where the backups
/// or their sums can't be read, less is found.
pub(crate) fn found<'e>(
    ports: &Ports<'_>,
    ledger: &Ledger,
    entries: impl IntoIterator<Item = &'e ScheduleEntry>,
) -> Vec<HistoryNote> {
    let unknown = unknown(ports, ledger);
    if unknown.is_empty() {
        return Vec::new();
    }
    let sums = ports.backups.sums().map(|list| sums(&list)).unwrap_or_default();
    let lost = Lost { ledger, unknown: &unknown, sums: &sums };
    entries.into_iter().flat_map(|entry| lost.of(entry)).map(HistoryNote::Found).collect()
}

/// Returns what there is to say of archives that were found, if there are any.
pub(crate) fn rebuilt(found: &[HistoryNote]) -> Option<Event> {
    let archive = |note: &HistoryNote| match note {
        HistoryNote::Found(run) => run.archive.clone(),
        _ => None,
    };
    let archives: BTreeSet<_> = found.iter().filter_map(archive).collect();
    (!archives.is_empty()).then_some(Event::HistoryRebuilt(archives.len()))
}

/// Returns the archives that no run is known to have made, or to be just putting in their places.
fn unknown(ports: &Ports<'_>, ledger: &Ledger) -> Vec<BackupRecord> {
    let sealed: Vec<_> = ledger.unfinished().into_iter().filter_map(|run| run.sealed?.archive).collect();
    let mut backups = ports.backups.list().unwrap_or_default();
    backups.retain(|backup| ledger.made(&backup.file_name).is_none() && !sealed.contains(&backup.file_name));
    backups
}

struct Lost<'a> {
    ledger: &'a Ledger,
    unknown: &'a [BackupRecord],
    sums: &'a HashMap<String, [u8; 32]>,
}

impl Lost<'_> {
    fn of(&self, entry: &ScheduleEntry) -> Vec<RunRecord> {
        let own = entry.name().archive(Grade::Complete, entry.options().compression());
        let is_known = self.ledger.standing(entry.name()).complete.is_some();
        let (mut newest, mut found) = (Vec::new(), Vec::new());
        for (archive, backup) in self.archives(entry.name()) {
            let sha256 = self.sums.get(&backup.file_name).copied();
            if sha256.is_none() && archive != own {
                continue;
            }
            let run = run(entry, &archive, backup, sha256);
            let is_newest = archive.stamp.is_none() && archive.grade == Grade::Complete;
            if is_newest { newest.push(run) } else { found.push(run) }
        }
        // Of two forms the newer one: two can't both be what the next takes the place of.
        found.extend(newest.into_iter().filter(|_| !is_known).max_by_key(|run| run.ended));
        found.sort_by_key(|run| (run.made_for(), run.ended));
        found
    }

    fn archives(&self, name: &BackupName) -> impl Iterator<Item = (ArchiveName, &BackupRecord)> {
        let named =
            self.unknown.iter().filter_map(|backup| Some((ArchiveName::parse(&backup.file_name)?, backup)));
        named.filter(|(archive, _)| archive.backup == *name)
    }
}

/// Returns the run that an archive tells of: as one by hand, for nobody knows what it was planned for.
fn run(
    entry: &ScheduleEntry,
    archive: &ArchiveName,
    backup: &BackupRecord,
    sha256: Option<[u8; 32]>,
) -> RunRecord {
    let key = RunKey { entry: entry.identity(), planned: None };
    let made_for = archive.stamp.as_ref().map_or(backup.finished, Stamp::moment);
    let outcome = if archive.grade == Grade::Complete { Outcome::Done } else { Outcome::Incomplete };
    RunRecord {
        archive: Some(backup.file_name.clone()),
        archive_bytes: backup.archive_bytes,
        sha256,
        ..RunRecord::without_archive(key, outcome, made_for, backup.finished)
    }
}
