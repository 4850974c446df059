//! The use cases that add, list and remove schedules.

use super::Manager;
use super::context::parse_index;
use super::listed_schedule::ListedSchedule;
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunKey};
use crate::model::job::Job;
use crate::model::schedule::{EntryError, ScheduleBook, ScheduleEntry};
use crate::operation::run::refuse_another_s_archive;
use crate::policy::admission::{Admission, add, check};
use crate::time::Moment;
use crate::time::start_of_minute;

impl Manager<'_> {
    /// Adds a schedule, given as `folder;hh:mm;name` with a `;key=value` behind it for each option. It owes nothing for
    /// the time before the minute it is added in.
    ///
    /// # Errors
    /// [`Error::UnknownZone`], [`Error::MalformedSchedule`], [`Error::OwnFolder`], [`Error::DuplicateSchedule`],
    /// [`Error::NameTaken`], [`Error::NameAlias`], [`Error::Contradiction`], [`Error::ArchiveOfAnother`], or a failure of the store or the history. Nothing is added then.
    pub fn create(&self, text: &str) -> Result<Event, Error> {
        self.logged(self.add_schedule(text), Event::clone)
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

    fn add_schedule(&self, text: &str) -> Result<Event, Error> {
        let malformed = |fault| Error::MalformedSchedule { text: text.to_owned(), fault };
        let entry: ScheduleEntry = text.parse().map_err(malformed)?;
        // One that stands in the file keeps its name, which may be that of good backups.
        if entry.seems_commented() {
            return Err(malformed(EntryError::TrailingComment));
        }
        self.ports.clock.check_zone().map_err(Error::UnknownZone)?;
        check(&entry, Admission::from(&self.ports))?;
        self.refuse_another_s_archive(&entry)?;
        self.add_to_book(&entry).map_err(Error::of_a_change)?;
        Ok(Event::ScheduleAdded(entry.to_string()))
    }

    /// Adds the entry to the book, once it is noted since when it counts.
    ///
    /// A store may hold a lock while it runs an edit, and all ports may share it. So no port is called within one: the book
    /// is read, judged, and then replaced if it is still the one that was judged. Where another process changed it
    /// meanwhile, the new one is judged. Each round but the last is one in which somebody else's edit succeeded.
    fn add_to_book(&self, entry: &ScheduleEntry) -> Result<(), Error> {
        let now = self.ports.clock.now();
        let mut judged = None;
        while let Some(book) = self.replace_book(judged.as_ref())? {
            let mut wider = book.clone();
            add(&mut wider, entry, Admission::from(&self.ports))?;
            if judged.is_none() {
                self.note_adoption(entry, now)?;
            }
            judged = Some(Judged { book, wider });
        }
        Ok(())
    }

    /// Puts the wider book in the place of the one that was judged. Where another book is there, changes nothing and
    /// returns that one.
    fn replace_book(&self, judged: Option<&Judged>) -> Result<Option<ScheduleBook>, Error> {
        let mut other = None;
        let update = self.ports.schedules.update(&mut |book| {
            let Some(judged) = judged.filter(|judged| judged.book.to_bytes() == book.to_bytes()) else {
                other = Some(book.clone());
                return Err(PortError::new(Failure::Busy, "add to a book that was not judged").into());
            };
            judged.wider.clone_into(book);
            Ok(())
        });
        if other.is_some() { Ok(other) } else { update.map(|()| None) }
    }

    /// Notes since when a schedule counts that is about to be added. The note comes first. A crash between both leaves a
    /// note without a schedule, which does no harm: nothing is due for an entry that isn't in the book, and whoever adds it
    /// later notes it anew. The other way round, a crash would leave a schedule without the note. If it had existed long ago,
    /// every run since then would be made up for.
    ///
    /// `now` is read before the book is. So where another process adds the same entry first and this one is refused, its
    /// note settles nothing that was planned after that.
    fn note_adoption(&self, entry: &ScheduleEntry, now: Moment) -> Result<(), Error> {
        let note = HistoryNote::Adopted { entry: entry.identity(), since: start_of_minute(now), at: now };
        Ok(self.ports.history.append(&note)?)
    }

    /// The backups of a schedule stay when it is deleted, and must outlive a new one of that name.
    fn refuse_another_s_archive(&self, entry: &ScheduleEntry) -> Result<(), Error> {
        // What the history can't tell now is asked again before anything is replaced.
        let notes = self.ports.history.load().unwrap_or_default();
        let key = RunKey { entry: entry.identity(), planned: None };
        refuse_another_s_archive(
            &self.ports,
            &Job::new(key, entry.clone(), 0, &Ledger::new(&notes), self.ports.clock.now()),
        )
    }
}

/// A book that an entry may be added to, and the same book with the entry.
struct Judged {
    book: ScheduleBook,
    wider: ScheduleBook,
}
