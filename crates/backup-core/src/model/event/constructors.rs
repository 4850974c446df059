//! Makes the events of errors, drills and histories.

use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::DrillReceipt;

impl Event {
    /// Returns the event of an error.
    #[must_use]
    pub fn failed(error: &Error) -> Self {
        Self::Failed(error.clone())
    }

    /// Returns the event of a finished drill.
    #[must_use]
    pub fn drilled(receipt: &DrillReceipt) -> Self {
        let event = if receipt.passed() { Self::Drilled } else { Self::DrillFailed };
        event(Box::new(receipt.clone()))
    }

    /// Returns the event of unreadable lines in the history, or `None` if there are none.
    #[must_use]
    pub fn history_gap(unreadable_lines: u64) -> Option<Self> {
        (unreadable_lines > 0).then_some(Self::HistoryUnreadable(unreadable_lines))
    }
}
