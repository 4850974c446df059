//! The judge's accounts: what is counted for each planned moment, and the verdict on it.

use super::super::almanac::DAY;
use super::super::report::{Finding, SimulationReport};
use super::calendar::Planned;
use super::line::By;
use super::{Honesty, Judge, Line};

/// What was found so far.
#[derive(Debug)]
pub(in crate::testing::simulator) struct Verdicts {
    pub(in crate::testing::simulator) seed: u64,
    pub(in crate::testing::simulator) report: SimulationReport,
    pub(in crate::testing::simulator) is_telling: bool,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Made,
    Settled,
}

impl Verdicts {
    pub(in crate::testing::simulator) fn new(seed: u64, is_telling: bool) -> Self {
        Self { seed, report: SimulationReport::default(), is_telling }
    }

    /// Keeps a line of the story, if it is to be told.
    pub(in crate::testing::simulator) fn tell(&mut self, at: i64, line: impl FnOnce() -> String) {
        if self.is_telling {
            let at = chrono::DateTime::from_timestamp(at, 0).unwrap_or_default();
            self.report.story.push(format!("{} {}", at.format("%Y-%m-%d %H:%M:%SZ"), line()));
        }
    }

    /// Counts an archive or the end of a run for a planned moment.
    pub(super) fn count(&mut self, line: &mut Line, planned: Planned, run: By, what: Count) {
        let cell = line.cell(planned);
        let account = if what == Count::Made { &mut cell.made } else { &mut cell.settled };
        let Some(before) = account.replace(run) else { return };
        if before.zone != run.zone && planned.moment > before.planned {
            self.report.repeated_by_zone += u64::from(what == Count::Settled);
        } else {
            let what = if what == Count::Made { "a second archive" } else { "settled a second time" };
            self.doubled(line, planned.moment, run.planned, what);
        }
    }

    pub(super) fn doubled(&mut self, line: &Line, planned: i64, at: i64, what: &str) {
        let finding = self.finding(line, planned, at, what);
        self.report.doubled.push(finding);
    }

    pub(super) fn unplanned(&mut self, line: &Line, planned: i64, at: i64, what: &str) {
        let finding = self.finding(line, planned, at, what);
        self.report.unplanned.push(finding);
    }

    pub(super) fn altered(&mut self, line: &Line, planned: i64, at: i64, what: &str) {
        let finding = self.finding(line, planned, at, what);
        self.report.altered.push(finding);
    }

    pub(super) fn unverified(&mut self, line: &Line, planned: i64, at: i64, what: &str) {
        let finding = self.finding(line, planned, at, what);
        self.report.unverified.push(finding);
    }

    pub(in crate::testing::simulator) fn missed(&mut self, line: &Line, planned: i64, at: i64, what: &str) {
        let finding = self.finding(line, planned, at, what);
        self.report.missed.push(finding);
    }

    /// Returns what is found, which the story tells as well.
    fn finding(&mut self, line: &Line, planned: i64, at: i64, what: &str) -> Finding {
        let shown = |moment| {
            let moment = chrono::DateTime::from_timestamp(moment, 0).unwrap_or_default();
            moment.format("%Y-%m-%d %H:%M:%SZ").to_string()
        };
        let (seed, entry, planned) = (self.seed, line.identity.clone(), shown(planned));
        let finding = Finding { seed, entry, planned, what: format!("{what}, at {}", shown(at)) };
        self.tell(at, || format!("WRONG: {finding}"));
        finding
    }
}

impl Judge {
    /// The service waits, at the latest until then. Whoever has looked and waits has begun all that it could.
    pub(in crate::testing::simulator) fn waiting(&mut self, until: Option<i64>) {
        let has_looked = std::mem::take(&mut self.has_looked);
        self.let_unheard_skips_cast_shadows();
        if !has_looked || self.honesty != Honesty::Right {
            return;
        }
        let under_way = self.active.iter().filter(|run| !run.is_settled);
        let busy: Vec<usize> = under_way.map(|run| run.line).collect();
        let is_full = busy.len() >= self.workers;
        for place in 0..self.lines.len() {
            let is_busy = |other: &usize| self.lines[*other].name == self.lines[place].name;
            if self.lines[place].is_there && !busy.contains(&place) {
                let is_blocked = is_full || busy.iter().any(is_busy);
                self.look_for_missed(place, is_blocked, until);
            }
        }
    }

    fn look_for_missed(&mut self, place: usize, is_blocked: bool, until: Option<i64>) {
        let (now, zone) = (self.now, self.zone);
        // Whoever can't write yet how they ended knows of them all the same.
        let outlived = self.outlived.iter().filter(|run| run.line == place && run.is_sealed);
        let outlived: Vec<usize> =
            outlived.flat_map(|run| &run.covered).map(|planned| planned.cell).collect();
        let line = &self.lines[place];
        let required_from = line.required_from();
        let (mut missed, mut open_from, mut unheard) = (Vec::new(), None, line.unheard);
        for planned in line.calendar(zone).from(line.open_from) {
            let is_settled = planned.moment < required_from || line.is_covered(*planned);
            if is_settled || outlived.contains(&planned.cell) {
                continue;
            }
            open_from.get_or_insert(planned.moment);
            let may_be_skipped = self.may_be_skipped(line, planned.moment);
            if planned.moment > now && !may_be_skipped {
                // The next that is to come. What is further away can still move with the zone, and is looked at every day.
                if planned.moment <= now + DAY && until.is_none_or(|until| until > planned.moment) {
                    self.verdicts.missed(line, planned.moment, now, "the service would sleep past it");
                }
                break;
            }
            if may_be_skipped {
                unheard = unheard.max(planned.moment);
            } else if !is_blocked {
                missed.push(*planned);
            }
        }
        let line = &mut self.lines[place];
        line.unheard = unheard;
        line.open_from = open_from.unwrap_or(now).min(now - 3 * DAY).max(line.open_from);
        for planned in missed {
            line.cell(planned).is_free = true;
            let what = "the service has looked and waits, and did not begin it";
            self.verdicts.missed(line, planned.moment, now, what);
        }
    }
}
