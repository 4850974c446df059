//! Status: the use case that shows the state of the service and of every backup.

use std::collections::HashMap;

use crate::manager::backup_state::BackupState;
use crate::manager::context::parse_index;
use crate::manager::schedule_status::{ScheduleStatus, StatusFacts};
use crate::manager::service::ServiceManager;
use crate::model::archive::{BackupRecord, by_name};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunRecord, name_in};
use crate::model::schedule::ScheduleEntry;
use crate::policy::admission::Admitted;
use crate::ports::{Cursor, RunningService};
use crate::time::Moment;

/// The state of the service and of every schedule.
#[derive(Debug)]
pub struct Status {
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// The schedules, in the order of the file. If there is no file, there are none.
    pub schedules: Vec<ScheduleStatus>,
    /// How many lines of the history can't be read.
    pub unreadable_lines: u64,
}

impl Status {
    /// Returns whether there are schedules, and nothing is wrong with any of them.
    ///
    /// That is so if no [state](BackupState) of a schedule is an alarm. It doesn't matter whether the service runs. If
    /// lines of the history can't be read, the answer is no.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        let mut states = self.schedules.iter().map(BackupState::of);
        self.unreadable_lines == 0 && !self.schedules.is_empty() && !states.any(BackupState::is_alarm)
    }
}

/// What a status overview is asked for.
#[derive(Debug, Clone, Default)]
pub struct OverviewRequest {
    /// The index or the name of the schedules to show. Without it, all are shown.
    pub key: Option<String>,
    /// Of which lines the state is wanted.
    pub detail: Detail,
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

/// The state of the service and of every backup.
#[derive(Debug)]
pub struct Overview {
    /// The moment for which this is true.
    pub now: Moment,
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// The backups, worst first, and those in the same state in the order of the file.
    pub backups: Vec<BackupStatus>,
    /// How many lines of the schedules file these are.
    pub schedules: usize,
    /// How many lines of the history can't be read.
    pub unreadable_lines: u64,
    /// Whether the requested key is an index and also the name of another backup. It was taken for the index.
    pub is_also_a_name: bool,
}

impl Overview {
    /// Returns whether there are schedules, and none of their backups is in an alarming state.
    ///
    /// It doesn't matter whether the service runs. If lines of the history can't be read, the answer is no.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        let is_alarming = self.backups.first().is_none_or(|worst| worst.state.is_alarm());
        self.unreadable_lines == 0 && !is_alarming
    }

    /// Returns whether a backup is being made, or is about to be.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let is_about_to = |next| next == NextRun::Due && self.service.is_some();
        self.backups.iter().any(|backup| backup.next_run == NextRun::UnderWay || is_about_to(backup.next_run))
    }
}

/// The state of one backup: of all lines with its name.
#[derive(Debug)]
pub struct BackupStatus {
    /// The name of the backup. If a line has none because it is malformed, this is the line.
    pub name: Box<str>,
    /// The worst state of its lines.
    pub state: BackupState,
    /// The index of its first line.
    pub index: usize,
    /// The next run of any of its lines.
    pub next_run: NextRun,
    /// The last good backup.
    pub last_good: Option<Box<GoodBackup>>,
    /// Its lines, if they were asked for.
    pub lines: Vec<ScheduleStatus>,
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

/// Returns the ended runs of each backup, by its name.
fn ended_runs(notes: &[HistoryNote]) -> HashMap<&str, Vec<&RunRecord>> {
    let mut runs: HashMap<_, Vec<_>> = HashMap::new();
    for note in notes {
        if let HistoryNote::Ended(run) = note {
            runs.entry(name_in(&run.key.entry)).or_default().push(run);
        }
    }
    runs
}

impl ServiceManager<'_> {
    /// Returns the state of the service and of every schedule.
    ///
    /// # Errors
    /// Any failure to read. A missing schedules file is no error.
    pub fn status(&self) -> Result<Status, Error> {
        let request = OverviewRequest { key: None, detail: Detail::All };
        let Overview { service, backups, unreadable_lines, .. } = self.overview(&request)?;
        let mut schedules: Vec<_> = backups.into_iter().flat_map(|backup| backup.lines).collect();
        schedules.sort_by_key(|schedule| schedule.line.index);
        Ok(Status { service, schedules, unreadable_lines })
    }

    /// Returns the state of the service and of every backup.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`] for a key that is neither an index nor a name. Any failure to read. A missing schedules
    /// file is no error, unless there is a key.
    pub fn overview(&self, request: &OverviewRequest) -> Result<Overview, Error> {
        self.manager().log_result(self.collect_overview(request), |_| Event::StatusShown)
    }

    fn collect_overview(&self, request: &OverviewRequest) -> Result<Overview, Error> {
        let service = self.control.running()?;
        let book = self.manager().load_schedules_if_any()?;
        let mut cursor = Cursor::default();
        let (notes, backups) = self.notes_and_backups(&mut cursor)?;
        let ledger = Ledger::new(&notes);
        let (ended_runs, backups) = (ended_runs(&notes), by_name(backups));
        let now = self.ports.clock.now();
        let facts = StatusFacts { book: &book, ledger: &ledger, ended_runs, backups, service, now };
        let mut lines = self.manager().admit(&book);
        let is_also_a_name = request.key.as_deref().map_or(Ok(false), |key| choose(&mut lines, key))?;
        let schedules = lines.len();
        let mut backups = self.backup_statuses(lines, request.detail, &facts);
        backups.sort_by_key(|backup| backup.state);
        let unreadable_lines = cursor.unreadable_lines;
        Ok(Overview { now, service, backups, schedules, unreadable_lines, is_also_a_name })
    }

    /// Returns the state of each backup, in the order of their first lines.
    fn backup_statuses(
        &self,
        lines: Vec<Admitted<'_>>,
        detail: Detail,
        facts: &StatusFacts<'_>,
    ) -> Vec<BackupStatus> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut backups: Vec<BackupStatus> = Vec::new();
        for line in lines {
            let name = line.item.entry.ok().map(|entry| entry.name().as_str());
            let place = name.map_or(backups.len(), |name| *places.entry(name).or_insert(backups.len()));
            let last_good = line.entry.as_deref().ok().and_then(|entry| self.good_backup(entry, facts));
            let schedule = self.schedule_status(line, facts);
            if place == backups.len() {
                backups.push(BackupStatus::new(name, &schedule));
            }
            backups[place].add(schedule, last_good, detail);
        }
        backups
    }

    fn good_backup(&self, entry: &ScheduleEntry, facts: &StatusFacts<'_>) -> Option<GoodBackup> {
        let last = self.last_good(entry, facts)?;
        let runs = facts.ended_runs.get(entry.name().as_str()).into_iter().flatten().rev();
        let mut earlier = runs.skip_while(|run| **run != last).skip(1);
        let before = earlier.find(|run| run.outcome.is_good() && run.archive.is_some());
        let (finished, archive_bytes) = (last.ended, last.archive_bytes);
        Some(GoodBackup { finished, archive_bytes, bytes_before: before.map(|run| run.archive_bytes) })
    }

    /// Returns the history and the backups as they were at one moment.
    ///
    /// A run may end between the two reads. Then both are read again.
    fn notes_and_backups(&self, cursor: &mut Cursor) -> Result<(Vec<HistoryNote>, Vec<BackupRecord>), Error> {
        let mut notes = self.ports.history.read(cursor)?;
        let mut backups = self.list_backups_if_any()?;
        for _ in 0..MAX_REREADS {
            let more = self.ports.history.read(cursor)?;
            if more.is_empty() {
                break;
            }
            notes.extend(more);
            backups = self.list_backups_if_any()?;
        }
        Ok((notes, backups))
    }

    /// Returns the finished backups. If there is no folder for them, there are none.
    fn list_backups_if_any(&self) -> Result<Vec<BackupRecord>, Error> {
        match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Ok(Vec::new()),
            listed => Ok(listed?),
        }
    }
}

impl BackupStatus {
    fn new(name: Option<&str>, first: &ScheduleStatus) -> Self {
        Self {
            name: name.unwrap_or(&first.line.text).into(),
            state: BackupState::of(first),
            index: first.line.index,
            next_run: NextRun::Never,
            last_good: None,
            lines: Vec::new(),
        }
    }

    fn add(&mut self, schedule: ScheduleStatus, last_good: Option<GoodBackup>, detail: Detail) {
        let state = BackupState::of(&schedule);
        self.state = self.state.min(state);
        self.next_run = self.next_run.min(NextRun::of(&schedule));
        self.last_good = self.last_good.take().or_else(|| last_good.map(Box::new));
        if detail == Detail::All || detail == Detail::Alarms && state.is_alarm() {
            self.lines.push(schedule);
        }
    }
}

/// Leaves the line with that index, or else the lines with that name. Returns whether it is the index of a line that isn't
/// the only one with that key.
fn choose(lines: &mut Vec<Admitted<'_>>, key: &str) -> Result<bool, Error> {
    let has_name = |line: &Admitted<'_>| line.item.entry.is_ok_and(|entry| entry.name().as_str() == key);
    let index = parse_index(key).filter(|index| *index < lines.len());
    let is_also_a_name = index.is_some() && lines.iter().any(has_name);
    lines.retain(|line| index.map_or_else(|| has_name(line), |index| line.item.index == index));
    if lines.is_empty() { Err(Error::NoSuchSchedule(key.to_owned())) } else { Ok(is_also_a_name) }
}

/// The maximum number of times that history and backups are read again because a run ended meanwhile.
const MAX_REREADS: usize = 9;

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
    fn the_sooner_run_of_two_counts() {
        let at = |text| NextRun::At(at(text));
        let order =
            [NextRun::UnderWay, NextRun::Due, at("2026-03-10 16:07"), at("2026-03-11 16:07"), NextRun::Never];
        assert!(order.is_sorted());
    }
}
