//! Backup status: the state of one backup, of all lines with its name.

use crate::manager::archive_totals::ArchiveTotals;
use crate::manager::backup_state::BackupState;
use crate::manager::held_backup::HeldBackup;
use crate::manager::schedule_status::ScheduleStatus;
use crate::manager::status_facts::StatusFacts;
use crate::model::archive::BackupName;
use crate::time::Moment;

/// The state of one backup: of all lines with its name that run. A line that doesn't run has a state of its own.
#[derive(Debug)]
pub struct BackupStatus {
    /// The name of the backup. Of a malformed line, it is the third field if that is a valid name, else the line.
    pub name: Box<str>,
    /// The worst state of its lines.
    pub state: BackupState,
    /// The index of its first line.
    pub index: usize,
    /// The next run of any of its lines.
    pub next_run: NextRun,
    /// The last good backup.
    pub last_good: Option<Box<GoodBackup>>,
    /// Its archives, if it has any.
    pub archives: Option<Box<ArchiveTotals>>,
    /// The hold, if there is one: nothing of the backup is removed until a person accepts what is suspicious.
    pub held: Option<Box<HeldBackup>>,
    /// Its lines, if they were asked for.
    pub lines: Vec<ScheduleStatus>,
}

impl BackupStatus {
    pub(super) fn new(name: Option<&BackupName>, first: &ScheduleStatus, facts: &StatusFacts<'_>) -> Self {
        Self {
            archives: name.and_then(|name| facts.archive_totals(name)).map(Box::new),
            name: name.map_or_else(|| best_name(&first.line.text), BackupName::as_str).into(),
            state: BackupState::of(first),
            index: first.line.index,
            next_run: NextRun::Never,
            last_good: None,
            held: None,
            lines: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, schedule: ScheduleStatus, last_good: Option<GoodBackup>, detail: Detail) {
        let state = BackupState::of(&schedule);
        self.state = self.state.min(state);
        self.next_run = self.next_run.min(NextRun::of(&schedule));
        self.held = self.held.take().or_else(|| schedule.held.clone());
        self.last_good = self.last_good.take().or_else(|| last_good.map(Box::new));
        if detail == Detail::All || detail == Detail::Alarms && state.is_alarm() {
            self.lines.push(schedule);
        }
    }
}

/// Returns what a malformed line is best known by.
fn best_name(line: &str) -> &str {
    let third = line.split(';').nth(2).filter(|name| name.parse::<BackupName>().is_ok());
    third.unwrap_or(line)
}

/// When a backup is made next. What comes sooner comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NextRun {
    /// It is being made.
    UnderWay,
    /// It is due now.
    Due,
    /// It is planned for this moment.
    At(Moment),
    /// It is not planned.
    Never,
}

impl NextRun {
    fn of(schedule: &ScheduleStatus) -> Self {
        match (schedule.under_way_since, schedule.due, schedule.next_run) {
            (Some(_), _, _) => Self::UnderWay,
            (None, Some(_), _) => Self::Due,
            (None, None, next) => next.map_or(Self::Never, Self::At),
        }
    }
}

/// A good backup, and how big the good one before it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoodBackup {
    /// When it was finished.
    pub finished: Moment,
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// The size of the good archive that was made before it, if that is known.
    pub bytes_before: Option<u64>,
}

impl GoodBackup {
    /// Returns by how many percent the archive is bigger than the one before it. It is negative if it is smaller.
    #[must_use]
    pub fn growth_percent(&self) -> Option<i64> {
        let before = i128::from(self.bytes_before.filter(|bytes| *bytes > 0)?);
        let growth = (i128::from(self.archive_bytes) - before) * 100;
        // Rounded to the nearest, halves away from zero.
        let rounded = (growth + growth.signum() * before / 2) / before;
        i64::try_from(rounded).ok()
    }
}

/// Of which lines the state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Of none. That takes the least memory.
    #[default]
    None,
    /// Of each line that is itself in an alarming state.
    Alarms,
    /// Of all.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn growth_is_rounded_percent_of_the_one_before() {
        let cases = [
            (103, Some(100), Some(3)),
            (100, Some(100), Some(0)),
            (97, Some(100), Some(-3)),
            (1_005, Some(1_000), Some(1)),
            (995, Some(1_000), Some(-1)),
            (1_004, Some(1_000), Some(0)),
            (0, Some(7), Some(-100)),
            (7, Some(0), None),
            (7, None, None),
            (u64::MAX, Some(1), None),
        ];
        for (archive_bytes, bytes_before, expected) in cases {
            let good = GoodBackup { finished: at("2026-03-10 16:07"), archive_bytes, bytes_before };
            assert_eq!(good.growth_percent(), expected, "{archive_bytes} {bytes_before:?}");
        }
    }

    #[test]
    fn a_malformed_line_is_known_by_its_name_if_it_has_one() {
        let cases = [
            ("src/p19;every sunday;by-hand", "by-hand"),
            ("docs;25:00;my docs;kep=1", "my docs"),
            ("docs;25:00;a/b", "docs;25:00;a/b"),
            ("docs;16:07;", "docs;16:07;"),
            ("docs;16:07", "docs;16:07"),
            ("nonsense", "nonsense"),
        ];
        for (line, expected) in cases {
            assert_eq!(best_name(line), expected);
        }
    }

    #[test]
    fn the_sooner_run_of_two_counts() {
        let at = |text| NextRun::At(at(text));
        let order =
            [NextRun::UnderWay, NextRun::Due, at("2026-03-10 16:07"), at("2026-03-11 16:07"), NextRun::Never];
        assert!(order.is_sorted());
    }
}
