//! What is remembered of every run, and what follows from it for the next.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ports::Moment;
use crate::schedule::ScheduleEntry;

/// Which run: of which entry, and for which planned moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// The entry's text form, `folder;hh:mm;name`.
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
    /// What was wrong, in sentences, the first few.
    pub problems: Vec<String>,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryNote {
    /// An entry counts from `since` on, as was found `at`.
    Adopted {
        /// The entry's text form.
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

/// What the history says of every entry.
#[derive(Debug, Default)]
pub struct Ledger<'a> {
    marks: HashMap<&'a str, Vec<Mark>>,
    last_ended: HashMap<&'a str, &'a RunRecord>,
    under_way: HashMap<&'a str, Moment>,
}

/// A note that settles an entry's plan up to a moment, and when it was written.
#[derive(Debug, Clone, Copy)]
struct Mark {
    settled: DateTime<Utc>,
    written: DateTime<Utc>,
}

impl<'a> Ledger<'a> {
    /// Reads the notes, oldest first.
    pub fn new(notes: impl IntoIterator<Item = &'a HistoryNote>) -> Self {
        let mut ledger = Self::default();
        for note in notes {
            ledger.read(note);
        }
        ledger
    }

    fn read(&mut self, note: &'a HistoryNote) {
        match note {
            HistoryNote::Adopted { entry, since, at } => {
                // The first moment that counts must not be settled itself.
                let settled = since.to_utc() - TimeDelta::seconds(1);
                self.mark(entry, Mark { settled, written: at.to_utc() });
            }
            HistoryNote::Began { key, at } => {
                self.under_way.insert(&key.entry, *at);
            }
            HistoryNote::Ended(run) => {
                self.under_way.remove(run.key.entry.as_str());
                self.last_ended.insert(&run.key.entry, run);
                if let (Some(planned), false) = (run.key.planned, run.outcome == Outcome::Interrupted) {
                    self.mark(
                        &run.key.entry,
                        Mark { settled: planned.to_utc(), written: run.began.to_utc() },
                    );
                }
            }
        }
    }

    fn mark(&mut self, entry: &'a str, mark: Mark) {
        self.marks.entry(entry).or_default().push(mark);
    }

    /// Returns the moment up to which nothing is owed by this entry, or `None` when nothing is known of it.
    ///
    /// Notes from a clock that was far ahead are passed over: going back from now, each note must have been written
    /// no later than [`LARGEST_STEP_BACK`] after the one that follows it.
    #[must_use]
    pub fn settled(&self, entry: &str, now: Moment) -> Option<Moment> {
        let mut newest = now.to_utc();
        let mut settled: Option<DateTime<Utc>> = None;
        for mark in self.marks.get(entry)?.iter().rev() {
            if mark.written > newest + LARGEST_STEP_BACK {
                continue;
            }
            newest = newest.min(mark.written);
            settled = settled.max(Some(mark.settled));
        }
        settled.map(|instant| instant.with_timezone(now.offset()))
    }

    /// Returns how the entry's last run ended.
    #[must_use]
    pub fn last_run(&self, entry: &ScheduleEntry) -> Option<&'a RunRecord> {
        self.last_ended.get(entry.to_string().as_str()).copied()
    }

    /// Returns since when a run of the entry is under way, as far as the notes tell: a run whose process died looks
    /// the same.
    #[must_use]
    pub fn under_way_since(&self, entry: &ScheduleEntry) -> Option<Moment> {
        self.under_way.get(entry.to_string().as_str()).copied()
    }

    /// Returns how many entries the last good archive of that file name had.
    #[must_use]
    pub fn entries_in(&self, archive: &str) -> Option<u64> {
        let made = self.last_ended.values().filter(|run| run.archive.as_deref() == Some(archive));
        made.max_by_key(|run| run.ended).map(|run| run.entries)
    }
}
