//! The offsets of the local zone around a moment, which tell later whether the zone's rules have changed.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use crate::time::clock::Clock;
use crate::time::zone::{PROBE, next_change};

/// How many probes lie before the moment, and how many after it.
///
/// A planned moment follows from the offsets since a day before its wall-clock reading. It comes at most a day after that
/// reading, and where a whole date is skipped, two: hence three days. The rest is a day and the span of a probe, rounded up.
const PROBES: std::ops::RangeInclusive<i32> = -6..=4;

/// The offsets of the local zone from three days before a moment to two days after it.
///
/// As long as they [hold](Offsets::hold), a wall-clock rule has the same planned moments up to a day after that moment. Two
/// changes of the offset within half a day may be seen as none, as everywhere in the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offsets {
    probes: Vec<(DateTime<Utc>, FixedOffset)>,
}

impl Offsets {
    /// Returns the offsets around that instant.
    #[must_use]
    pub(crate) fn around(instant: DateTime<Utc>, clock: &dyn Clock) -> Self {
        let probe = |step| instant.checked_add_signed(PROBE * step);
        // Looking for changes reaches past the last one.
        let grid = PROBES.filter_map(probe).filter(|instant| instant.checked_add_signed(PROBE).is_some());
        let grid: Vec<_> = grid.collect();
        let edges = grid.windows(2).filter_map(|pair| edge(pair[0], pair[1], clock)).flatten();
        let probes = grid.iter().copied().chain(edges);
        Self { probes: probes.map(|instant| (instant, clock.offset_at(instant))).collect() }
    }

    /// Returns whether the zone still has these offsets.
    #[must_use]
    pub(crate) fn hold(&self, clock: &dyn Clock) -> bool {
        self.probes.iter().all(|(instant, offset)| clock.offset_at(*instant) == *offset)
    }
}

/// Returns the second of the change between two probes and the second before it, if there is a change.
fn edge(before: DateTime<Utc>, after: DateTime<Utc>, clock: &dyn Clock) -> Option<[DateTime<Utc>; 2]> {
    let change = next_change(before, after, clock);
    (change <= after).then(|| [change - TimeDelta::seconds(1), change])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, Zone, at};

    const HOUR: i32 = 3_600;

    /// Whether the offsets around `moment` in the first zone hold in the other.
    fn holds(moment: &str, zone: &Zone, other: &Zone) -> bool {
        let clock = ManualClock::with_zone(at(moment), zone.clone());
        let offsets = Offsets::around(at(moment).to_utc(), &clock);
        assert!(offsets.hold(&clock), "nothing has changed");
        clock.set_zone(other.clone());
        offsets.hold(&clock)
    }

    #[test]
    fn a_change_of_the_rules_is_seen_where_it_matters() {
        let spring = |change: &str| Zone::fixed(HOUR).then(change, 2 * HOUR);
        let now = "2026-03-28 12:00";
        let (zone, never) = (spring("2026-03-29 01:00"), Zone::fixed(HOUR));
        for other in ["2026-03-29 00:59:59", "2026-03-29 01:00:01", "2026-03-29 03:00", "2026-03-30 01:00"] {
            assert!(!holds(now, &zone, &spring(other)), "{other}");
        }
        assert!(!holds(now, &zone, &never) && !holds(now, &never, &zone));
        assert!(!holds(now, &never, &Zone::fixed(0)));
        assert!(holds(now, &never, &spring("2026-10-25 01:00")), "it is too far away to matter now");
        let days = |days: i64| at(now) + TimeDelta::days(days);
        for (day, expected) in [(-4, true), (-2, false), (1, false), (3, true)] {
            let change = days(day).format("%Y-%m-%d %H:%M:%S").to_string();
            let other = Zone::fixed(2 * HOUR).then(&change, HOUR);
            let zone = if day < 0 { &never } else { &Zone::fixed(2 * HOUR) };
            assert_eq!(holds(now, zone, &other), expected, "a change {day} days from now");
        }
    }

    #[test]
    fn at_the_ends_of_time_there_are_fewer_probes() {
        let clock = ManualClock::utc(at("2026-01-01 00:00"));
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(Offsets::around(end, &clock).hold(&clock));
        }
    }
}
