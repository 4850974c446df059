//! Schedules: the use cases that add, list and remove schedules.

use super::Manager;
use super::context::parse_index;
use super::listed_schedule::ListedSchedule;
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunKey};
use crate::model::job::RunJob;
use crate::model::schedule::{EntryError, ScheduleBook, ScheduleEntry};
use crate::operation::run::refuse_another_s_archive;
use crate::policy::admission::{Admission, add, check};
use crate::time::{Moment, start_of_minute};

impl Manager<'_> {
    /// Adds a schedule, given as `folder;hh:mm;name`, followed by `;key=value` for each option.
    ///
    /// Runs planned before the current minute are not made up for.
    ///
    /// # Errors
    /// [`Error::UnknownZone`], [`Error::MalformedSchedule`], [`Error::OwnFolder`], [`Error::DuplicateSchedule`],
    /// [`Error::NameTaken`], [`Error::NameAlias`], [`Error::Contradiction`], [`Error::ArchiveOfAnother`], or a failure of
    /// the store or the history. Then nothing is added.
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
            .map(|book| self.admit(&book).into_iter().map(ListedSchedule::from).collect());
        self.log_result(listed, |_| Event::ListShown)
    }

    /// Removes the schedule at that index, given as text. The schedules after it move up. Its backups stay.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`], [`Error::SchedulesMissing`], or a failure of the store.
    pub fn delete(&self, index: &str) -> Result<Event, Error> {
        self.log_result(self.remove_schedule(index), Event::clone)
    }

    fn remove_schedule(&self, index: &str) -> Result<Event, Error> {
        self.load_schedules()?;
        let missing = || Error::NoSuchIndex(index.to_owned());
        let number = parse_index(index).ok_or_else(missing)?;
        let update = self.ports.schedules.update(&mut |book| {
            if book.remove(number) { Ok(()) } else { Err(missing()) }
        });
        update.map_err(Error::of_a_change)?;
        Ok(Event::ScheduleDeleted(number))
    }

    fn add_schedule(&self, text: &str) -> Result<Event, Error> {
        let malformed = |fault| Error::MalformedSchedule { text: text.to_owned(), fault };
        let entry: ScheduleEntry = text.parse().map_err(malformed)?;
        // Only new schedules are refused. One in the file keeps its name, because good backups may have that name.
        if entry.seems_commented() {
            return Err(malformed(EntryError::TrailingComment));
        }
        self.ports.clock.check_zone().map_err(Error::UnknownZone)?;
        check(&entry, Admission::from(&self.ports))?;
        let (clock, rule) = (self.ports.clock, self.ports.rules.rule(&entry));
        rule.next_after(clock.now(), clock).ok_or_else(|| malformed(EntryError::Past))?;
        self.add_to_book(&entry).map_err(Error::of_a_change)?;
        Ok(Event::ScheduleAdded(entry.to_string()))
    }

    /// Adds the entry to the book, after the history knows since when it counts.
    ///
    /// A store may hold a lock while it runs an edit, and all ports may share that lock. So no port is called during an
    /// edit. Instead, the book is read, the change is approved, and the book is replaced if it is still the same. If another
    /// process changed it meanwhile, the new book is approved. Every round but the last means that another edit succeeded,
    /// so the loop ends.
    fn add_to_book(&self, entry: &ScheduleEntry) -> Result<(), Error> {
        let now = self.ports.clock.now();
        let mut approved = None;
        while let Some(before) = self.replace_book(approved.as_ref())? {
            let mut after = before.clone();
            add(&mut after, entry, Admission::from(&self.ports))?;
            if approved.is_none() {
                self.refuse_another_s_archive(entry)?;
                self.note_adoption(entry, now)?;
            }
            approved = Some(ApprovedEdit { before, after });
        }
        Ok(())
    }

    /// Carries out an approved edit. If the book is another one by now, it changes nothing and returns that book.
    fn replace_book(&self, approved: Option<&ApprovedEdit>) -> Result<Option<ScheduleBook>, Error> {
        let mut other = None;
        let update = self.ports.schedules.update(&mut |book| {
            let Some(edit) = approved.filter(|edit| edit.before.to_bytes() == book.to_bytes()) else {
                other = Some(book.clone());
                return Err(PortError::new(Failure::Busy, "add to a book that was not checked").into());
            };
            edit.after.clone_into(book);
            Ok(())
        });
        if other.is_some() { Ok(other) } else { update.map(|()| None) }
    }

    /// Records in the history since when a new schedule counts, before the schedule is added.
    ///
    /// A crash between the two leaves a note without a schedule. That is harmless: nothing is due for an entry that isn't in
    /// the book, and the next `create` writes a new note. In the other order, a crash would leave a schedule without a note.
    /// If the same schedule had existed long ago, every run since then would be made up for.
    ///
    /// `now` is read before the book is read. So if another process adds the same entry first and this `create` is refused,
    /// its note settles no run that was planned after that.
    fn note_adoption(&self, entry: &ScheduleEntry, now: Moment) -> Result<(), Error> {
        let note = HistoryNote::Adopted { entry: entry.identity(), since: start_of_minute(now), at: now };
        Ok(self.ports.history.append(&note)?)
    }

    /// Checks that the archive with this name doesn't belong to another source.
    ///
    /// The backups of a deleted schedule stay. A new schedule with the same name must not replace them.
    fn refuse_another_s_archive(&self, entry: &ScheduleEntry) -> Result<(), Error> {
        // If the history can't be read now, the run checks again before it replaces anything.
        let notes = self.ports.history.load().unwrap_or_default();
        let key = RunKey { entry: entry.identity(), planned: None };
        refuse_another_s_archive(
            &self.ports,
            &RunJob::new(key, entry.clone(), 0, &Ledger::new(&notes), self.ports.clock.now()),
        )
    }
}

/// An edit that passed every check, for exactly this book.
struct ApprovedEdit {
    before: ScheduleBook,
    after: ScheduleBook,
}
