//! What was before this service: what another left unfinished, and backups that no history knows. Found out once,
//! before anything is begun.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::Service;
use crate::backup::{BackupRecord, Grade};
use crate::due::due;
use crate::event::Event;
use crate::history::{HistoryNote, Outcome, RunKey, RunRecord, Unfinished};
use crate::ports::{Clock, Moment};
use crate::prune::put_sums;
use crate::published::published;
use crate::run::BACKUPS;
use crate::schedule::{ScheduleBook, ScheduleEntry, admit};

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
        let lines = admit(book, self.ports.home, self.ports.archiver);
        let mut archives = BTreeSet::new();
        for entry in lines.iter().filter_map(|line| line.entry.as_ref().ok()) {
            let archive = entry.name().archive(Grade::Complete, entry.options().compression()).to_string();
            if let Some(backup) = backups.iter().find(|backup| backup.file_name == archive) {
                self.memory.note(HistoryNote::Ended(rebuilt(entry, backup, self.ports.clock)));
                archives.insert(archive);
            }
        }
        if !archives.is_empty() {
            self.journal(&Event::HistoryRebuilt(archives.len()));
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

/// Returns the run that a finished backup tells of: the last that was planned when it was finished.
fn rebuilt(entry: &ScheduleEntry, backup: &BackupRecord, clock: &dyn Clock) -> RunRecord {
    let finished = backup.finished;
    let last = due(&entry.rule(), finished - LOOKED_BACK, finished, clock);
    let key = RunKey { entry: entry.identity(), planned: last.map(|due| due.planned) };
    RunRecord {
        archive: Some(backup.file_name.clone()),
        archive_bytes: backup.archive_bytes,
        problems: vec!["rebuilt from the archive, for the history doesn't know it".to_owned()],
        ..RunRecord::without_archive(key, Outcome::Done, finished, finished)
    }
}

/// More than any day can be without a planned moment.
const LOOKED_BACK: TimeDelta = TimeDelta::days(3);
