//! The port that keeps the schedules.

use auto_impl::auto_impl;

use crate::model::error::{Error, PortError};
use crate::model::schedule::ScheduleBook;

/// Changes a book, or refuses to. Calls no port: the store may hold a lock that all of them share.
pub type Edit<'a> = &'a mut dyn FnMut(&mut ScheduleBook) -> Result<(), Error>;

/// Identifies a state of a book, for [`ScheduleStore::load_if_changed`]. The default stands for no state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookState {
    /// Numbers that the store chooses, different for each state. `None` if the store can't tell the state from others.
    pub numbers: Option<[u64; 8]>,
}

/// Keeps the schedules.
///
/// Promises: [`load`](ScheduleStore::load) returns exactly the bytes that [`update`](ScheduleStore::update) kept,
/// including lines that nobody understands. A reader sees the book before an edit or after it, never in between.
///
/// ```
/// use backup_core::model::schedule::ScheduleBook;
/// use backup_core::ports::ScheduleStore;
/// use backup_core::testing::MemorySchedules;
///
/// let store = MemorySchedules::new();
/// store.update(&mut |book: &mut ScheduleBook| {
///     book.push("docs;16:07;docs".parse().expect("a valid schedule"));
///     Ok(())
/// })?;
/// assert_eq!(store.load()?.to_bytes(), b"docs;16:07;docs\n");
/// # Ok::<(), backup_core::model::error::Error>(())
/// ```
#[auto_impl(&, Box, Arc)]
pub trait ScheduleStore: Send + Sync {
    /// Returns the book.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) if there is none yet; any other failure to read it.
    fn load(&self) -> Result<ScheduleBook, PortError>;

    /// Returns the book, or `None` if it is still the one that `seen` stands for. Moves `seen` to the book that it returns.
    ///
    /// Promises: `None` means that [`load`](ScheduleStore::load) would return the same book that was returned with `seen`.
    /// When in doubt, the book is returned. A service calls this often, so a store that can tell cheaply should. The default
    /// can't tell and always loads.
    ///
    /// # Errors
    /// As [`load`](ScheduleStore::load), even if the book hasn't changed. `seen` stays where it was.
    fn load_if_changed(&self, seen: &mut BookState) -> Result<Option<ScheduleBook>, PortError> {
        let book = self.load()?;
        *seen = BookState::default();
        Ok(Some(book))
    }

    /// Reads, edits and replaces the book in one step that no other process can interleave.
    ///
    /// A missing book is edited as an empty one. Nothing changes if `edit` fails. `edit` calls no port, so a store may
    /// hold any lock meanwhile.
    ///
    /// # Errors
    /// The error of `edit`, unchanged; or a [`PortError`] if the book can't be read or replaced.
    fn update(&self, edit: Edit<'_>) -> Result<(), Error>;
}

const _DYN_COMPATIBLE: Option<&dyn ScheduleStore> = None;
