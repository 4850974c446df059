//! A notice book in memory.

use std::sync::{Arc, Mutex};

use super::Faults;
use super::locked::locked;
use crate::model::error::PortError;
use crate::model::notice::{NoticeBook, NoticeKind};
use crate::ports::NoticeStore;

/// Keeps a notice book as long as it lives. Clones are handles of the same one.
///
/// Its operations are "read notices" and "write notices".
#[derive(Debug, Clone, Default)]
pub struct MemoryNotices {
    stored: Arc<Mutex<NoticeBook>>,
    faults: Faults,
}

impl MemoryNotices {
    /// Returns a store with an empty book, which never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a store with an empty book, which fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Returns the book that was saved last, whatever is scripted to fail.
    #[must_use]
    pub fn book(&self) -> NoticeBook {
        locked(&self.stored).clone()
    }
}

impl NoticeStore for MemoryNotices {
    fn load(&self) -> Result<NoticeBook, PortError> {
        self.faults.check("read notices", "")?;
        Ok(self.book())
    }

    fn save(&self, book: &NoticeBook) -> Result<(), PortError> {
        self.faults.check("write notices", "")?;
        let mut book = book.clone();
        book.outbox.retain(|pending| pending.notice.kind != NoticeKind::Start);
        *locked(&self.stored) = book;
        Ok(())
    }
}
