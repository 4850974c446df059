//! What is remembered of every run, and what follows from it for the next.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::backup::{BackupName, Grade};
use crate::ports::Moment;
use crate::schedule::ScheduleEntry;

/// Which run: of which entry, and for which planned moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// The entry's identity, `folder;hh:mm;name`.
    pub entry: String,
    /// The moment it was planned for; `None` when somebody asked for it by hand.
    pub planned: Option<Moment>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything is in the archive.
    Done,
    /// Everything is in the archive, but something changed while it was read.
    Torn,
    /// Something could not be read; the archive stands beside the last complete one.
    Incomplete,
    /// No archive; the old one is untouched.
    Failed,
    /// Ended on request before it was done; the run is still owed.
    Interrupted,
}

impl Outcome {
    /// Returns what to do about it, where there is something to do.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        let hint =
            "what need not be in the backup can be left out on purpose: add ;exclude=PATTERN to the schedule";
        (self == Self::Incomplete).then_some(hint)
    }
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Which run.
    pub key: RunKey,
    /// How many earlier planned moments it makes up for.
    pub missed_runs: u32,
    /// When it began.
    pub began: Moment,
    /// When it ended.
    pub ended: Moment,
    /// How it ended.
    pub outcome: Outcome,
    /// The archive's file name, if one was made.
    pub archive: Option<String>,
    /// The archive's size.
    pub archive_bytes: u64,
    /// The archive's SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// The entries in it.
    pub entries: u64,
    /// The entries, and contents of folders, that were left out on purpose.
    pub excluded_entries: u64,
    /// What was wrong, in sentences, the first few.
    pub problems: Vec<String>,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryNote {
    /// An entry counts from `since` on, as was found `at`.
    Adopted {
        /// The entry's identity.
        entry: String,
        /// The first moment for which it can owe a run.
        since: Moment,
        /// When this was written.
        at: Moment,
    },
    /// A run began.
    Began {
        /// Which.
        key: RunKey,
        /// When.
        at: Moment,
    },
    /// A run ended.
    Ended(RunRecord),
}

/// A clock set back by no more than this is a correction, and what ran before it counts. Set back further, the clock
/// was wrong before, and what it claims to have run in the future settles nothing.
pub const LARGEST_STEP_BACK: TimeDelta = TimeDelta::hours(24);

/// What the history says of every entry. Taking in a note twice changes nothing.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: HashMap<String, EntryState>,
    /// The newest run that made each archive, by its file name.
    archives: HashMap<String, Made>,
    made_archives: u64,
}

/// A run that made an archive, and how many archives had been made before: their order, whatever the clock said.
#[derive(Debug)]
struct Made {
    run: RunRecord,
    earlier_archives: u64,
}

/// What stands in the place for backups under one name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing<'a> {
    /// The run that made the newest complete archive.
    pub complete: Option<&'a RunRecord>,
    /// The run that made an incomplete one, if that is newer.
    pub incomplete: Option<&'a RunRecord>,
}

#[derive(Debug, Default)]
struct EntryState {
    marks: Vec<Mark>,
    last_run: Option<RunRecord>,
    under_way_since: Option<Moment>,
}

/// A note that settles an entry's plan up to a moment, and when it was written.
#[derive(Debug, Clone, Copy)]
struct Mark {
    settled: DateTime<Utc>,
    written: DateTime<Utc>,
    /// The latest that this mark and all before it settle.
    settled_so_far: DateTime<Utc>,
}

impl Ledger {
    /// Reads the notes, oldest first.
    pub fn new<'a>(notes: impl IntoIterator<Item = &'a HistoryNote>) -> Self {
        let mut ledger = Self::default();
        notes.into_iter().for_each(|note| ledger.take_in(note));
        ledger
    }

    /// Takes in one more note.
    pub fn take_in(&mut self, note: &HistoryNote) {
        match note {
            HistoryNote::Adopted { entry, since, at } => {
                // The first moment that counts must not be settled itself.
                self.state(entry).mark(*since - TimeDelta::seconds(1), *at);
            }
            HistoryNote::Began { key, at } => self.state(&key.entry).under_way_since = Some(*at),
            HistoryNote::Ended(run) => {
                self.state(&run.key.entry).end(run);
                if let Some(archive) = &run.archive {
                    let made = Made { run: run.clone(), earlier_archives: self.made_archives };
                    self.made_archives += 1;
                    self.archives.insert(archive.clone(), made);
                }
            }
        }
    }

    fn state(&mut self, entry: &str) -> &mut EntryState {
        self.entries.entry(entry.to_owned()).or_default()
    }

    /// Returns the moment up to which nothing is owed by this entry, or `None` when nothing is known of it.
    ///
    /// Notes from a clock that was far ahead are passed over: going back from now, each note must have been written
    /// no later than [`LARGEST_STEP_BACK`] after the one that follows it.
    #[must_use]
    pub fn settled(&self, entry: &str, now: Moment) -> Option<Moment> {
        let mut newest = now.to_utc();
        let mut settled: Option<DateTime<Utc>> = None;
        for mark in self.entries.get(entry)?.marks.iter().rev() {
            if settled.is_some_and(|settled| mark.settled_so_far <= settled) {
                break;
            }
            if mark.written <= newest + LARGEST_STEP_BACK {
                newest = newest.min(mark.written);
                settled = settled.max(Some(mark.settled));
            }
        }
        settled.map(|instant| instant.with_timezone(now.offset()))
    }

    /// Returns how the entry's last run ended.
    #[must_use]
    pub fn last_run(&self, entry: &ScheduleEntry) -> Option<&RunRecord> {
        self.entries.get(&entry.identity())?.last_run.as_ref()
    }

    /// Returns since when a run of the entry is under way, as far as the notes tell: a run whose process died looks
    /// the same.
    #[must_use]
    pub fn under_way_since(&self, entry: &ScheduleEntry) -> Option<Moment> {
        self.entries.get(&entry.identity())?.under_way_since
    }

    /// Returns how many entries the newest archive of that file name has.
    #[must_use]
    pub fn entries_in(&self, archive: &str) -> Option<u64> {
        self.archives.get(archive).map(|made| made.run.entries)
    }

    /// Returns what stands under that name, whatever runs failed since. A complete archive supersedes an incomplete
    /// one; which came later is told by the order of the notes.
    #[must_use]
    pub fn standing(&self, name: &BackupName) -> Standing<'_> {
        let made = |grade| self.archives.get(&name.archive_name(grade));
        let complete = made(Grade::Complete);
        let is_newer = |incomplete: &&Made| {
            complete.is_none_or(|complete| complete.earlier_archives < incomplete.earlier_archives)
        };
        let incomplete = made(Grade::Incomplete).filter(is_newer);
        Standing { complete: complete.map(|made| &made.run), incomplete: incomplete.map(|made| &made.run) }
    }
}

impl EntryState {
    fn end(&mut self, run: &RunRecord) {
        self.under_way_since = None;
        self.last_run = Some(run.clone());
        if let (Some(planned), false) = (run.key.planned, run.outcome == Outcome::Interrupted) {
            self.mark(planned, run.began);
        }
    }

    fn mark(&mut self, settled: Moment, written: Moment) {
        let settled = settled.to_utc();
        let before = self.marks.last().map_or(settled, |mark| mark.settled_so_far);
        self.marks.push(Mark { settled, written: written.to_utc(), settled_so_far: before.max(settled) });
    }
}
