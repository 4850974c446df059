//! Context: what the use cases share. They load stores, find schedules, and write the log.

use std::sync::Arc;

use crate::manager::Manager;
use crate::manager::schedule_query::{matching, names, no_such_schedule, parse_index};
use crate::model::archive::BackupRecord;
use crate::model::config::Config;
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::operation::admission::{Admission, Admitted, admit};
use crate::operation::configuration::{load_config, load_config_for_view};

impl Manager<'_> {
    /// Returns the finished backups.
    ///
    /// # Errors
    /// [`Error::BackupsMissing`] if there is no folder for them; any other failure of the store.
    pub(super) fn list_backups(&self) -> Result<Vec<BackupRecord>, Error> {
        self.ports.backups.list().map_err(|error| match error.failure {
            Failure::Missing => Error::BackupsMissing,
            _ => Error::Port(error),
        })
    }

    /// Returns the lines of the schedules file.
    ///
    /// # Errors
    /// [`Error::SchedulesMissing`] if there is no file; any other failure of the store.
    pub(super) fn load_schedules(&self) -> Result<ScheduleBook, Error> {
        self.ports.schedules.load().map_err(|error| match error.failure {
            Failure::Missing => Error::SchedulesMissing,
            _ => Error::Port(error),
        })
    }

    /// Returns the lines of the schedules file. If there is no file, there are no lines.
    ///
    /// # Errors
    /// Any failure to read an existing file.
    pub(super) fn load_schedules_if_any(&self) -> Result<ScheduleBook, Error> {
        match self.load_schedules() {
            Err(Error::SchedulesMissing) => Ok(ScheduleBook::default()),
            book => book,
        }
    }

    /// Returns the schedules that run. If there is no file, there are none.
    ///
    /// # Errors
    /// Any failure to read an existing file.
    pub(super) fn running_schedules(&self) -> Result<Vec<ScheduleEntry>, Error> {
        let book = self.load_schedules_if_any()?;
        Ok(self.admit_for_view(&book).into_iter().filter_map(Admitted::into_entry).collect())
    }

    /// Returns the configuration. Without one, it is the default.
    ///
    /// # Errors
    /// [`Error::WrongConfig`] with all faults, or a failure to read it.
    pub fn config(&self) -> Result<Config, Error> {
        load_config(&self.ports)
    }

    /// Returns every line that is or should be a schedule, and whether it runs, with these settings.
    pub(super) fn admit<'b>(&self, book: &'b ScheduleBook, config: &Config) -> Vec<Admitted<'b>> {
        admit(book, Admission::new(&self.ports, config))
    }

    /// Returns every line that is or should be a schedule, and whether it runs.
    ///
    /// A wrong configuration counts as far as it is understood. So nothing that removes a backup may depend on the options.
    pub(super) fn admit_for_view<'b>(&self, book: &'b ScheduleBook) -> Vec<Admitted<'b>> {
        self.admit(book, &load_config_for_view(&self.ports).0)
    }

    /// Returns the schedule with that index, or else the first one with that name.
    ///
    /// Of several with the same name, one that runs comes first. The schedule has its defaults.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::WrongConfig`], the reason why the schedule doesn't run, [`Error::SchedulesMissing`], or a failure of the
    /// store.
    pub(super) fn find_schedule(&self, key: &str) -> Result<ScheduleEntry, Error> {
        let book = self.load_schedules()?;
        let names = names(book.items());
        let config = self.config()?;
        let mut lines: Vec<_> = self.admit(&book, &config).into_iter().map(Some).collect();
        let found = matching(key, &names).indexes;
        let runs = |index: &&usize| lines[**index].as_ref().is_some_and(|line| line.entry.is_ok());
        let index = found.iter().find(runs).or(found.first());
        let line = index.and_then(|index| lines[*index].take());
        let missing = || no_such_schedule(key, &names);
        line.ok_or_else(missing)?.entry.map(Arc::unwrap_or_clone).map_err(|error| *error)
    }

    /// Returns whether a key is the index of a schedule, and also the name of other schedules. It is taken for the index.
    ///
    /// If the schedules can't be read, the answer is no.
    #[must_use]
    pub fn is_ambiguous(&self, key: &str) -> bool {
        if parse_index(key).is_none() {
            return false;
        }
        let book = self.load_schedules().unwrap_or_default();
        matching(key, &names(book.items())).is_ambiguous
    }

    /// Returns the first schedule that runs and has that name.
    ///
    /// # Errors
    /// [`Error::SchedulesMissing`], or a failure of the store.
    pub(super) fn find_schedule_by_name(&self, name: &str) -> Result<Option<ScheduleEntry>, Error> {
        let book = self.load_schedules()?;
        let entries = self.admit_for_view(&book).into_iter().filter_map(Admitted::into_entry);
        Ok(entries.into_iter().find(|entry| entry.name().as_str() == name))
    }

    /// Logs events.
    pub(super) fn log(&self, events: &[Event]) {
        events.iter().for_each(|event| self.ports.journal.record(self.ports.clock.now(), event));
    }

    /// Logs how a use case ended: the event of its success, or its error.
    pub(super) fn log_result<T>(
        &self,
        result: Result<T, Error>,
        event: impl FnOnce(&T) -> Event,
    ) -> Result<T, Error> {
        if let Ok(value) = &result {
            self.log(&[event(value)]);
        }
        self.log_error(result)
    }

    /// Logs the error of a use case, if it failed.
    pub(super) fn log_error<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.log(&[Event::failed(error)]);
        }
        result
    }
}
