//! The port that keeps the schedules.

use crate::model::error::{Error, PortError};
use crate::model::schedule::ScheduleBook;

/// Changes a book, or refuses to. Calls no port: the store may hold a lock that all of them share.
pub type Edit<'a> = &'a mut dyn FnMut(&mut ScheduleBook) -> Result<(), Error>;

/// Keeps the schedule entries between runs and between processes.
///
/// Promises: what [`update`](ScheduleStore::update) was told to keep, [`load`](ScheduleStore::load) gives back byte
/// for byte, lines that nobody understands included. A reader sees the book before an edit or after it, never
/// between.
pub trait ScheduleStore: Send + Sync {
    /// Returns the book as it stands.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when there is none yet; any other failure to read it.
    fn load(&self) -> Result<ScheduleBook, PortError>;

    /// Reads, edits and replaces the book in one step that no other process can interleave.
    /// A book that is missing is edited as an empty one. Nothing changes when `edit` fails.
    ///
    /// # Errors
    /// The error of `edit`, as it is; or a [`PortError`] when the book can't be read or replaced.
    fn update(&self, edit: Edit<'_>) -> Result<(), Error>;
}

const _DYN_COMPATIBLE: Option<&dyn ScheduleStore> = None;
