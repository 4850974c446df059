//! What the judge makes of services that come and go, and of the runs that outlive them.

use super::line::{ALWAYS, Line};
use super::verdicts::Count;
use super::{Active, Judge};
use crate::model::history::RunRecord;

impl Judge {
    /// A service begins: it knows what the history holds.
    pub(in crate::testing::simulator) fn service_started(&mut self) {
        self.last_look = None;
        self.has_looked = false;
        self.lines.iter_mut().for_each(|line| (line.waits, line.unheard) = (None, ALWAYS));
    }

    /// The service has gone; what it had not written is lost.
    pub(in crate::testing::simulator) fn service_gone(&mut self) {
        for mut run in std::mem::take(&mut self.active) {
            for planned in run.covered.iter().filter(|_| run.is_settled) {
                self.lines[run.line].cell(*planned).settled = None;
            }
            run.is_settled = false;
            if run.is_made && run.is_sealed {
                self.verdicts.report.outlived += 1;
                self.outlived.push(run);
            } else if run.is_made {
                // The history could not hold what the archive was to be.
                // It may be made once more, unless the next service finds out all the same.
                self.verdicts.report.unnoted += 1;
                self.lines[run.line].unmake(run.by.planned, &run.covered);
                self.outlived.push(run);
            }
        }
        self.lines.iter_mut().for_each(Line::forget_unwritten);
    }

    /// A service finds out how a run ended whose own service had died.
    pub(super) fn found_finished(&mut self, place: usize, run: &RunRecord) {
        let planned = run.key.planned.map(|planned| planned.timestamp());
        let is_it = |outlived: &Active| outlived.line == place && Some(outlived.by.planned) == planned;
        if run.archive.is_none() {
            return;
        }
        let Some(found) = self.outlived.iter().position(is_it) else { return };
        let mut found = self.outlived.remove(found);
        found.is_settled = true;
        for planned in &found.covered {
            self.verdicts.count(&mut self.lines[place], *planned, found.by, Count::Settled);
        }
        self.settle_after_travel(place, found.by);
        let planned = found.by.planned;
        self.active.push(found);
        self.settle_others(place, planned);
    }

    /// A service finds the archive of a run that the history doesn't know: what was planned before it was finished
    /// may be made again and may not.
    pub(super) fn found_archive(&mut self, place: usize, finished: i64) {
        let is_it = |outlived: &Active| outlived.line == place && !outlived.is_sealed;
        let Some(found) = self.outlived.iter().rposition(is_it) else { return };
        let found = self.outlived.remove(found);
        let (line, zone) = (&mut self.lines[place], self.zone);
        for planned in &found.covered {
            line.cell(*planned).is_free = true;
        }
        // When it began is not known.
        line.let_go(found.by.planned + 1, finished, zone);
    }
}
