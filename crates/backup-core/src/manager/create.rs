//! The use case that adds a schedule.

use super::Manager;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunKey};
use crate::model::job::Job;
use crate::model::schedule::{EntryFault, ScheduleEntry};
use crate::operation::run::refuse_another_s_archive;
use crate::policy::admission::{Admission, add, check};
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

    fn add_schedule(&self, text: &str) -> Result<Event, Error> {
        let malformed = |fault| Error::MalformedSchedule { text: text.to_owned(), fault };
        let entry: ScheduleEntry = text.parse().map_err(malformed)?;
        // One that stands in the file keeps its name, which may be that of good backups.
        if entry.seems_commented() {
            return Err(malformed(EntryFault::TrailingComment));
        }
        self.ports.clock.check_zone().map_err(Error::UnknownZone)?;
        check(&entry, self.ports.home, self.ports.archiver)?;
        self.refuse_another_s_archive(&entry)?;
        let update = self.ports.schedules.update(&mut |book| {
            add(book, &entry, Admission::from(&self.ports))?;
            self.note_adoption(&entry)
        });
        update.map_err(Error::of_a_change)?;
        Ok(Event::ScheduleAdded(entry.to_string()))
    }

    /// Notes since when a schedule counts that is about to stand. Before it does: of a schedule that stands without the
    /// note, and was there long ago, all would be owed that it missed since. The note alone does no harm: of what doesn't
    /// stand nothing is owed, and whoever adds it later notes that anew.
    fn note_adoption(&self, entry: &ScheduleEntry) -> Result<(), Error> {
        let now = self.ports.clock.now();
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
