//! What the history says of one entry: up to when it is settled, and what it has begun.

use std::collections::HashSet;

use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::ledger::watermarks::Watermarks;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::time::Moment;

#[derive(Debug, Default)]
pub(super) struct EntryState {
    pub(super) marks: Watermarks,
    /// What the planned run was for that began last, unless it has ended in another way than by an interruption.
    pub(super) begun: Option<Moment>,
    /// The planned run that ended last, if it was interrupted.
    interrupted: Option<Noted<RunRecord>>,
    /// What such notes said of this entry: since when it counts, and when that was written.
    adopted: HashSet<(Moment, Moment)>,
    /// How many of such notes there were when the last one was about this entry, it included.
    pub(super) last_adoption: u64,
}

impl EntryState {
    /// Returns whether this is news: what a process could not write is heard of once it could.
    pub(super) fn adopt(&mut self, place: u64, since: Moment, at: Moment) -> bool {
        self.marks.adopt(place, since, at);
        self.adopted.insert((since, at))
    }

    pub(super) fn begin(&mut self, place: u64, key: &RunKey) {
        self.begun = key.planned.or(self.begun);
        self.marks.begin(place, key);
    }

    pub(super) fn seal(&mut self, place: u64, key: &RunKey) {
        self.begun = key.planned.or(self.begun);
        self.marks.see_running(place, key);
    }

    /// A run of this entry ended. Returns the place of the note of its beginning, where that must stay beside the one of
    /// its end.
    pub(super) fn end(&mut self, place: u64, run: &RunRecord) -> Option<u64> {
        if run.key.planned.is_some() {
            let is_interrupted = run.outcome == Outcome::Interrupted;
            self.begun = run.key.planned.filter(|_| is_interrupted);
            self.interrupted = is_interrupted.then(|| Noted::new(place, run.clone()));
        }
        self.marks.end(place, run)
    }

    /// Adds the notes that all this follows from, given that those of the backup are there.
    pub(super) fn add_to(&self, entry: &str, checkpoint: &mut Checkpoint) {
        if let Some(run) = &self.interrupted {
            checkpoint.add(run.place, HistoryNote::Ended(run.what.clone()));
        }
        self.marks.add_to(entry, checkpoint);
    }
}
