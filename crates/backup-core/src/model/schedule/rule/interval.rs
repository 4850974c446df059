//! Interval: `every 4h`, `every 15m`, `every 1w from 02:00`.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::model::schedule::rule::fault::Fault;
use crate::model::schedule::rule::field::number;
use crate::model::schedule::rule::part::Part;
use crate::model::schedule::rule::times::time_of_day;
use crate::model::schedule::time_of_day::TimeOfDay;
use crate::time::{Clock, Moment, first_instant_at_or_after, first_instant_on, local_time, moment};

const DAY: i64 = 24 * 60;
const MOST_DAYS: i64 = 366;
/// The units, the longest first, in minutes.
const UNITS: [(char, i64); 4] = [('w', 7 * DAY), ('d', DAY), ('h', 60), ('m', 1)];

/// The Monday from which periods are counted.
pub(crate) const INTERVALS_SINCE: NaiveDate =
    NaiveDate::from_ymd_opt(2001, 1, 1).expect("the first of a month exists");

/// A run whenever the period has passed.
///
/// - A period of less than a day that divides 24 hours is counted in elapsed time from `from` of each local date until
///   `from` of the next.
/// - Whole days are counted in local dates from Monday 2001-01-01, with one run at `from`.
/// - Any other period is counted in elapsed time from `from` on that Monday, without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Interval {
    /// The period in minutes, from 1 minute to 366 days.
    pub(super) minutes: i64,
    pub(super) from: TimeOfDay,
}

impl Interval {
    /// Reads what follows "every".
    pub(super) fn parse(part: Part<'_>) -> Result<Self, Fault> {
        let mut words = part.words();
        let period = words.next().unwrap_or_else(|| part.end());
        let minutes = minutes(period)?;
        let from = match words.next() {
            None => TimeOfDay::MIDNIGHT,
            Some(word) if word.text == "from" => {
                time_of_day(words.next().ok_or_else(|| part.end().expected("a time as hh:mm"))?)?
            }
            Some(other) => return Err(other.expected("\"from\" and a time as hh:mm")),
        };
        match words.next() {
            None => Ok(Self { minutes, from }),
            Some(more) => Err(more.expected("nothing more")),
        }
    }

    pub(super) fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        if self.is_within_days() {
            self.next_within_days(after, clock)
        } else if let Some(days) = self.whole_days() {
            self.next_of_days(days, after, clock)
        } else {
            let anchor = first_instant_at_or_after(INTERVALS_SINCE.and_time(self.from.as_naive()), clock)?;
            self.next_counted(anchor.to_utc(), after, clock)
        }
    }

    /// Returns whether the period is counted anew on each date.
    pub(super) fn is_within_days(&self) -> bool {
        self.minutes < DAY && DAY % self.minutes == 0
    }

    /// Returns the period in days, if it has no smaller part.
    pub(super) fn whole_days(&self) -> Option<i64> {
        (self.minutes % DAY == 0).then_some(self.minutes / DAY)
    }

    fn next_within_days(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let today = local_time(after.to_utc(), clock)?.date();
        let anchor = |date| first_instant_on(date, self.from.as_naive(), clock);
        // Clocks that are set back over midnight can give today's anchor and tomorrow's one behind us. A date that the zone
        // skips has none, so there may be two dates to look back.
        let first = today.checked_sub_signed(TimeDelta::days(2)).unwrap_or(today);
        let mut last = None;
        for date in first.iter_days().take(6) {
            match anchor(date) {
                Some(anchor) if anchor > after => {
                    let counted =
                        last.and_then(|last: Moment| self.next_counted(last.to_utc(), after, clock));
                    return Some(counted.map_or(anchor, |counted| counted.min(anchor)));
                }
                Some(anchor) => last = Some(anchor),
                None => {}
            }
        }
        None
    }

    fn next_of_days(&self, days: i64, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let today = local_time(after.to_utc(), clock)?.date();
        let passed = (today - INTERVALS_SINCE).num_days().rem_euclid(days);
        let first = today.checked_sub_signed(TimeDelta::days(passed))?;
        let dates = (0..).map_while(|count| first.checked_add_signed(TimeDelta::days(count * days)));
        // The run of the first date can be over, and a zone can skip a date.
        let mut runs = dates.take(4).filter_map(|date| first_instant_on(date, self.from.as_naive(), clock));
        runs.find(|run| *run > after)
    }

    /// Returns the first instant after `after` that is a number of whole periods away from `anchor`.
    fn next_counted(&self, anchor: DateTime<Utc>, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        let period = self.minutes * 60;
        let periods = (after.timestamp() - anchor.timestamp()).div_euclid(period) + 1;
        let next = anchor.checked_add_signed(TimeDelta::try_seconds(periods * period)?)?;
        Some(moment(clock, next))
    }
}

/// Reads a period such as `4h` or `1h30m`, in minutes.
pub(super) fn minutes(period: Part<'_>) -> Result<i64, Fault> {
    let (mut rest, mut minutes, mut units) = (period, 0, UNITS.as_slice());
    while !rest.text.is_empty() || minutes == 0 {
        let (digits, behind) = rest.leading(|character| character.is_ascii_digit());
        let wanted = || rest.expected("a period such as 15m, 4h, 2d or 1w");
        let count = number(digits.text).ok_or_else(wanted)?;
        let unit = units.iter().position(|(unit, _)| behind.text.starts_with(*unit));
        let (Some(unit), 1..) = (unit, count) else {
            return Err(if count == 0 { wanted() } else { behind.expected(one_of(units)) });
        };
        minutes += i64::from(count) * units[unit].1;
        (rest, units) = (behind.split_at(1).1, &units[unit + 1..]);
    }
    if minutes <= MOST_DAYS * DAY {
        Ok(minutes)
    } else {
        Err(period.expected("a period of at most 366 days"))
    }
}

/// Returns units as a phrase.
fn one_of(units: &[(char, i64)]) -> String {
    let units: Vec<_> = units.iter().map(|(unit, _)| unit.to_string()).collect();
    match units.split_last() {
        None => "nothing more".to_owned(),
        Some((last, [])) => format!("the unit {last}"),
        Some((last, others)) => format!("one of the units {} or {last}", others.join(", ")),
    }
}
