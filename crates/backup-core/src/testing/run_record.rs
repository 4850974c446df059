//! Records of runs for tests, in one line each.

use chrono::TimeDelta;

use crate::model::history::{Outcome, RunKey, RunRecord, name_in};
use crate::time::Moment;

/// Returns a builder for the record of a run of that entry, `folder;hh:mm;name`.
///
/// Whatever isn't said: somebody ran it by hand, it is done, it took no time and has no archive.
///
/// ```
/// use backup_core::model::history::Outcome;
/// use backup_core::testing::{at, run_record};
///
/// let run = run_record("docs;16:07;docs").planned(at("2026-03-10 16:07")).archive("docs.tar", 800_000).build();
/// assert_eq!((run.began, run.outcome), (at("2026-03-10 16:07"), Outcome::Done));
///
/// let by_hand = run_record("docs;16:07;docs").began(at("2026-03-10 12:00")).outcome(Outcome::Failed).build();
/// assert_eq!((by_hand.key.planned, by_hand.archive), (None, None));
/// ```
pub fn run_record(entry: &str) -> RunRecordBuilder {
    let key = RunKey { entry: entry.to_owned(), planned: None };
    let epoch = Moment::default();
    let record = RunRecord::without_archive(key, Outcome::Done, epoch, epoch);
    RunRecordBuilder { record, began: None, takes: TimeDelta::zero() }
}

/// Builds a [`RunRecord`]; see [`run_record`].
#[derive(Debug, Clone)]
#[must_use]
pub struct RunRecordBuilder {
    record: RunRecord,
    began: Option<Moment>,
    takes: TimeDelta,
}

impl RunRecordBuilder {
    /// Sets the moment that the run was planned for. It begins then, unless [`began`](Self::began) says otherwise.
    pub fn planned(mut self, planned: impl Into<Option<Moment>>) -> Self {
        self.record.key.planned = planned.into();
        self
    }

    /// Sets when the run began.
    pub fn began(self, began: Moment) -> Self {
        Self { began: Some(began), ..self }
    }

    /// Sets how long the run took.
    pub fn took(self, takes: TimeDelta) -> Self {
        Self { takes, ..self }
    }

    /// Sets how the run ended.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.record.outcome = outcome;
        self
    }

    /// Sets how many earlier planned moments the run makes up for.
    pub fn missed(mut self, missed_runs: u32) -> Self {
        self.record.missed_runs = missed_runs;
        self
    }

    /// Sets the archive's file name and size.
    pub fn archive(mut self, file_name: &str, archive_bytes: u64) -> Self {
        self.record.archive = Some(file_name.to_owned());
        self.record.archive_bytes = archive_bytes;
        self
    }

    /// Sets the archive that a run with the outcome so far leaves, of that size: an uncompressed one, an incomplete one,
    /// or none.
    pub fn usual_archive(self, archive_bytes: u64) -> Self {
        let name = name_in(&self.record.key.entry).to_owned();
        match self.record.outcome {
            Outcome::Done | Outcome::Torn => self.archive(&format!("{name}.tar"), archive_bytes),
            Outcome::Incomplete => self.archive(&format!("{name}.incomplete.tar"), archive_bytes),
            Outcome::Failed | Outcome::Interrupted | Outcome::Skipped => self,
        }
    }

    /// Sets what the archive before it is called since then.
    pub fn set_aside(mut self, file_name: impl Into<Option<&'static str>>) -> Self {
        self.record.set_aside = file_name.into().map(str::to_owned);
        self
    }

    /// Sets the archive's SHA-256 to 32 times that byte.
    pub fn sum(mut self, byte: impl Into<Option<u8>>) -> Self {
        self.record.sha256 = byte.into().map(|byte| [byte; 32]);
        self
    }

    /// Sets how many entries are in the archive, and how many were left out on purpose.
    pub fn entries(mut self, entries: u64, excluded_entries: u64) -> Self {
        (self.record.entries, self.record.excluded_entries) = (entries, excluded_entries);
        self
    }

    /// Adds a sentence about what was wrong.
    pub fn problem(mut self, sentence: impl Into<String>) -> Self {
        self.record.problems.push(sentence.into());
        self
    }

    /// Sets the source's path without symbolic links.
    pub fn real_source(mut self, path: &str) -> Self {
        self.record.real_source = Some(path.to_owned());
        self
    }

    /// Returns the record.
    ///
    /// # Panics
    /// Where neither [`planned`](Self::planned) nor [`began`](Self::began) says when the run began.
    #[must_use]
    pub fn build(mut self) -> RunRecord {
        let began =
            self.began.or(self.record.key.planned).expect("a run has a beginning: say planned or began");
        (self.record.began, self.record.ended) = (began, began + self.takes);
        self.record
    }
}
