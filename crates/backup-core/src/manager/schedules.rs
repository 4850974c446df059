//! Schedules: the use cases that add, list and remove schedules.

use chrono::TimeDelta;

use super::Manager;
use super::listed_schedule::ListedSchedule;
use super::schedule_query::only_match;
use crate::model::config::Config;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::{Ledger, RunKey};
use crate::model::job::RunJob;
use crate::model::schedule::{EntryError, Schedule, ScheduleEntry};
use crate::operation::admission::{Admission, add, check};
use crate::operation::configuration::load_config_for_view;
use crate::operation::run::refuse_another_s_archive;
use crate::time::{Moment, start_of_minute};

/// A line that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedSchedule {
    /// The index that it had.
    pub index: usize,
    /// The line, safe to print.
    pub text: String,
    /// The schedule on it, if it was one.
    pub entry: Option<ScheduleEntry>,
}

impl DeletedSchedule {
    /// Returns the event of the deletion.
    #[must_use]
    pub fn event(&self) -> Event {
        Event::ScheduleDeleted(self.index)
    }
}

impl Manager<'_> {
    /// Adds a schedule, given as `folder;time;name`, followed by `;key=value` for each option.
    ///
    /// Runs planned before the current minute are not made up for.
    ///
    /// # Errors
    /// [`Error::UnknownZone`], [`Error::MalformedSchedule`], [`Error::OwnFolder`], [`Error::DuplicateSchedule`],
    /// [`Error::NameTaken`], [`Error::NameAlias`], [`Error::Contradiction`], [`Error::ArchiveOfAnother`],
    /// [`Error::WrongConfig`], or a failure of the store or the history. Then nothing is added.
    pub fn create(&self, text: &str) -> Result<Event, Error> {
        self.log_result(self.add_schedule(text), Event::clone)
    }

    /// Returns every schedule, and every line that should be one.
    ///
    /// # Errors
    /// [`Error::SchedulesMissing`], or a failure of the store.
    pub fn list(&self) -> Result<Vec<ListedSchedule>, Error> {
        let listed = self
            .load_schedules()
            .map(|book| self.admit_for_view(&book).into_iter().map(ListedSchedule::from).collect());
        self.log_result(listed, |_| Event::ListShown)
    }

    /// Removes the schedule with that index, or the only one with that name. The schedules after it move up. Its backups
    /// stay.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`], [`Error::SeveralSchedules`], [`Error::SchedulesMissing`], or a failure of the store.
    pub fn delete(&self, key: &str) -> Result<DeletedSchedule, Error> {
        self.log_result(self.remove_schedule(key), DeletedSchedule::event)
    }

    /// Returns a schedule as it runs: with the default of each option that it doesn't set.
    ///
    /// A wrong configuration counts as far as it is understood.
    #[must_use]
    pub fn as_it_runs(&self, entry: &ScheduleEntry) -> ScheduleEntry {
        entry.with_defaults(&load_config_for_view(&self.ports).0.defaults).into_owned()
    }

    /// Returns when a schedule, given as it is written, runs for the first time from the current minute on. A paused schedule
    /// doesn't run.
    #[must_use]
    pub fn first_run(&self, entry: &ScheduleEntry) -> Option<Moment> {
        self.first_run_of(&self.as_it_runs(entry))
    }

    /// Returns when a schedule runs for the first time from the current minute on, given as it runs.
    pub(super) fn first_run_of(&self, entry: &ScheduleEntry) -> Option<Moment> {
        let clock = self.ports.clock;
        let before = start_of_minute(clock.now()) - TimeDelta::seconds(1);
        if entry.options().is_paused() {
            None
        } else {
            self.ports.rules.rule(entry).next_after(before, clock)
        }
    }

    fn remove_schedule(&self, key: &str) -> Result<DeletedSchedule, Error> {
        self.load_schedules()?;
        let mut deleted = None;
        let update = self.ports.schedules.update(&mut |book| {
            let missing = |near, schedules| Error::NoSuchIndex { index: key.to_owned(), near, schedules };
            let item = only_match(key, book, missing)?;
            let entry = item.entry.ok().map(|entry| ScheduleEntry::clone(entry));
            let (index, text) = (item.index, item.text());
            book.remove(index);
            deleted = Some(DeletedSchedule { index, text, entry });
            Ok(())
        });
        update.map_err(Error::of_a_change)?;
        Ok(deleted.expect("a store runs the edit before it says that it is done"))
    }

    fn add_schedule(&self, text: &str) -> Result<Event, Error> {
        let malformed = |fault| Error::MalformedSchedule { text: text.to_owned(), fault };
        let entry: ScheduleEntry = text.parse().map_err(malformed)?;
        // Only new schedules are refused. One in the file keeps its name, because good backups may have that name.
        if entry.seems_commented() {
            return Err(malformed(EntryError::TrailingComment));
        }
        self.ports.clock.check_zone().map_err(Error::UnknownZone)?;
        let config = self.config()?;
        check(&entry, Admission::new(&self.ports, &config))?;
        let runs = entry.with_defaults(&config.defaults);
        let (clock, rule) = (self.ports.clock, self.ports.rules.rule(&runs));
        rule.next_after(clock.now(), clock).ok_or_else(|| malformed(EntryError::Past))?;
        self.add_to_book(&entry, &config)?;
        Ok(Event::ScheduleAdded(entry.to_string()))
    }

    /// Adds the entry to the book, after the history knows since when it counts.
    fn add_to_book(&self, entry: &ScheduleEntry, config: &Config) -> Result<(), Error> {
        let (now, mut is_noted) = (self.ports.clock.now(), false);
        self.change_book(&mut |book| {
            let mut after = book.clone();
            add(&mut after, entry, Admission::new(&self.ports, config))?;
            if !is_noted {
                self.refuse_another_s_archive(&entry.with_defaults(&config.defaults))?;
                self.note_adoption(entry, now)?;
                is_noted = true;
            }
            Ok(Some(after))
        })
    }

    /// Checks that the archive with this name doesn't belong to another source.
    ///
    /// The backups of a deleted schedule stay. A new schedule with the same name must not replace them.
    pub(super) fn refuse_another_s_archive(&self, entry: &ScheduleEntry) -> Result<(), Error> {
        // If the history can't be read now, the run checks again before it replaces anything.
        let notes = self.ports.history.load().unwrap_or_default();
        let key = RunKey { entry: entry.identity(), planned: None };
        refuse_another_s_archive(
            &self.ports,
            &RunJob::new(key, entry.clone(), 0, &Ledger::new(&notes), self.ports.clock.now()),
        )
    }
}
