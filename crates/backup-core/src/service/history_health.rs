//! What the service says of a history that doesn't take what it is to hold.

use crate::model::error::PortError;
use crate::model::event::Event;
use crate::service::Service;
use crate::service::reconcile::HISTORY_WRITTEN;

const HISTORY_SHORTENED: &str = "logs/history.jsonl can be shortened";

impl Service<'_> {
    /// Keeps the history within its bound. That it can't is said, and no reason not to go on: it only grows meanwhile.
    pub(super) fn shorten_history(&mut self) {
        let shorter = self.memory.shorten();
        if self.follow(HISTORY_SHORTENED, shorter, ToString::to_string) == Some(true) {
            self.journal(&Event::HistoryShortened);
        }
    }

    /// Says what the history won't hear any more, as this service goes.
    pub(super) fn part_from_history(&mut self) {
        if let Some(cause) = self.memory.settle() {
            let notes = self.memory.unwritten_notes();
            self.journal(&Event::NotesLost { notes, cause: cause.to_string() });
        } else {
            self.follow(HISTORY_WRITTEN, Ok::<_, PortError>(()), ToString::to_string);
        }
    }
}
