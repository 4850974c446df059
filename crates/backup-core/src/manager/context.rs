//! What the use cases share: they load, find and log.

use crate::manager::Manager;
use crate::model::archive::BackupRecord;
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::admission::{Admission, Admitted, admit};

impl Manager<'_> {
    pub(super) fn load_backups(&self) -> Result<Vec<BackupRecord>, Error> {
        self.ports.backups.list().map_err(|error| match error.failure {
            Failure::Missing => Error::BackupsMissing,
            _ => Error::Port(error),
        })
    }

    /// Returns the schedule with that index, or else the first with that name: one that runs, or why the one doesn't.
    pub(super) fn find(&self, key: &str) -> Result<ScheduleEntry, Error> {
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
    pub(super) fn find_named(&self, name: &str) -> Result<Option<ScheduleEntry>, Error> {
        let book = self.load_book()?;
        let entries = self.admit(&book).into_iter().filter_map(|line| line.entry.ok());
        Ok(entries.into_iter().find(|entry| entry.name().as_str() == name))
    }

    pub(super) fn admit<'b>(&self, book: &'b ScheduleBook) -> Vec<Admitted<'b>> {
        admit(book, Admission::from(&self.ports))
    }

    pub(super) fn load_book(&self) -> Result<ScheduleBook, Error> {
        self.ports.schedules.load().map_err(|error| match error.failure {
            Failure::Missing => Error::SchedulesMissing,
            _ => Error::Port(error),
        })
    }

    pub(super) fn say(&self, events: &[Event]) {
        events.iter().for_each(|event| self.ports.journal.record(self.ports.clock.now(), event));
    }

    /// Leaves the line of a use case in the journal.
    pub(super) fn logged<T>(
        &self,
        result: Result<T, Error>,
        event: impl FnOnce(&T) -> Event,
    ) -> Result<T, Error> {
        if let Ok(value) = &result {
            self.ports.journal.record(self.ports.clock.now(), &event(value));
        }
        self.logged_error(result)
    }

    pub(super) fn logged_error<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.ports.journal.record(self.ports.clock.now(), &Event::failed(error));
        }
        result
    }
}

/// Reads an index as `list` shows it: digits alone.
pub(super) fn parse_index(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
