//! The use cases behind `backup_manager`. Each leaves its line in the journal, whether it succeeds or not.

mod aftermath;
mod asked;
mod drill;
mod generations;
mod history_view;
mod known;
mod own_name;
mod pick;
mod restore;
mod restore_plan;
mod service_desk;
mod status;
mod verify;
mod view;

pub use drill::{DrillDesk, DrillPlan, Undrilled};
pub use generations::Pruned;
pub use pick::{Pick, Picked};
pub use restore::{RestoreDesk, RestoreOrder, RestorePlace};
pub use restore_plan::RestorePlan;
pub use service_desk::ServiceDesk;
pub use status::{ScheduleStatus, Status};
pub use verify::{VerifyDesk, VerifyOrder, VerifyPlan};
pub use view::{ViewDesk, Viewed};

use crate::backup::{BackupRecord, Compression};
use crate::due::start_of_minute;
use crate::error::{Error, Failure, PortError};
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, Outcome, RunKey};
use crate::ports::{Cursor, Ports, Progress};
use crate::run::{Job, RunResult, perform, refuse_another_s_archive};
use crate::schedule::{Admitted, EntryFault, ScheduleBook, ScheduleEntry, ScheduleOption, add, admit, check};

/// A line of the schedules file as `list` shows it.
#[derive(Debug)]
pub struct ListedSchedule {
    /// What `delete` and `run` take.
    pub index: usize,
    /// Counts all lines of the file, from 1.
    pub line_number: usize,
    /// The line, safe to print.
    pub text: String,
    /// Why it doesn't run, if so.
    pub refused: Option<Error>,
    /// Its name looks as if a comment was meant at its end, but is a name all the same.
    pub seems_commented: bool,
}

impl From<Admitted<'_>> for ListedSchedule {
    fn from(Admitted { item, entry }: Admitted<'_>) -> Self {
        let seems_commented = entry.as_ref().is_ok_and(|entry| entry.seems_commented());
        let (index, line_number, text) = (item.index, item.line_number, item.text());
        Self { index, line_number, text, refused: entry.err(), seems_commented }
    }
}

/// What became of a backup made by hand.
#[derive(Debug)]
pub struct RunReport {
    /// How it ended.
    pub outcome: Outcome,
    /// What there is to say, the outcome last.
    pub events: Vec<Event>,
}

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

    /// Adds a schedule, given as `folder;hh:mm;name` with a `;key=value` behind it for each option. It owes nothing for
    /// the time before the minute it is added in.
    ///
    /// # Errors
    /// [`Error::MalformedSchedule`], [`Error::OwnFolder`], [`Error::DuplicateSchedule`], [`Error::NameTaken`],
    /// [`Error::ArchiveOfAnother`], or a failure of the store or the history. Nothing is added then.
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
        check(&entry, self.ports.home, self.ports.archiver)?;
        self.refuse_another_s_archive(&entry)?;
        let update = self.ports.schedules.update(&mut |book| {
            add(book, &entry, self.ports.home, self.ports.archiver)?;
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

    /// Makes the backup of the schedule with that index or name now. What is planned for it stays planned.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::SchedulesMissing`], or why the backup could not be made.
    pub fn run(&self, key: &str, progress: &dyn Progress) -> Result<RunReport, Error> {
        self.run_with(key, &[], progress)
    }

    /// Makes the backup of the schedule with that index or name now, with more options than stand in the schedule.
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`Error::MalformedSchedule`] for a pattern that makes no sense.
    pub fn run_with(
        &self,
        key: &str,
        more: &[ScheduleOption],
        progress: &dyn Progress,
    ) -> Result<RunReport, Error> {
        let job = self.logged_error(self.job_by_hand(key, more))?;
        let result = perform(&self.ports, &job, progress);
        let ended = self.ports.clock.now();
        let mut events = result.events(&job);
        if let Some(record) = result.record(&job, ended) {
            // The outcome stays the last thing said.
            let last = events.len().saturating_sub(1);
            events.splice(last..last, self.see_to(&job.entry, record));
        }
        self.say(&events);
        match (result.outcome(), result) {
            (_, RunResult::NotMade(error) | RunResult::NotDurable { error, .. }) => Err(error),
            (Some(outcome), _) => Ok(RunReport { outcome, events }),
            (None, _) => Err(Error::BackupFailed {
                source: job.entry.source().to_owned(),
                cause: PortError::new(Failure::Busy, "make it twice at once"),
            }),
        }
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

    /// Returns the size of the archive that a run of that schedule would replace, where there is one: what a progress
    /// bar can expect. A compressed one doesn't tell how much is in it.
    #[must_use]
    pub fn last_archive_bytes(&self, key: &str) -> Option<u64> {
        let entry = self.find(key).ok()?;
        let backups = self.ports.backups.list().ok()?.into_iter();
        let last = backups
            .filter(|backup| backup.is_complete_of(entry.name()))
            .max_by_key(|backup| backup.finished)?;
        last.file_name.ends_with(Compression::None.ending()).then_some(last.archive_bytes)
    }

    fn job_by_hand(&self, key: &str, more: &[ScheduleOption]) -> Result<Job, Error> {
        let entry = self.find(key)?.with_options(more);
        check(&entry, self.ports.home, self.ports.archiver)?;
        let mut ledger = self.taken_over()?;
        self.note_published(entry.name(), &mut ledger);
        let key = RunKey { entry: entry.identity(), planned: None };
        Ok(Job::new(key, entry, 0, &ledger, self.ports.clock.now()))
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
        line.ok_or_else(|| Error::NoSuchSchedule(key.to_owned()))?.entry.cloned()
    }

    /// Returns the first schedule that runs and has that name.
    fn find_named(&self, name: &str) -> Result<Option<ScheduleEntry>, Error> {
        let book = self.load_book()?;
        let entries = self.admit(&book).into_iter().filter_map(|line| line.entry.ok());
        Ok(entries.into_iter().find(|entry| entry.name().as_str() == name).cloned())
    }

    fn admit<'b>(&self, book: &'b ScheduleBook) -> Vec<Admitted<'b>> {
        admit(book, self.ports.home, self.ports.archiver)
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
