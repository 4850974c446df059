//! Status: the use case that shows the state of the service and of every backup.

use std::collections::HashMap;

use crate::manager::backup_state::BackupState;
use crate::manager::backup_status::{BackupStatus, Detail, GoodBackup, NextRun};
use crate::manager::lines_by_backup::{LinesByBackup, shared_name};
use crate::manager::notify::TargetState;
use crate::manager::overview_request::OverviewRequest;
use crate::manager::schedule_query::{Matches, matching, names, no_such_schedule};
use crate::manager::schedule_status::ScheduleStatus;
use crate::manager::service::ServiceManager;
use crate::manager::status_facts::StatusFacts;
use crate::model::archive::{BackupName, BackupRecord, by_name};
use crate::model::error::{Error, Failure};
use crate::model::history::{HistoryNote, Ledger, RunRecord, name_in};
use crate::model::schedule::ScheduleEntry;
use crate::operation::admission::Admitted;
use crate::operation::configuration::load_config_for_view;
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
    /// Why the configuration can't be used, if that is so.
    pub config_problem: Option<Error>,
    /// Who is notified, and whether that works; see [`Overview::targets`].
    pub targets: Vec<TargetState>,
    /// The moment for which this is true.
    pub now: Moment,
}

impl Status {
    /// Returns whether there are schedules, and nothing is wrong with any of them.
    ///
    /// That is so if no [state](BackupState) of a schedule is an alarm. It doesn't matter whether the service runs. If
    /// lines of the history can't be read, the configuration can't be used, or a target of notices is
    /// [failing](TargetState::is_failing), the answer is no.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        let mut states = self.schedules.iter().map(BackupState::of);
        let is_failing = self.targets.iter().any(|target| target.is_failing(self.now));
        let is_known = self.unreadable_lines == 0 && self.config_problem.is_none() && !is_failing;
        is_known && !self.schedules.is_empty() && !states.any(BackupState::is_alarm)
    }
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
    /// Why the configuration can't be used, if that is so. What is shown goes by it as far as it is understood.
    pub config_problem: Option<Error>,
    /// Who is notified, and whether that works. If that can't be read, there are none: the rest of a view is worth more.
    pub targets: Vec<TargetState>,
    /// Whether the requested key is an index and also the name of another backup. It was taken for the index.
    pub is_also_a_name: bool,
}

impl Overview {
    /// Returns whether there are schedules, and none of their backups is in an alarming state.
    ///
    /// It doesn't matter whether the service runs. If lines of the history can't be read, the configuration can't be used, or a
    /// target of notices is [failing](TargetState::is_failing), the answer is no.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        let is_alarming = self.backups.first().is_none_or(|worst| worst.state.is_alarm());
        let is_known = self.unreadable_lines == 0 && self.config_problem.is_none();
        is_known && !is_alarming && self.failing_targets().next().is_none()
    }

    /// Returns the targets of notices that somebody must look after.
    pub fn failing_targets(&self) -> impl Iterator<Item = &TargetState> {
        self.targets.iter().filter(|target| target.is_failing(self.now))
    }

    /// Returns whether a backup is being made, or is about to be.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let is_about_to = |next| next == NextRun::Due && self.service.is_some();
        self.backups.iter().any(|backup| backup.next_run == NextRun::UnderWay || is_about_to(backup.next_run))
    }
}

/// Sees an overview, one backup at a time.
pub trait OverviewVisitor {
    /// Sees the overview first. No backup in it has its lines.
    fn begin(&mut self, overview: &Overview);

    /// Sees one backup with all its lines, in the order of the overview. Returns whether the others are shown too.
    fn see(&mut self, backup: &BackupStatus) -> bool;
}

/// Uses what was read for an overview: the lines, the facts and the notes. No backup in the overview need have its lines.
pub(super) type Show<'s> =
    &'s mut dyn FnMut(&mut Overview, &[Admitted<'_>], &StatusFacts<'_>, &[HistoryNote]);

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
        let Overview { service, backups, unreadable_lines, config_problem, targets, now, .. } =
            self.overview(&request)?;
        let mut schedules: Vec<_> = backups.into_iter().flat_map(|backup| backup.lines).collect();
        schedules.sort_by_key(|schedule| schedule.line.index);
        Ok(Status { service, schedules, unreadable_lines, config_problem, targets, now })
    }

    /// Returns the state of the service and of every backup.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`] for a key that is neither an index nor a name. Any failure to read. A missing schedules
    /// file is no error, unless there is a key.
    pub fn overview(&self, request: &OverviewRequest) -> Result<Overview, Error> {
        self.evaluate(request.key.as_deref(), request.detail, &mut |_, _, _, _| {})
    }

    /// Shows the same to `visitor`, with the state of all lines, one backup at a time.
    ///
    /// It takes as little memory as an overview without lines. Each line is evaluated twice: for the order of the backups, and
    /// when its backup has its turn.
    ///
    /// # Errors
    /// As [`overview`](Self::overview). Then `visitor` has seen nothing.
    pub fn visit_overview(
        &self,
        key: Option<&str>,
        visitor: &mut dyn OverviewVisitor,
    ) -> Result<Overview, Error> {
        self.evaluate(key, Detail::None, &mut |overview, lines, facts, _| {
            visitor.begin(overview);
            self.show_in_turn(overview, lines, facts, &mut |backup| visitor.see(backup));
        })
    }

    /// Returns the overview. Before that, lets `show` use all that was read for it.
    pub(super) fn evaluate(
        &self,
        key: Option<&str>,
        detail: Detail,
        show: Show<'_>,
    ) -> Result<Overview, Error> {
        let service = self.control.running()?;
        let book = self.manager().load_schedules_if_any()?;
        let mut cursor = Cursor::default();
        let (notes, backups) = self.notes_and_backups(&mut cursor)?;
        let ledger = Ledger::new(&notes);
        let (ended_runs, backups) = (ended_runs(&notes), by_name(backups));
        let now = self.ports.clock.now();
        let (config, config_problem) = load_config_for_view(&self.ports);
        let defaults = &config.defaults;
        let (ports, book, ledger) = (&self.ports, &book, &ledger);
        let facts = StatusFacts { ports, book, defaults, ledger, ended_runs, backups, service, now };
        let mut lines = self.manager().admit(book, &config);
        let is_also_a_name = key.map_or(Ok(false), |key| choose(&mut lines, key))?;
        let schedules = lines.len();
        let mut backups = self.backup_statuses(&lines, detail, &facts);
        backups.sort_by_key(|backup| backup.state);
        let unreadable_lines = cursor.unreadable_lines;
        let targets = self.manager().notify_targets().unwrap_or_default();
        let mut overview = Overview {
            now,
            service,
            backups,
            schedules,
            unreadable_lines,
            config_problem,
            targets,
            is_also_a_name,
        };
        show(&mut overview, &lines, &facts, &notes);
        Ok(overview)
    }

    /// Shows each backup with its lines, until `see` returns false.
    pub(super) fn show_in_turn(
        &self,
        overview: &mut Overview,
        lines: &[Admitted<'_>],
        facts: &StatusFacts<'_>,
        see: &mut dyn FnMut(&BackupStatus) -> bool,
    ) {
        let lines = LinesByBackup::of(lines);
        for backup in &mut overview.backups {
            backup.lines =
                lines.of_backup(backup.index).map(|line| self.schedule_status(line.clone(), facts)).collect();
            let goes_on = see(backup);
            backup.lines = Vec::new();
            if !goes_on {
                break;
            }
        }
    }

    /// Returns the state of each backup, in the order of their first lines.
    fn backup_statuses(
        &self,
        lines: &[Admitted<'_>],
        detail: Detail,
        facts: &StatusFacts<'_>,
    ) -> Vec<BackupStatus> {
        let mut places: HashMap<&BackupName, usize> = HashMap::new();
        let mut backups: Vec<BackupStatus> = Vec::new();
        for line in lines {
            let name = line.item.entry.ok().map(|entry| entry.name());
            let place =
                shared_name(line).map_or(backups.len(), |name| *places.entry(name).or_insert(backups.len()));
            let last_good = line.entry.as_deref().ok().and_then(|entry| self.good_backup(entry, facts));
            let schedule = self.schedule_status(line.clone(), facts);
            if place == backups.len() {
                backups.push(BackupStatus::new(name, &schedule, facts));
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

/// Keeps the lines that a key refers to. Returns whether other lines have this index as their name.
///
/// # Errors
/// [`Error::NoSuchSchedule`] if there are none.
fn choose(lines: &mut Vec<Admitted<'_>>, key: &str) -> Result<bool, Error> {
    let names = names(lines.iter().map(|line| line.item));
    let Matches { indexes, is_ambiguous } = matching(key, &names);
    lines.retain(|line| indexes.contains(&line.item.index));
    if lines.is_empty() {
        return Err(no_such_schedule(key, &names));
    }
    Ok(is_ambiguous)
}

/// The maximum number of times that history and backups are read again because a run ended meanwhile.
const MAX_REREADS: usize = 9;
