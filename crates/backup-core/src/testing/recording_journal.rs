//! A journal that remembers.

use std::sync::{Arc, Mutex};

use super::locked::locked;
use crate::model::event::Event;
use crate::ports::Journal;
use crate::time::Moment;

/// Keeps every event in the order in which it was recorded. Clones are handles of the same journal.
#[derive(Debug, Clone, Default)]
pub struct RecordingJournal {
    events: Arc<Mutex<Vec<(Moment, Event)>>>,
}

impl RecordingJournal {
    /// Returns an empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the events, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        locked(&self.events).iter().map(|(_, event)| event.clone()).collect()
    }

    /// Returns the events as the lines of a log: `[dd/mm/yyyy hh:mm] message`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |(at, event): &(Moment, Event)| format!("[{}] {event}", at.format("%d/%m/%Y %H:%M"));
        locked(&self.events).iter().map(line).collect()
    }

    /// Returns the events as sentences, without their time.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        locked(&self.events).iter().map(|(_, event)| event.to_string()).collect()
    }

    /// Forgets what was recorded so far.
    pub fn clear(&self) {
        locked(&self.events).clear();
    }
}

impl Journal for RecordingJournal {
    fn record(&self, at: Moment, event: &Event) {
        locked(&self.events).push((at, event.clone()));
    }
}
