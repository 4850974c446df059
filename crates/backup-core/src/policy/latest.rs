//! Latest: the last planned moment up to an instant.

use chrono::TimeDelta;

use crate::model::schedule::Schedule;
use crate::time::{Clock, Moment};

/// Returns the last planned moment at or before `until`, or `None` if there is none within 40 years.
///
/// Looks back over longer and longer spans, so that rules that plan often cost little and rare ones are found.
#[must_use]
pub fn latest(rule: &dyn Schedule, until: Moment, clock: &dyn Clock) -> Option<Moment> {
    let next = |after: Moment| rule.next_after(after, clock).filter(|next| *next > after && *next <= until);
    SPANS.into_iter().find_map(|span| {
        let start = until.checked_sub_signed(span)?;
        std::iter::successors(next(start), |moment| next(*moment)).last()
    })
}

const SPANS: [TimeDelta; 6] = [
    TimeDelta::hours(1),
    TimeDelta::days(1),
    TimeDelta::days(8),
    TimeDelta::days(64),
    TimeDelta::days(2 * 366),
    TimeDelta::days(40 * 366),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::TimeRule;
    use crate::testing::{ManualClock, at};

    #[track_caller]
    fn check(rule: &str, until: &str, expected: &str) {
        let clock = ManualClock::utc(at(until));
        let rule: TimeRule = rule.parse().unwrap();
        let expected = (!expected.is_empty()).then(|| at(expected));
        assert_eq!(latest(&rule, at(until), &clock), expected, "{rule} until {until}");
    }

    #[test]
    fn the_last_moment_is_found_however_rare_the_rule_is() {
        check("*:0/15", "2026-03-10 16:07", "2026-03-10 16:00");
        check("16:07", "2026-03-10 16:07", "2026-03-10 16:07");
        check("16:07", "2026-03-10 16:06:59", "2026-03-09 16:07");
        check("Mon 16:07", "2026-03-09 16:06", "2026-03-02 16:07");
        check("*-*-31 16:07", "2026-03-30 12:00", "2026-01-31 16:07");
        check("*-02-29 16:07", "2026-03-30 12:00", "2024-02-29 16:07");
        check("Mon *-02-29 16:07", "2026-03-30 12:00", "2016-02-29 16:07");
        check("2030-01-01 16:07", "2026-03-30 12:00", "");
    }
}
