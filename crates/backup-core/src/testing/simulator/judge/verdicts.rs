//! The judge's accounts: what is counted for each date, and what is said of it.

use super::super::almanac::DAY;
use super::super::report::{Finding, SimulationReport};
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

    /// Counts an archive or the end of a run for a date.
    pub(super) fn count(&mut self, line: &mut Line, (date, moment): (i64, i64), run: By, what: Count) {
        let Some(cell) = line.cell(date) else { return };
        let account = if what == Count::Made { &mut cell.made } else { &mut cell.settled };
        let Some(before) = account.replace(run) else { return };
        if before.zone != run.zone && moment > before.planned {
            self.report.repeated_by_zone += u64::from(what == Count::Settled);
        } else {
            let what = if what == Count::Made { "a second archive" } else { "settled a second time" };
            self.doubled(line, date, run.planned, what);
        }
    }

    pub(super) fn doubled(&mut self, line: &Line, date: i64, at: i64, what: &str) {
        self.report.doubled.push(finding(self.seed, line, date, at, what));
    }

    pub(super) fn unplanned(&mut self, line: &Line, date: i64, at: i64, what: &str) {
        self.report.unplanned.push(finding(self.seed, line, date, at, what));
    }

    pub(in crate::testing::simulator) fn missed(&mut self, line: &Line, date: i64, at: i64, what: &str) {
        self.report.missed.push(finding(self.seed, line, date, at, what));
    }
}

impl Judge {
    /// The service waits, at the latest until then. Whoever has looked and waits has begun all that it could.
    pub(in crate::testing::simulator) fn waiting(&mut self, until: Option<i64>) {
        let has_looked = std::mem::take(&mut self.has_looked);
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
        let (line, now) = (&mut self.lines[place], self.now);
        // Whoever can't write yet how they ended knows of them all the same.
        let outlived = self.outlived.iter().filter(|run| run.line == place && run.is_sealed);
        let outlived: Vec<i64> = outlived.flat_map(|run| run.dates.iter().map(|(date, _)| *date)).collect();
        let today = self.almanac.date(now);
        let required_from = line.required_from();
        for date in line.open_date..=today + 2 {
            let moment = self.almanac.moment(date, line.minute_of_day);
            let is_required = moment.is_some_and(|moment| moment >= required_from);
            let Some(cell) = line.cell(date) else { continue };
            let is_settled =
                cell.settled.is_some() || cell.is_free || !is_required || outlived.contains(&date);
            if is_settled && date == line.open_date && date < today - 2 {
                line.open_date += 1;
            }
            let Some(moment) = moment.filter(|_| !is_settled) else { continue };
            if moment > now {
                // The next that is to come.
                if until.is_none_or(|until| until > moment) {
                    self.verdicts.missed(line, date, now, "the service would sleep past it");
                }
                return;
            }
            if !is_blocked {
                if let Some(cell) = line.cell(date) {
                    cell.is_free = true;
                }
                self.verdicts.missed(
                    line,
                    date,
                    now,
                    "the service has looked and waits, and did not begin it",
                );
            }
        }
    }
}

fn finding(seed: u64, line: &Line, date: i64, at: i64, what: &str) -> Finding {
    let day = chrono::DateTime::from_timestamp(date * DAY, 0).unwrap_or_default();
    let at = chrono::DateTime::from_timestamp(at, 0).unwrap_or_default();
    Finding {
        seed,
        entry: line.identity.clone(),
        date: day.format("%Y-%m-%d").to_string(),
        what: format!("{what}, at {}", at.format("%Y-%m-%d %H:%M:%SZ")),
    }
}
