//! What the history says of one backup, whichever of its schedules made it: its last run and drill, and the run under way.

use std::collections::BTreeSet;

use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::ledger::archives::Archives;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{RunKey, RunRecord};
use crate::time::Moment;

#[derive(Debug, Default)]
pub(super) struct BackupState {
    /// The identities of the schedules that the history knows of this backup.
    pub(super) entries: BTreeSet<String>,
    last_run: Option<Noted<RunRecord>>,
    /// The planned run that ended last, where one by hand ended after it.
    last_planned: Option<Noted<RunRecord>>,
    last_drill: Option<Noted<DrillReceipt>>,
    /// The entry whose planned run is under way, and since when.
    pub(super) under_way: Option<(String, Moment)>,
    /// The entry whose run by hand has begun, if nothing of the backup has begun or ended since.
    pub(super) by_hand: Option<String>,
}

impl BackupState {
    /// A run begins. One by hand is none of the service's, so it is not under way there.
    pub(super) fn begin(&mut self, key: &RunKey, at: Moment) {
        self.by_hand = None;
        if key.planned.is_some() {
            self.under_way = Some((key.entry.clone(), at));
        } else {
            self.by_hand = Some(key.entry.clone());
        }
    }

    pub(super) fn end(&mut self, place: u64, run: &RunRecord) {
        self.under_way = None;
        self.by_hand = None;
        let before = self.last_run.replace(Noted::new(place, run.clone()));
        if run.key.planned.is_some() {
            self.last_planned = None;
        } else if let Some(planned) = before.filter(|before| before.what.key.planned.is_some()) {
            self.last_planned = Some(planned);
        }
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

    /// Returns the planned run that ended last.
    pub(super) fn last_planned(&self) -> Option<&RunRecord> {
        let is_planned = |run: &&Noted<RunRecord>| run.what.key.planned.is_some();
        let run = self.last_run.as_ref().filter(is_planned).or(self.last_planned.as_ref());
        run.map(|run| &run.what)
    }

    /// Adds the notes that all this follows from, given that those of the archives are there.
    pub(super) fn add_to(&self, archives: &Archives, checkpoint: &mut Checkpoint) {
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
    }
}
