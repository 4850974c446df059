//! What the clock showed at each good backup of a name, in the order in which they were made.

use std::collections::{HashMap, HashSet};

use crate::model::archive::BackupName;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{RunRecord, name_in};
use crate::time::Moment;

/// What the clock showed at one good backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The backup's place in the order in which archives were made; 0 for one that was only found.
    pub order: u64,
    /// When its run began: a run that is heard of twice is recognized by that.
    pub began: Moment,
    /// The moment it was made for: its date.
    pub made_for: Moment,
}

/// What the clock showed at the good backups of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// One reading for each backup, in the order in which they were made. Removed backups are included.
    ///
    /// Of archives that were only found, the newest alone is included: what was removed between them is unknown.
    pub readings: Vec<Reading>,
    /// The last place in the order when a person resumed pruning.
    pub resumed: u64,
}

/// The timelines of all names. A run that was heard of twice is in them twice.
#[derive(Debug, Default)]
pub(super) struct Timelines {
    timelines: HashMap<String, Timeline>,
    /// When a person resumed pruning last.
    resumed_at: HashMap<String, Moment>,
}

impl Timelines {
    /// Takes in a good run that made an archive, or an archive that was found, whose order is 0.
    pub(super) fn apply(&mut self, run: &RunRecord, order: u64) {
        let readings = &mut self.of(name_in(&run.key.entry)).readings;
        let reading = Reading { order, began: run.began, made_for: run.made_for() };
        match readings.last_mut() {
            Some(found) if order == 0 && found.order == 0 && found.made_for < reading.made_for => {
                *found = reading;
            }
            Some(_) if order == 0 => {}
            _ => readings.push(reading),
        }
    }

    /// Takes in that a person resumed pruning.
    pub(super) fn resume(&mut self, name: &str, order: u64, at: Moment) {
        self.of(name).resumed = order;
        self.resumed_at.insert(name.to_owned(), at);
    }

    /// Returns the timeline of one name.
    pub(super) fn timeline(&self, name: &BackupName) -> Timeline {
        let mut timeline = self.timelines.get(name.as_str()).cloned().unwrap_or_default();
        // Of a run that was heard of twice, the last place counts, as it does for its archive.
        let mut seen = HashSet::new();
        timeline.readings.reverse();
        timeline.readings.retain(|reading| seen.insert(reading.began));
        timeline.readings.reverse();
        timeline
    }

    /// Adds the notes by which a person resumed pruning. The readings of existing archives come from their own notes. Those
    /// of removed archives are lost: the gap may look like a jump, and pruning may pause for too long.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) {
        for (name, at) in &self.resumed_at {
            let place = self.timelines.get(name).map_or(0, |timeline| timeline.resumed);
            checkpoint.add(place, HistoryNote::Resumed { name: name.clone(), at: *at });
        }
    }

    fn of(&mut self, name: &str) -> &mut Timeline {
        self.timelines.entry(name.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{Ledger, Outcome, RunKey};
    use crate::testing::at;

    fn run(date: &str, outcome: Outcome) -> RunRecord {
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        let archive = Some("docs.tar".to_owned());
        RunRecord { archive, ..RunRecord::without_archive(key, outcome, at(date), at(date)) }
    }

    /// The dates on the timeline, and the place at which a person resumed pruning, seen from its end.
    fn told(notes: &[HistoryNote]) -> (Vec<String>, u64) {
        let ledger = Ledger::new(notes);
        let timeline = ledger.timeline(&"docs".parse().unwrap());
        let end = timeline.readings.last().map_or(0, |reading| reading.order);
        let dates = timeline.readings.iter().map(|reading| reading.made_for.date_naive().to_string());
        (dates.collect(), end - timeline.resumed)
    }

    #[test]
    fn each_good_backup_is_on_it_once_and_of_what_was_found_the_newest() {
        let ended = |date: &str, outcome| HistoryNote::Ended(run(date, outcome));
        let found = |date: &str| HistoryNote::Found(run(date, Outcome::Done));
        let mut notes = vec![found("2026-01-01 12:00"), found("2026-02-01 12:00"), found("2026-01-15 12:00")];
        assert_eq!(told(&notes), (vec!["2026-02-01".to_owned()], 0));
        notes.extend([
            ended("2026-02-02 12:00", Outcome::Done),
            ended("2026-02-03 12:00", Outcome::Failed),
            HistoryNote::Resumed { name: "docs".to_owned(), at: at("2026-02-03 13:00") },
            ended("2026-02-04 12:00", Outcome::Torn),
            found("2026-03-01 12:00"),
        ]);
        let expected = (["2026-02-01", "2026-02-02", "2026-02-04"].map(str::to_owned).to_vec(), 1);
        assert_eq!(told(&notes), expected);
        assert_eq!(told(&[notes.clone(), notes].concat()), expected, "heard of twice");
    }
}
