//! Entry rule: when an entry runs, its options included.

use chrono::TimeDelta;

use crate::model::schedule::rule::{InZone, Jittered, Schedule, TimeRule};
use crate::time::{Clock, Moment};

/// The rule of an entry: its time, in the zone of `tz=`, with the delays of `jitter=`.
///
/// The delays depend on the entry's identity, so those of two entries differ.
#[derive(Debug, Clone)]
pub struct EntryRule<'a> {
    pub(super) time: &'a TimeRule,
    pub(super) zone: Option<&'a str>,
    /// The longest delay, and what the delays depend on.
    pub(super) jitter: Option<(TimeDelta, String)>,
}

impl Schedule for EntryRule<'_> {
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let zoned;
        let rule: &dyn Schedule = match self.zone {
            Some(zone) => {
                zoned = InZone { rule: self.time, zone };
                &zoned
            }
            None => self.time,
        };
        match &self.jitter {
            Some((jitter, seed)) => Jittered { rule, jitter: *jitter, seed }.next_after(after, clock),
            None => rule.next_after(after, clock),
        }
    }
}
