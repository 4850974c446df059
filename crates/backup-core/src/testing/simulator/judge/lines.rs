//! The lines by identity and by name: lines of one name make one backup.

use super::calendar::Planned;
use super::line::By;
use super::{Active, Judge, Line};
use crate::model::history::RunKey;

impl Judge {
    /// A planned run settles the other lines of its name up to its moment.
    pub(super) fn settle_others(&mut self, place: usize, planned: i64) {
        let (zone, own) = (self.zone, self.lines[place].identity.clone());
        for line in self.lines_of_backup(place) {
            line.settled_until = line.settled_until.max(planned);
            if line.identity != own {
                line.let_go_until(planned, zone);
            }
        }
    }

    /// Returns what a run is made for, and how often the zone had changed when that was planned.
    pub(super) fn covered_by(&self, place: usize, planned: i64, missed_runs: u32) -> (Vec<Planned>, u64) {
        let covered = |zone| self.lines[place].calendar(zone).back_from(planned, missed_runs);
        let here = covered(self.zone);
        if !here.is_empty() {
            return (here, self.zone_changes);
        }
        // Who is leaving begins what was due in the zone before.
        (covered(self.last_zone), self.zone_changes.saturating_sub(1))
    }

    /// A run that was planned in an earlier zone settles what this zone plans up to its moment.
    pub(super) fn settle_after_travel(&mut self, place: usize, run: By) {
        if run.zone != self.zone_changes {
            self.lines[place].let_go_until(run.planned, self.zone);
        }
    }

    /// The history says now that a planned run settled the other lines of its name, as far as it knows them.
    pub(super) fn note_by_other(&mut self, place: usize, planned: i64) {
        let own = self.lines[place].identity.clone();
        for line in self.lines_of_backup(place).filter(|line| line.is_noted && line.identity != own) {
            line.noted_by_others = line.noted_by_others.max(planned);
        }
    }

    /// Returns the lines that make the backup of this one, itself included.
    pub(super) fn lines_of_backup(&mut self, place: usize) -> impl Iterator<Item = &mut Line> {
        let name = self.lines[place].name.clone();
        self.lines.iter_mut().filter(move |line| line.name == name)
    }

    /// Returns how many notes of a clock that was far ahead each line of that backup has.
    pub(super) fn shadows_cast(&self, place: usize) -> Vec<(usize, u64)> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| line.name == self.lines[place].name);
        lines.map(|(place, line)| (place, line.shadows_cast)).collect()
    }

    /// Returns the place of the line of that identity.
    pub(super) fn place(&self, identity: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.identity == identity)
    }
}

/// Returns the run of that key, if it was begun and is not settled.
pub(super) fn active<'a>(active: &'a mut [Active], lines: &[Line], key: &RunKey) -> Option<&'a mut Active> {
    let planned = key.planned?.timestamp();
    active
        .iter_mut()
        .find(|run| run.by.planned == planned && lines[run.line].identity == key.entry && !run.is_settled)
}
