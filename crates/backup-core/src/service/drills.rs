//! The drills that follow planned runs, where their schedules want them.

use super::Service;
use crate::model::archive::{BackupName, display_path};
use crate::model::encryption::EncryptionTable;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, RunRecord, name_in};
use crate::model::job::{DrillJob, DrillResult, RunJob};
use crate::policy::drill_due::is_drill_due;
use crate::ports::JobRunner;

impl Service<'_> {
    /// Returns the drill that follows a run, if its archive is complete and a drill is due.
    pub(super) fn due_drill(&self, job: &RunJob, run: &RunRecord) -> Option<DrillJob> {
        let (period, planned) = (job.entry.options().drills()?, job.key.planned?);
        let archive = run.archive.clone().filter(|_| run.outcome.is_good())?;
        let last = self.history.ledger().last_drill(&job.entry);
        let is_due = is_drill_due(period, last, planned, self.ports.clock.now());
        let table = job.entry.options().encrypts_for().and_then(|name| job.config.encryption.get(name));
        let identity = table.and_then(EncryptionTable::identity_for_drills).cloned();
        is_due.then(|| DrillJob { key: job.key.clone(), archive, sha256: run.sha256, identity })
    }

    /// Begins a drill. The run has ended and is noted, but its name stays busy, so that no other backup takes the archive's
    /// place meanwhile.
    pub(super) fn begin_drill(&mut self, drill: DrillJob, runner: &dyn JobRunner) {
        self.drilling.push(drill.clone());
        runner.drill(drill);
    }

    /// Records and reports how a drill ended. A drill without a receipt is still due. The backup stays in any case.
    pub(super) fn finish_drill(&mut self, drill: &DrillJob, result: DrillResult) {
        self.drilling.retain(|other| other != drill);
        match result {
            DrillResult::Drilled(receipt) => {
                let event = Event::drilled(&receipt);
                self.history.note(HistoryNote::Drilled(receipt));
                self.journal(&event);
            }
            DrillResult::NotMade(error) => self.journal(&Event::failed(&error)),
            DrillResult::Interrupted => {
                self.journal(&Event::DrillInterrupted(display_path(&drill.archive)));
            }
        }
    }

    pub(super) fn is_drilling(&self, name: &BackupName) -> bool {
        self.drilling.iter().any(|drill| name_in(&drill.key.entry) == name.as_str())
    }

    pub(super) fn workers_at_work(&self) -> usize {
        self.under_way.len() + self.drilling.len()
    }
}
