//! The judge's own idea of the plan: whole seconds and the spans of a zone's offsets, nothing of the core's.

use super::super::Zone;

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A span of time in which one offset is in force.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: i64,
    end: i64,
    offset: i64,
}

/// Which instant each local date and time is, in one zone.
#[derive(Debug, Clone)]
pub(super) struct Almanac {
    spans: Vec<Span>,
}

impl Almanac {
    pub(super) fn of(zone: &Zone) -> Self {
        let first = chrono::DateTime::from_timestamp(-(1 << 40), 0).unwrap_or_default();
        let starts: Vec<_> = std::iter::once(first).chain(zone.transitions()).collect();
        let offset = |instant| i64::from(zone.offset_at(instant).local_minus_utc());
        let ends = starts.iter().skip(1).map(chrono::DateTime::timestamp).chain([i64::MAX]);
        let span = |(start, end): (&chrono::DateTime<chrono::Utc>, i64)| Span {
            start: start.timestamp(),
            end,
            offset: offset(*start),
        };
        Self { spans: starts.iter().zip(ends).map(span).collect() }
    }

    /// Returns the first second at which clocks show that minute of that date or later; `None` for a date that the
    /// zone leaves out.
    pub(super) fn moment(&self, date: i64, minute_of_day: i64) -> Option<i64> {
        let midnight = date * DAY;
        let reading = midnight + minute_of_day * MINUTE;
        let is_reached = |span: &&Span| span.end == i64::MAX || reading - span.offset < span.end;
        let reached = self.spans.iter().find(is_reached)?;
        let moment = (reading - reached.offset).max(reached.start);
        let has_some = |span: &Span| {
            (midnight - span.offset).max(span.start) < (midnight + DAY - span.offset).min(span.end)
        };
        self.spans.iter().any(has_some).then_some(moment)
    }

    /// Returns the instants at which clocks show a reading, in seconds since 1970 as if local time were UTC.
    pub(super) fn occurrences(&self, reading: i64) -> impl Iterator<Item = i64> {
        let shown = move |span: &Span| {
            Some(reading - span.offset).filter(|instant| (span.start..span.end).contains(instant))
        };
        self.spans.iter().filter_map(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    /// Walks over the minutes of some days around `date` until the clock shows the time.
    fn walked(zone: &Zone, date: i64, minute_of_day: i64) -> Option<i64> {
        let local = |instant: i64| {
            let moment = chrono::DateTime::from_timestamp(instant, 0).unwrap();
            instant + i64::from(zone.offset_at(moment).local_minus_utc())
        };
        let minutes = || (-2 * 1440..3 * 1440).map(|minute| date * DAY + minute * MINUTE);
        let is_there = minutes().any(|instant| local(instant).div_euclid(DAY) == date);
        let reading = date * DAY + minute_of_day * MINUTE;
        minutes().find(|instant| local(*instant) >= reading).filter(|_| is_there)
    }

    #[test]
    fn agrees_with_a_walk_over_the_minutes() {
        let zones = [
            (Zone::berlin(), "2026-03-29 00:00"),
            (Zone::berlin(), "2026-10-25 00:00"),
            (Zone::changing_over_midnight(), "1919-03-31 00:00"),
            (Zone::changing_over_midnight(), "1919-10-26 00:00"),
            (Zone::skipping_a_date(), "2011-12-30 00:00"),
        ];
        for (zone, around) in zones {
            let almanac = Almanac::of(&zone);
            let middle = at(around).timestamp() / DAY;
            for date in middle - 3..=middle + 3 {
                for minute in (0..1440).step_by(15) {
                    assert_eq!(
                        almanac.moment(date, minute),
                        walked(&zone, date, minute),
                        "{zone:?} {date} {minute}"
                    );
                }
            }
        }
    }
}
