//! Reads the schedules and the history, and reports what can't be read.

use crate::model::error::{Failure, PortError};
use crate::model::event::Event;
use crate::service::Service;

const SCHEDULES: &str = "backup_schedules.txt can be read";
const ZONE: &str = "the time zone can be read";
const HISTORY: &str = "logs/history.jsonl can be read";
pub(super) const HISTORY_WRITTEN: &str = "logs/history.jsonl can be written";

impl Service<'_> {
    /// Reads the schedules, if they may have changed, and what is new in the history.
    ///
    /// Returns whether the schedules have changed, or `None` if something can't be read.
    pub(super) fn read_ports(&mut self) -> Option<bool> {
        let unwritten = self.memory.settle().map_or(Ok(()), Err);
        self.follow(HISTORY_WRITTEN, unwritten, ToString::to_string);
        let zone = self.ports.clock.check_zone();
        self.follow(ZONE, zone, |error| format!("{error}; the times stay those of the zone before"));
        let is_other_book = self.schedules.refresh(self.ports.schedules);
        let is_other_book = self.follow(SCHEDULES, is_other_book, unreadable_schedules)?;
        let history = self.memory.refresh();
        self.follow(HISTORY, history, ToString::to_string)?;
        Some(is_other_book)
    }

    /// Returns what worked. Reports once when it stops working, and once when it works again.
    pub(super) fn follow<T, E>(
        &mut self,
        what: &str,
        result: Result<T, E>,
        say: fn(&E) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                if self.outages.end(what) {
                    self.journal(&Event::Recovered(what.to_owned()));
                }
                Some(value)
            }
            Err(error) => {
                if self.outages.begin(what.to_owned()) {
                    self.journal(&Event::Failed(say(&error)));
                }
                None
            }
        }
    }
}

fn unreadable_schedules(error: &PortError) -> String {
    match error.failure {
        Failure::Missing => "can't read backup_schedules.txt".to_owned(),
        _ => error.to_string(),
    }
}
