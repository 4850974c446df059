//! The good backups of each name in the order in which they were made, those that are gone included.

use std::collections::HashMap;

use crate::model::history::run_record::{RunRecord, name_in};
use crate::time::Moment;

/// When each good backup was made, and for when. What is heard twice stands there twice.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    made: HashMap<String, Vec<Backup>>,
}

/// A good backup: when its run began, by which it is known, and what it was made for.
#[derive(Debug, Clone, Copy)]
struct Backup {
    began: Moment,
    made_for: Moment,
}

impl Timeline {
    /// A run ended.
    pub(super) fn end(&mut self, run: &RunRecord) {
        if run.archive.is_some() && run.outcome.is_good() {
            let made = self.made.entry(name_in(&run.key.entry).to_owned()).or_default();
            made.push(Backup { began: run.began, made_for: run.made_for() });
        }
    }

    /// Returns what the backups were made for that came between each of these runs and the one before it, which are all of
    /// one name, in the order in which they were made. Of what came before the first, nothing is told.
    pub(super) fn between(&self, runs: &[&RunRecord]) -> Vec<Vec<Moment>> {
        let name = runs.first().map_or("", |run| name_in(&run.key.entry));
        let made = self.made.get(name).map(Vec::as_slice).unwrap_or_default();
        // The last place of each counts.
        let places: HashMap<_, _> =
            made.iter().enumerate().map(|(place, backup)| (backup.began, place)).collect();
        let mut before = None;
        let since = |run: &&RunRecord| {
            let place = *places.get(&run.began)?;
            let since = before.replace(place).and_then(|before: usize| made.get(before + 1..place));
            Some(since?.iter().map(|backup| backup.made_for).collect())
        };
        runs.iter().map(since).map(Option::unwrap_or_default).collect()
    }
}
