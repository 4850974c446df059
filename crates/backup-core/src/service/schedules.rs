//! The schedules as they were last read.

use std::sync::Arc;

use crate::model::error::PortError;
use crate::model::schedule::ScheduleBook;
use crate::ports::{BookState, ScheduleStore};

/// The book as it was last read.
#[derive(Default)]
pub(super) struct Schedules {
    state: BookState,
    book: Arc<ScheduleBook>,
    is_read: bool,
}

impl Schedules {
    /// Reads the book if it may have changed. Returns true if it has changed or was never read before.
    ///
    /// # Errors
    /// Any failure to read it. The book stays what it was.
    pub(super) fn refresh(&mut self, store: &dyn ScheduleStore) -> Result<bool, PortError> {
        let book = match store.load_if_changed(&mut self.state)? {
            Some(book) => book,
            None if self.is_read => return Ok(false),
            None => store.load()?,
        };
        let is_other = !self.is_read || *self.book != book;
        if is_other {
            (self.book, self.is_read) = (Arc::new(book), true);
        }
        Ok(is_other)
    }

    /// Makes the next refresh read and compare the book, even if the store would say that it hasn't changed.
    pub(super) fn distrust(&mut self) {
        self.state = BookState::default();
    }

    /// Returns the book. It is empty before it was read.
    pub(super) fn book(&self) -> Arc<ScheduleBook> {
        Arc::clone(&self.book)
    }
}
