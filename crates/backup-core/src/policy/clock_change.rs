//! Clock change: planned times that the local clock skips or shows twice.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};

use crate::model::schedule::Schedule;
use crate::time::{Clock, Moment};

/// A change of the local time. It is why a planned time didn't occur exactly once that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockChange {
    /// The local clock skipped this time. The run is planned for right after the gap.
    Skipped(NaiveDateTime),
    /// The local clock shows this time twice. The first time counts.
    Repeated(NaiveDateTime),
}

/// Returns how a change of the local clock moved a planned moment of a rule, if one did.
///
/// A rule says itself which times it asks for: on a clock whose offset never changes, it plans exactly these.
#[must_use]
pub fn clock_change(rule: &dyn Schedule, planned: Moment, clock: &dyn Clock) -> Option<ClockChange> {
    let reading = planned.naive_local();
    if !asks_for(rule, planned, *planned.offset()) {
        return skipped(rule, planned, clock).map(ClockChange::Skipped);
    }
    let later = clock.offset_at(planned.to_utc() + TimeDelta::days(1));
    let again = reading.and_utc() - TimeDelta::seconds(i64::from(later.local_minus_utc()));
    let again = again.with_timezone(&later);
    let is_repeated = again > planned && clock.offset_at(again.to_utc()) == later;
    (is_repeated && !is_planned(rule, again, clock)).then_some(ClockChange::Repeated(reading))
}

/// Returns whether `moment` is one of the rule's planned moments.
#[must_use]
pub fn is_planned(rule: &dyn Schedule, moment: Moment, clock: &dyn Clock) -> bool {
    rule.next_after(moment - TimeDelta::nanoseconds(1), clock) == Some(moment)
}

/// Returns whether the rule asks for the time that a clock with that offset shows at `moment`.
fn asks_for(rule: &dyn Schedule, moment: Moment, offset: FixedOffset) -> bool {
    is_planned(rule, moment.with_timezone(&offset), &Unchanging { offset })
}

/// Returns the first time in the gap before `planned` that the rule asks for.
fn skipped(rule: &dyn Schedule, planned: Moment, clock: &dyn Clock) -> Option<NaiveDateTime> {
    let offset = clock.offset_at(planned.to_utc() - TimeDelta::seconds(1));
    let gap = planned.offset().local_minus_utc() - offset.local_minus_utc();
    let start = planned.with_timezone(&offset);
    let first = rule.next_after(start - TimeDelta::nanoseconds(1), &Unchanging { offset })?;
    (first < start + TimeDelta::seconds(i64::from(gap))).then(|| first.naive_local())
}

/// A clock in a zone without changes. It tells no time.
struct Unchanging {
    offset: FixedOffset,
}

impl Clock for Unchanging {
    fn now(&self) -> Moment {
        DateTime::UNIX_EPOCH.with_timezone(&self.offset)
    }

    fn offset_at(&self, _instant: DateTime<Utc>) -> FixedOffset {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, Zone, at};

    /// What happened to a planned moment of a rule in Berlin: the time, with `skipped` or `repeated`.
    #[track_caller]
    fn check(rule: &str, planned: &str, expected: &str) {
        let clock = ManualClock::with_zone(at(planned), Zone::berlin());
        let rule: TimeRule = rule.parse().unwrap();
        assert!(is_planned(&rule, at(planned), &clock), "{rule} at {planned}");
        let shown = match clock_change(&rule, at(planned), &clock) {
            None => String::new(),
            Some(ClockChange::Skipped(time)) => format!("skipped {}", time.format("%H:%M")),
            Some(ClockChange::Repeated(time)) => format!("repeated {}", time.format("%H:%M")),
        };
        assert_eq!(shown, expected, "{rule} at {planned}");
    }

    #[test]
    fn a_time_in_the_gap_is_skipped_and_one_after_it_is_not() {
        let after_gap = "2026-03-29T03:00:00+02:00";
        check("02:30", after_gap, "skipped 02:30");
        check("02:15,02:45", after_gap, "skipped 02:15");
        check("Sun 02:00", after_gap, "skipped 02:00");
        check("03:00", after_gap, "");
        check("02:30,03:00", after_gap, "");
        check("*:0/15", after_gap, "");
        check("every 15m", after_gap, "");
        check("02:30", "2026-03-28T02:30:00+01:00", "");
        check("02:30", "2026-03-30T02:30:00+02:00", "");
    }

    #[test]
    fn a_time_that_comes_twice_is_repeated_unless_both_run() {
        let first = "2026-10-25T02:30:00+02:00";
        check("02:30", first, "repeated 02:30");
        check("0 2,3 * * sun", "2026-10-25T02:00:00+02:00", "repeated 02:00");
        check("every 15m", first, "");
        check("*:0/15", first, "");
        check("*:0/15", "2026-10-25T02:30:00+01:00", "");
        check("03:30", "2026-10-25T03:30:00+01:00", "");
        check("01:30", "2026-10-25T01:30:00+02:00", "");
    }
}
