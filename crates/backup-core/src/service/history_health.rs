//! Reports about a history that can't be written or shortened.

use crate::model::event::{Ability, Event};
use crate::service::Service;

impl Service<'_> {
    /// Keeps the history within its bound. If it can't be shortened, reports that and goes on: it only grows.
    pub(super) fn shorten_history(&mut self) {
        let shorter = self.history.shorten();
        if self.follow(Ability::ShortenHistory, shorter) == Some(true) {
            self.docket = None;
            self.journal(&Event::HistoryShortened);
        }
    }

    /// Reports the notes that are lost because this service ends before they could be written.
    pub(super) fn part_from_history(&mut self) {
        if let Some(cause) = self.history.settle() {
            let notes = self.history.unwritten_notes();
            self.journal(&Event::NotesLost(notes, cause));
        } else {
            self.follow(Ability::WriteHistory, Ok(()));
        }
    }
}
