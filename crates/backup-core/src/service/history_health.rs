//! What the service says of a history that doesn't take what it is to hold.

use crate::model::event::{Ability, Event};
use crate::service::Service;

impl Service<'_> {
    /// Keeps the history within its bound. That it can't is said, and no reason not to go on: it only grows meanwhile.
    pub(super) fn shorten_history(&mut self) {
        let shorter = self.memory.shorten();
        if self.follow(Ability::ShortenHistory, shorter) == Some(true) {
            self.journal(&Event::HistoryShortened);
        }
    }

    /// Says what the history won't hear any more, as this service goes.
    pub(super) fn part_from_history(&mut self) {
        if let Some(cause) = self.memory.settle() {
            let notes = self.memory.unwritten_notes();
            self.journal(&Event::NotesLost { notes, cause: cause.to_string() });
        } else {
            self.follow(Ability::WriteHistory, Ok(()));
        }
    }
}
