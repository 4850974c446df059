//! The use case that tells how the service and each schedule are.

use std::collections::HashMap;

use crate::manager::schedule_status::{Past, ScheduleStatus};
use crate::manager::service::ServiceManager;
use crate::model::archive::{BackupRecord, by_name};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunRecord};
use crate::ports::{Cursor, RunningService};

/// How everything is.
#[derive(Debug)]
pub struct Status {
    /// The service, if it runs.
    pub service: Option<RunningService>,
    /// Each schedule, in the order of the file; empty when there is no file.
    pub schedules: Vec<ScheduleStatus>,
    /// How many lines of the history can't be read: what they told isn't known.
    pub unreadable_lines: u64,
}

impl Status {
    /// Returns whether there are schedules, every one runs and has the good backup that its plan asks for, which stands
    /// where the history says, and none failed its last drill or is overdue for one, be it that the service runs or not. Where the history can't
    /// tell, nothing is all right.
    #[must_use]
    pub fn is_all_right(&self) -> bool {
        self.unreadable_lines == 0
            && !self.schedules.is_empty()
            && self.schedules.iter().all(ScheduleStatus::is_all_right)
    }
}

fn ended(notes: &[HistoryNote]) -> HashMap<&str, Vec<&RunRecord>> {
    let mut ended: HashMap<_, Vec<_>> = HashMap::new();
    for note in notes {
        if let HistoryNote::Ended(run) = note {
            ended.entry(run.key.entry.as_str()).or_default().push(run);
        }
    }
    ended
}

impl ServiceManager<'_> {
    /// Returns how everything is.
    ///
    /// # Errors
    /// A failure to read what there is; a schedules file that isn't there is not one.
    pub fn status(&self) -> Result<Status, Error> {
        self.manager().logged(self.look(), |_| Event::StatusShown)
    }

    fn look(&self) -> Result<Status, Error> {
        let service = self.control.running()?;
        let book = self.book()?;
        let mut cursor = Cursor::default();
        let (notes, backups) = self.notes_and_backups(&mut cursor)?;
        let ledger = Ledger::new(&notes);
        let (ended, backups) = (ended(&notes), by_name(backups));
        let past = Past { book: &book, ledger: &ledger, ended, backups, service };
        let lines = self.manager().admit(&book).into_iter();
        let schedules = lines.map(|line| self.describe(line, &past)).collect();
        Ok(Status { service, schedules, unreadable_lines: cursor.unreadable_lines })
    }

    /// Returns the history and the backups as they were at one time: a run may end between two looks.
    fn notes_and_backups(&self, cursor: &mut Cursor) -> Result<(Vec<HistoryNote>, Vec<BackupRecord>), Error> {
        let mut notes = self.ports.history.read(cursor)?;
        let mut backups = self.listed()?;
        for _ in 0..MOST_LOOKS {
            let more = self.ports.history.read(cursor)?;
            if more.is_empty() {
                break;
            }
            notes.extend(more);
            backups = self.listed()?;
        }
        Ok((notes, backups))
    }

    fn listed(&self) -> Result<Vec<BackupRecord>, Error> {
        match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Ok(Vec::new()),
            listed => Ok(listed?),
        }
    }
}

/// How often it is looked again where runs end meanwhile.
const MOST_LOOKS: usize = 9;
