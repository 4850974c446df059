//! What is due: a pure function of history, schedules and now.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::ports::{Clock, Moment};
use crate::schedule::Schedule;

/// A run that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The latest planned moment that is owed: what the run counts for.
    pub planned: Moment,
    /// How many earlier ones it makes up for.
    pub missed_runs: u32,
}

/// Returns the one run that is owed for all planned moments in (`settled`, `now`], if there are any.
///
/// An interval, never an equality: a look that comes late owes what it slept through, and one that comes twice owes
/// nothing new.
#[must_use]
pub fn due(rule: &dyn Schedule, settled: Moment, now: Moment, clock: &dyn Clock) -> Option<Due> {
    let mut owed: Option<Due> = None;
    let mut after = settled;
    while let Some(planned) = rule.next_after(after, clock).filter(|planned| *planned <= now) {
        owed = Some(Due { planned, missed_runs: owed.map_or(0, |due| due.missed_runs.saturating_add(1)) });
        after = planned;
    }
    owed
}

/// Returns the first moment for which an entry of unknown age can owe a run: the minute in which it appeared.
///
/// It appeared after the previous look, which didn't see it, and stood in the file at its last change; where neither
/// is known, it appeared now.
#[must_use]
pub fn first_owed(now: Moment, previous_look: Option<Moment>, last_change: Option<DateTime<Utc>>) -> Moment {
    let change = last_change.map(|instant| instant.with_timezone(now.offset()));
    let appeared = change.or(previous_look).unwrap_or(now).min(now);
    start_of_minute(previous_look.map_or(appeared, |look| appeared.max(look.min(now))))
}

/// Returns the start of the wall-clock minute that holds `moment`.
#[must_use]
pub fn start_of_minute(moment: Moment) -> Moment {
    // A leap second counts as nanoseconds beyond a second.
    moment
        - TimeDelta::seconds(i64::from(moment.second()))
        - TimeDelta::nanoseconds(i64::from(moment.nanosecond()))
}
