//! Entry rule: when an entry runs, its options included.

use crate::model::schedule::entry::ScheduleEntry;
use crate::model::schedule::rule::{InZone, Jittered, Schedule};
use crate::time::{Clock, Moment};

/// The rule of an entry: its time, in the zone of `tz=`, with the delays of `jitter=`.
///
/// The delays depend on the entry's identity, so those of two entries differ.
#[derive(Debug, Clone, Copy)]
pub struct EntryRule<'a> {
    pub(super) entry: &'a ScheduleEntry,
}

impl Schedule for EntryRule<'_> {
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let (time, options) = (self.entry.time(), self.entry.options());
        let zoned;
        let rule: &dyn Schedule = match options.zone() {
            Some(zone) => {
                zoned = InZone { rule: time, zone };
                &zoned
            }
            None => time,
        };
        match options.jitter() {
            Some(jitter) => Jittered { rule, jitter: jitter.longest(), seed: &self.entry.identity() }
                .next_after(after, clock),
            None => rule.next_after(after, clock),
        }
    }
}
