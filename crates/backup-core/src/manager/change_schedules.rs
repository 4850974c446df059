//! Change schedules: replaces the book of schedules in one step, although every check calls ports.

use super::Manager;
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::HistoryNote;
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::time::{Moment, start_of_minute};

/// Checks a book, and returns what it becomes. `None` means that it stays.
pub(super) type Approve<'a> = &'a mut dyn FnMut(&ScheduleBook) -> Result<Option<ScheduleBook>, Error>;

impl Manager<'_> {
    /// Replaces the book by what `approve` makes of it.
    ///
    /// A store may hold a lock while it runs an edit, and all ports may share that lock. So no port is called during an
    /// edit. Instead, the book is read, the change is approved, and the book is replaced if it is still the same. If another
    /// process changed it meanwhile, the new book is approved. Every round but the last means that another edit succeeded,
    /// so the loop ends.
    pub(super) fn change_book(&self, approve: Approve<'_>) -> Result<(), Error> {
        let mut approved = None;
        while let Some(before) = self.replace_book(approved.as_ref()).map_err(Error::of_a_change)? {
            let Some(after) = approve(&before).map_err(Error::of_a_change)? else { return Ok(()) };
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
                return Err(PortError::new(Failure::Busy, "change a book that was not checked").into());
            };
            edit.after.clone_into(book);
            Ok(())
        });
        if other.is_some() { Ok(other) } else { update.map(|()| None) }
    }

    /// Records in the history since when a schedule counts, before the book is changed.
    ///
    /// A crash between the two leaves a note without a change. That is harmless for a new schedule: nothing is due for an
    /// entry that isn't in the book, and the next attempt writes a new note. In the other order, a crash would leave a
    /// schedule without a note. If the same schedule had existed long ago, every run since then would be made up for.
    ///
    /// `now` is read before the book is read. So if another process makes the same change first and this one is refused,
    /// its note settles no run that was planned after that.
    pub(super) fn note_adoption(&self, entry: &ScheduleEntry, now: Moment) -> Result<(), Error> {
        let note = HistoryNote::Adopted { entry: entry.identity(), since: start_of_minute(now), at: now };
        Ok(self.ports.history.append(&note)?)
    }
}

/// An edit that passed every check, for exactly this book.
struct ApprovedEdit {
    before: ScheduleBook,
    after: ScheduleBook,
}
