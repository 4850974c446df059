//! Whether a run, or a skip, is for something that was planned.

use super::Judge;
use super::calendar::Planned;

impl Judge {
    /// A run began by a clock that is right, or moments were skipped by one.
    pub(super) fn look_for_unplanned(&mut self, place: usize, planned: i64, covered: &[Planned]) {
        let (line, now) = (&self.lines[place], self.now);
        let (moment, what) = match covered.last() {
            // It counts since a clock that was far behind took it in, and nobody knows what was planned so long ago.
            None if planned < line.known_from && line.free_from <= planned => return,
            None => (planned, "a run for no moment of the plan"),
            // Who is leaving goes by the last look.
            Some(first) if first.moment < line.free_from && !line.is_unseen => {
                (first.moment, "a run for the time before it was written")
            }
            Some(_) if planned <= line.noted_by_others => {
                (planned, "a run for what another schedule of its name had settled")
            }
            Some(_) if planned > now || !line.is_there && line.was_seen_missing => {
                (planned, "a run that was not due")
            }
            Some(_) => return,
        };
        self.verdicts.unplanned(line, moment, now, what);
    }
}
