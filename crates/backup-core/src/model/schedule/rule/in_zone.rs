//! In a zone: a rule whose local times are those of another zone.

use crate::model::schedule::rule::Schedule;
use crate::time::{Clock, Moment, Zoned, moment};

/// A rule whose local times are those of the zone of that name. Its moments have the offsets of the clock's own zone.
///
/// If the clock doesn't know the zone, the rule uses the clock's own zone. [`Zoned`] can check that before.
#[derive(Clone, Copy)]
pub struct InZone<'a> {
    /// The rule.
    pub rule: &'a dyn Schedule,
    /// The name of the zone, such as `Europe/Berlin`.
    pub zone: &'a str,
}

impl Schedule for InZone<'_> {
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let zoned = Zoned { clock, zone: self.zone };
        let next = self.rule.next_after(after, &zoned)?;
        Some(moment(clock, next.to_utc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, Zone, at};

    #[track_caller]
    fn check(rule: &str, zone: &str, after: &str, expected: &str) {
        let clock = ManualClock::with_zone(at("2026-01-01 00:00"), Zone::fixed(-5 * 3_600));
        clock.add_zone("Europe/Berlin", Zone::berlin());
        let rule: TimeRule = rule.parse().unwrap();
        let next = InZone { rule: &rule, zone }.next_after(at(after), &clock).unwrap();
        assert_eq!(next.to_rfc3339(), at(expected).to_rfc3339(), "{rule} in {zone} after {after}");
    }

    #[test]
    fn local_times_are_those_of_the_zone_and_moments_those_of_the_machine() {
        check("02:30", "Europe/Berlin", "2026-03-28T12:00:00-05:00", "2026-03-28T20:00:00-05:00");
        check("Mon 00:30", "Europe/Berlin", "2026-07-04T12:00:00-05:00", "2026-07-05T17:30:00-05:00");
        check("every 1d", "Europe/Berlin", "2026-07-04T12:00:00-05:00", "2026-07-04T17:00:00-05:00");
        check("02:30", "Europe/Berln", "2026-07-04T12:00:00-05:00", "2026-07-05T02:30:00-05:00");
    }
}
