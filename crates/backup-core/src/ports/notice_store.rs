//! The port that keeps the notice book.

use auto_impl::auto_impl;

use crate::model::error::PortError;
use crate::model::notice::NoticeBook;

/// Keeps what was told to whom, and what is still to be sent.
///
/// The default of a program is [`NoNotices`].
#[auto_impl(&, Box, Arc)]
pub trait NoticeStore: Send + Sync {
    /// Returns the book that was saved last. Before the first, it is empty.
    ///
    /// # Errors
    /// Any failure to read it. [`Failure::Damaged`](crate::model::error::Failure::Damaged) if what is there is no book.
    fn load(&self) -> Result<NoticeBook, PortError>;

    /// Saves the book in the place of the one before.
    ///
    /// Promises: whenever the process or the machine dies, the old or the new book is there. Once it returns, the new one
    /// is. Notices that tell of the start of a run need not be kept.
    ///
    /// # Errors
    /// Any failure to write it. Then the old one is there.
    fn save(&self, book: &NoticeBook) -> Result<(), PortError>;
}

/// Keeps no book. A service with it doesn't know after a restart what it has told before.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNotices;

impl NoticeStore for NoNotices {
    fn load(&self) -> Result<NoticeBook, PortError> {
        Ok(NoticeBook::default())
    }

    fn save(&self, _: &NoticeBook) -> Result<(), PortError> {
        Ok(())
    }
}

const _DYN_COMPATIBLE: Option<&dyn NoticeStore> = None;
