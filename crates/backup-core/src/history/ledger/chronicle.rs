//! The good backups of each name in the order in which they were made, those that are gone included.

use std::collections::HashMap;

use crate::history::{RunRecord, name_in};
use crate::ports::Moment;

/// When each good backup was made, and for when. What is heard twice stands there twice.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    made: HashMap<String, Vec<Backup>>,
}

/// A good backup: when its run began, by which it is known, and what it was made for.
#[derive(Debug, Clone, Copy)]
struct Backup {
    began: Moment,
    made_for: Moment,
}

impl Chronicle {
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
        let mut before = None;
        runs.iter().map(|run| self.since(run, &mut before)).collect()
    }

    /// Returns what was made since `before`, which is the place of that run then.
    fn since(&self, run: &RunRecord, before: &mut Option<usize>) -> Vec<Moment> {
        let made = self.made.get(name_in(&run.key.entry)).map(Vec::as_slice).unwrap_or_default();
        let Some(place) = made.iter().rposition(|backup| backup.began == run.began) else {
            return Vec::new();
        };
        let since = before.replace(place).and_then(|before| made.get(before + 1..place)).unwrap_or_default();
        since.iter().map(|backup| backup.made_for).collect()
    }
}
