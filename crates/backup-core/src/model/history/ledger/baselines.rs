//! What the runs of each backup saw of its source, and which backups are held.

use std::collections::HashMap;

use crate::model::history::baseline::Baseline;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{RunRecord, name_in};

/// The baselines by the names of the backups. A backup that was always too small to be suspicious has none.
#[derive(Debug, Default)]
pub(super) struct Baselines {
    baselines: HashMap<String, Noted<Baseline>>,
}

impl Baselines {
    /// Takes in how a run ended. Only good ones with an archive count, and those that begin a hold.
    pub(super) fn end(&mut self, place: u64, run: &RunRecord) {
        let (is_suspicious, name) = (!run.anomalies.is_empty(), name_in(&run.key.entry));
        if run.archive.is_none() || !run.outcome.is_good() && !is_suspicious {
            return;
        }
        let is_small = run.entries < Baseline::LEAST_ENTRIES && !is_suspicious;
        if is_small && !self.baselines.contains_key(name) {
            return;
        }
        let known = self.baselines.entry(name.to_owned());
        let known = known.or_insert_with(|| Noted::new(place, Baseline::default()));
        known.what.end(run);
        known.place = place;
    }

    /// Takes in that a person accepted what is suspicious about a backup.
    pub(super) fn accept(&mut self, place: u64, name: &str) {
        let known = self.baselines.get_mut(name);
        if let Some(known) = known.filter(|known| known.what.hold.is_some()) {
            known.what.accept();
            known.place = place;
        }
    }

    /// Takes in that an archive of a backup was removed.
    pub(super) fn remove(&mut self, place: u64, name: &str, archive: &str) {
        if let Some(known) = self.baselines.get_mut(name)
            && known.what.remove(archive)
        {
            known.place = place;
        }
    }

    /// Takes in what a shortened history says of the runs that it has forgotten.
    pub(super) fn put(&mut self, place: u64, name: &str, baseline: &Baseline) {
        self.baselines.insert(name.to_owned(), Noted::new(place, baseline.clone()));
    }

    pub(super) fn of(&self, name: &str) -> Option<&Baseline> {
        self.baselines.get(name).map(|known| &known.what)
    }

    /// Adds a note for each. It stands behind those of the runs that it rests on.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) {
        let mut all: Vec<_> = self.baselines.iter().collect();
        all.sort_by_key(|(name, _)| *name);
        for (name, known) in all {
            let (name, baseline) = (name.clone(), Box::new(known.what.clone()));
            checkpoint.add(known.place, HistoryNote::Baseline { name, baseline });
        }
    }
}
