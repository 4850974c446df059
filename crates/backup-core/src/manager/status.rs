//! Status: the use case that shows the state of the service and of every schedule.

use std::collections::HashMap;

use crate::manager::schedule_status::{ScheduleStatus, StatusFacts};
use crate::manager::service::ServiceManager;
use crate::model::archive::{BackupRecord, by_name};
use crate::model::error::{Error, Failure};
use crate::model::history::{HistoryNote, Ledger, RunRecord, name_in};
use crate::ports::{Cursor, RunningService};

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
    /// That is so if every schedule runs, is not overdue, has its newest archive intact, passed its last drill, and is not
    /// overdue for a drill. It doesn't matter whether the service runs. If lines of the history can't be read, the answer is
    /// no.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        self.unreadable_lines == 0
            && !self.schedules.is_empty()
            && self.schedules.iter().all(ScheduleStatus::is_all_right)
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
        let service = self.control.running()?;
        let book = self.manager().load_schedules_if_any()?;
        let mut cursor = Cursor::default();
        let (notes, backups) = self.notes_and_backups(&mut cursor)?;
        let ledger = Ledger::new(&notes);
        let (ended_runs, backups) = (ended_runs(&notes), by_name(backups));
        let facts = StatusFacts { book: &book, ledger: &ledger, ended_runs, backups, service };
        let lines = self.manager().admit(&book).into_iter();
        let schedules = lines.map(|line| self.schedule_status(line, &facts)).collect();
        Ok(Status { service, schedules, unreadable_lines: cursor.unreadable_lines })
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

/// The maximum number of times that history and backups are read again because a run ended meanwhile.
const MAX_REREADS: usize = 9;
