//! What was before this service: what another left unfinished, and backups that no history knows. Found out once,
//! before anything is begun.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;

use super::Service;
use crate::backup::{ArchiveName, BackupRecord, Grade};
use crate::event::Event;
use crate::history::{HistoryNote, Outcome, RunKey, RunRecord, Unfinished};
use crate::ports::Moment;
use crate::prune::put_sums;
use crate::published::published;
use crate::run::BACKUPS;
use crate::schedule::{ScheduleBook, ScheduleEntry, admit};
use crate::sums::sums;

impl Service<'_> {
    /// Settles what was before, once.
    pub(super) fn settle_past(&mut self, book: &ScheduleBook) {
        if !std::mem::replace(&mut self.is_past_settled, true) {
            let gap = Event::history_gap(self.memory.unreadable_lines());
            gap.iter().for_each(|gap| self.journal(gap));
            self.settle_unfinished();
            self.rebuild(book);
            // A crash may have left the list of sums behind. Why that can't be, the sweep has said.
            let _ = put_sums(&self.ports, self.memory.ledger());
        }
    }

    /// Notes how the runs ended of which no end is known. One whose archive stands was done, and is not made again; any
    /// other that was planned is still owed. There is one service a home, so none of them is under way.
    fn settle_unfinished(&mut self) {
        let now = self.ports.clock.now();
        for unfinished in self.memory.ledger().unfinished() {
            let source = source_of(&unfinished.key);
            if let Some(sealed) = published(&self.ports, &unfinished) {
                let archive = format!("{BACKUPS}/{}", sealed.archive.as_deref().unwrap_or_default());
                self.journal(&Event::FoundFinished { source, archive });
                self.memory.note(HistoryNote::Ended(sealed));
            } else if unfinished.key.planned.is_some() {
                self.journal(&Event::BackupInterrupted { source, is_owed: true });
                self.memory.note(HistoryNote::Ended(interrupted(unfinished, now)));
            }
            // One that was made by hand may be under way right now, in another process.
        }
    }

    /// Takes what the finished backups tell for the history, where that knows no run at all: it was lost, or somebody
    /// brought the backups here.
    fn rebuild(&mut self, book: &ScheduleBook) {
        if self.memory.ledger().knows_runs() {
            return;
        }
        let backups = self.ports.backups.list().unwrap_or_default();
        let sums = self.ports.backups.sums().map(|list| sums(&list)).unwrap_or_default();
        let lines = admit(book, self.ports.home, self.ports.archiver);
        let mut archives = BTreeSet::new();
        for entry in lines.iter().filter_map(|line| line.entry.as_ref().ok()) {
            for found in found(entry, &backups, &sums) {
                self.memory.note(HistoryNote::Ended(rebuilt(entry, &found)));
                if found.is_newest {
                    self.settle_until(entry, found.made_for);
                }
                archives.insert(found.backup.file_name.clone());
            }
        }
        if !archives.is_empty() {
            self.journal(&Event::HistoryRebuilt(archives.len()));
        }
    }

    /// Nothing is owed for the time before the newest backup was finished. That counts as noted by the clock of then: one
    /// that was ahead settles nothing.
    fn settle_until(&mut self, entry: &ScheduleEntry, finished: Moment) {
        let (identity, now) = (entry.identity(), self.ports.clock.now());
        if self.memory.ledger().settled(&identity, now).is_none_or(|settled| settled < finished) {
            let since = finished + TimeDelta::seconds(1);
            self.memory.note(HistoryNote::Adopted { entry: identity, since, at: finished });
        }
    }
}

fn source_of(key: &RunKey) -> String {
    key.entry.parse::<ScheduleEntry>().map_or_else(|_| key.entry.clone(), |entry| entry.source().to_owned())
}

fn interrupted(Unfinished { key, began, .. }: Unfinished, now: Moment) -> RunRecord {
    let reason = "the service died before the backup was finished".to_owned();
    RunRecord { problems: vec![reason], ..RunRecord::without_archive(key, Outcome::Interrupted, began, now) }
}

/// A backup that the history is rebuilt from.
struct Found<'a> {
    backup: &'a BackupRecord,
    made_for: Moment,
    sha256: Option<[u8; 32]>,
    is_newest: bool,
}

/// Returns the backups of an entry, the newest last. A dated one is ours only where the list of sums has it: what the
/// history knows may be removed one day.
fn found<'a>(
    entry: &ScheduleEntry,
    backups: &'a [BackupRecord],
    sums: &HashMap<String, [u8; 32]>,
) -> Vec<Found<'a>> {
    let newest = entry.name().archive(Grade::Complete, entry.options().compression());
    let found = |backup: &'a BackupRecord| {
        let archive = ArchiveName::parse(&backup.file_name)?;
        let sha256 = sums.get(&backup.file_name).copied();
        if archive == newest {
            return Some(Found { backup, made_for: backup.finished, sha256, is_newest: true });
        }
        let stamp = archive.stamp.filter(|_| archive.backup == *entry.name() && sha256.is_some())?;
        Some(Found { backup, made_for: stamp.moment(), sha256, is_newest: false })
    };
    let mut found: Vec<_> = backups.iter().filter_map(found).collect();
    found.sort_by_key(|found| (found.is_newest, found.made_for));
    found
}

/// Returns the run that a finished backup tells of: as one by hand, for nobody knows what it was planned for.
fn rebuilt(entry: &ScheduleEntry, found: &Found<'_>) -> RunRecord {
    let key = RunKey { entry: entry.identity(), planned: None };
    RunRecord {
        archive: Some(found.backup.file_name.clone()),
        archive_bytes: found.backup.archive_bytes,
        sha256: found.sha256,
        problems: vec!["rebuilt from the archive, for the history doesn't know it".to_owned()],
        ..RunRecord::without_archive(key, Outcome::Done, found.made_for, found.made_for)
    }
}
