//! The use cases behind `backup_manager`. Each leaves its line in the journal, whether it succeeds or not.

mod archive_query;
mod check;
mod create;
mod drill;
mod finish_run;
mod history_view;
mod listed_schedule;
mod path_hint;
mod prune;
mod rebuilt_ledger;
mod restore;
mod restore_plan;
mod run;
mod schedule_query;
mod service;
mod status;
mod verify;
mod view;

pub use archive_query::{ArchiveQuery, FoundArchive};
pub use check::CheckedLine;
pub use drill::{Drill, DrillPlan, DrillProof, Undrilled};
pub use prune::{PrunePlan, Pruned};
pub use restore::{Restore, RestoreDestination, RestoreRequest};
pub use restore_plan::RestorePlan;
pub use run::{BeginOutput, RunReport};
pub use service::ServiceManager;
pub use status::{ScheduleStatus, Status};
pub use verify::{Verify, VerifyPlan, VerifyRequest};
pub use view::{View, Viewed};

use crate::model::archive::BackupRecord;
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::admission::{Admission, Admitted, admit};
use crate::ports::{Cursor, Ports};
pub use listed_schedule::ListedSchedule;

/// Manages schedules and backups.
#[derive(Clone, Copy)]
pub struct Manager<'a> {
    ports: Ports<'a>,
}

impl<'a> Manager<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>) -> Self {
        Self { ports }
    }

    /// Returns every schedule, and every line that should be one.
    ///
    /// # Errors
    /// [`Error::SchedulesMissing`], or a failure of the store.
    pub fn list(&self) -> Result<Vec<ListedSchedule>, Error> {
        let listed =
            self.load_book().map(|book| self.admit(&book).into_iter().map(ListedSchedule::from).collect());
        self.logged(listed, |_| Event::ListShown)
    }

    /// Removes the schedule at that index, given as text; the rest move up. Its backups stay.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`], [`Error::SchedulesMissing`], or a failure of the store.
    pub fn delete(&self, index: &str) -> Result<Event, Error> {
        self.logged(self.remove_schedule(index), Event::clone)
    }

    fn remove_schedule(&self, index: &str) -> Result<Event, Error> {
        self.load_book()?;
        let missing = || Error::NoSuchIndex(index.to_owned());
        let number = parse_index(index).ok_or_else(missing)?;
        let update = self.ports.schedules.update(&mut |book| {
            if book.remove(number) { Ok(()) } else { Err(missing()) }
        });
        update.map_err(Error::of_a_change)?;
        Ok(Event::ScheduleDeleted(number))
    }

    /// Returns the finished backups, sorted by file name.
    ///
    /// # Errors
    /// [`Error::BackupsMissing`], or a failure of the store.
    pub fn backups(&self) -> Result<Vec<BackupRecord>, Error> {
        self.logged(self.load_backups(), |_| Event::BackupsShown)
    }

    fn load_backups(&self) -> Result<Vec<BackupRecord>, Error> {
        self.ports.backups.list().map_err(|error| match error.failure {
            Failure::Missing => Error::BackupsMissing,
            _ => Error::Port(error),
        })
    }

    /// Returns what there is to say of lines of the history that can't be read, if there are any.
    #[must_use]
    pub fn history_gap(&self) -> Option<Event> {
        let mut cursor = Cursor::default();
        self.ports.history.read(&mut cursor).ok()?;
        Event::history_gap(cursor.unreadable_lines)
    }

    fn say(&self, events: &[Event]) {
        events.iter().for_each(|event| self.ports.journal.record(self.ports.clock.now(), event));
    }

    /// Returns the schedule with that index, or else the first with that name: one that runs, or why the one doesn't.
    fn find(&self, key: &str) -> Result<ScheduleEntry, Error> {
        let book = self.load_book()?;
        let lines = self.admit(&book);
        let is_named =
            |line: &Admitted<'_>| line.entry.as_ref().is_ok_and(|entry| entry.name().as_str() == key);
        let index = parse_index(key).filter(|index| *index < lines.len());
        let is_called =
            |line: &Admitted<'_>| line.item.entry.as_ref().is_ok_and(|entry| entry.name().as_str() == key);
        let position = index.or_else(|| lines.iter().position(is_named));
        let position = position.or_else(|| lines.iter().position(is_called));
        let line = position.and_then(|position| lines.into_iter().nth(position));
        line.ok_or_else(|| Error::NoSuchSchedule(key.to_owned()))?.entry
    }

    /// Returns the first schedule that runs and has that name.
    fn find_named(&self, name: &str) -> Result<Option<ScheduleEntry>, Error> {
        let book = self.load_book()?;
        let entries = self.admit(&book).into_iter().filter_map(|line| line.entry.ok());
        Ok(entries.into_iter().find(|entry| entry.name().as_str() == name))
    }

    fn admit<'b>(&self, book: &'b ScheduleBook) -> Vec<Admitted<'b>> {
        admit(book, Admission::from(&self.ports))
    }

    fn load_book(&self) -> Result<ScheduleBook, Error> {
        self.ports.schedules.load().map_err(|error| match error.failure {
            Failure::Missing => Error::SchedulesMissing,
            _ => Error::Port(error),
        })
    }

    /// Leaves the line of a use case in the journal.
    fn logged<T>(&self, result: Result<T, Error>, event: impl FnOnce(&T) -> Event) -> Result<T, Error> {
        if let Ok(value) = &result {
            self.ports.journal.record(self.ports.clock.now(), &event(value));
        }
        self.logged_error(result)
    }

    fn logged_error<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.ports.journal.record(self.ports.clock.now(), &Event::failed(error));
        }
        result
    }
}

/// Reads an index as `list` shows it: digits alone.
fn parse_index(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
