//! What the history says of one entry.

use std::collections::HashSet;

use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::ledger::archives::Archives;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::ledger::watermarks::Watermarks;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{Outcome, RunKey, RunRecord};
use crate::time::Moment;

#[derive(Debug, Default)]
pub(super) struct EntryState {
    pub(super) marks: Watermarks,
    last_run: Option<Noted<RunRecord>>,
    /// The planned run that ended last, where one by hand ended after it.
    last_planned: Option<Noted<RunRecord>>,
    last_drill: Option<Noted<DrillReceipt>>,
    pub(super) under_way_since: Option<Moment>,
    /// What the planned run was for that began last, unless it has ended in another way than by an interruption.
    pub(super) begun: Option<Moment>,
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

    pub(super) fn begin(&mut self, place: u64, key: &RunKey, at: Moment) {
        self.under_way_since = Some(at);
        self.begun = key.planned.or(self.begun);
        self.marks.begin(place, key);
    }

    pub(super) fn seal(&mut self, place: u64, key: &RunKey) {
        self.begun = key.planned.or(self.begun);
        self.marks.see_running(place, key);
    }

    /// A run ended. Returns the place of the note of its beginning, where that must stay beside the one of its end.
    pub(super) fn end(&mut self, place: u64, run: &RunRecord) -> Option<u64> {
        self.under_way_since = None;
        if run.key.planned.is_some() {
            self.begun = run.key.planned.filter(|_| run.outcome == Outcome::Interrupted);
        }
        let begun_at = self.marks.end(place, run);
        let before = self.last_run.replace(Noted::new(place, run.clone()));
        if run.key.planned.is_some() {
            self.last_planned = None;
        } else if let Some(planned) = before.filter(|before| before.what.key.planned.is_some()) {
            self.last_planned = Some(planned);
        }
        begun_at
    }

    pub(super) fn drill(&mut self, place: u64, drill: DrillReceipt) {
        self.last_drill = Some(Noted::new(place, drill));
    }

    pub(super) fn last_run(&self) -> Option<&RunRecord> {
        self.last_run.as_ref().map(|run| &run.what)
    }

    pub(super) fn last_drill(&self) -> Option<&DrillReceipt> {
        self.last_drill.as_ref().map(|drill| &drill.what)
    }

    /// Adds the notes that all this follows from, given that those of the archives are there.
    pub(super) fn add_to(&self, entry: &str, archives: &Archives, checkpoint: &mut Checkpoint) {
        self.add_beginning_to(checkpoint);
        for run in self.last_planned.iter().chain(&self.last_run) {
            checkpoint.add(run.place, HistoryNote::Ended(run.what.clone()));
            let archive = run.what.archive.as_ref();
            // What has another name by now, or is gone.
            if let Some(archive) = archive.filter(|archive| !archives.is_of(archive, run.place)) {
                let pruned = HistoryNote::Pruned { archive: archive.clone(), at: run.what.began };
                checkpoint.add(run.place, pruned);
            }
        }
        if let Some(drill) = &self.last_drill {
            checkpoint.add(drill.place, HistoryNote::Drilled(drill.what.clone()));
        }
        self.marks.add_to(entry, checkpoint);
    }

    /// Adds where the planned run began that ended last: what was noted since is no lie of the clock.
    fn add_beginning_to(&self, checkpoint: &mut Checkpoint) {
        let is_planned = |run: &&Noted<RunRecord>| run.what.key.planned.is_some();
        let run = self.last_run.as_ref().filter(is_planned).or(self.last_planned.as_ref());
        if let (Some(Noted { what: run, .. }), Some(place)) = (run, self.marks.last_planned_begun_at()) {
            checkpoint.add_beginning(place, run);
        }
    }
}
