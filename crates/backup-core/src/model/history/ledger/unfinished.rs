//! The runs that have begun and not ended.

use std::collections::HashMap;

use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::time::Moment;

/// A run without a known end: it is under way, or its process died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Which.
    pub key: RunKey,
    /// When it began.
    pub began: Moment,
    /// How it ended, if its archive has taken its place.
    pub sealed: Option<RunRecord>,
}

impl Unfinished {
    /// Returns the record of a run whose process died before it had made an archive. Nobody knows when that was.
    #[must_use]
    pub fn died(&self) -> RunRecord {
        let (key, began) = (self.key.clone(), self.began);
        let problems = vec!["its process ended before the run was done".to_owned()];
        RunRecord { problems, ..RunRecord::without_archive(key, Outcome::Interrupted, began, began) }
    }
}

/// All runs without a known end.
#[derive(Debug, Default)]
pub(super) struct UnfinishedRuns {
    runs: HashMap<RunKey, Open>,
}

/// What is noted of such a run: at least one of both.
#[derive(Debug, Default)]
struct Open {
    began: Option<Noted<Moment>>,
    sealed: Option<Noted<RunRecord>>,
}

impl UnfinishedRuns {
    pub(super) fn begin(&mut self, place: u64, key: &RunKey, at: Moment) {
        self.runs.insert(key.clone(), Open { began: Some(Noted::new(place, at)), sealed: None });
    }

    pub(super) fn seal(&mut self, place: u64, run: &RunRecord) {
        let open = self.runs.entry(run.key.clone()).or_default();
        open.sealed = Some(Noted::new(place, run.clone()));
    }

    pub(super) fn end(&mut self, key: &RunKey) {
        self.runs.remove(key);
    }

    /// Returns that run, if it has begun and not ended.
    pub(super) fn of(&self, key: &RunKey) -> Option<Unfinished> {
        self.runs.get(key)?.run(key)
    }

    /// Returns them, those that began first before others.
    pub(super) fn all(&self) -> Vec<Unfinished> {
        let mut all: Vec<_> = self.runs.iter().filter_map(|(key, open)| open.run(key)).collect();
        all.sort_by_key(|run| (run.began, run.key.entry.clone(), run.key.planned));
        all
    }

    /// Adds the notes that tell of them.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) {
        for (key, open) in &self.runs {
            if let Some(began) = &open.began {
                checkpoint.add(began.place, HistoryNote::Began { key: key.clone(), at: began.what });
            }
            if let Some(sealed) = &open.sealed {
                checkpoint.add(sealed.place, HistoryNote::Sealed(sealed.what.clone()));
            }
        }
    }
}

impl Open {
    fn run(&self, key: &RunKey) -> Option<Unfinished> {
        let sealed = self.sealed.as_ref().map(|sealed| sealed.what.clone());
        let noted = self.began.as_ref().map(|began| began.what);
        let began = sealed.as_ref().map(|run| run.began).or(noted)?;
        Some(Unfinished { key: key.clone(), began, sealed })
    }
}
