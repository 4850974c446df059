//! The rule "every day at hh:mm".

use std::fmt;
use std::str::FromStr;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};

use super::zone::first_instant_at_or_after;
use super::{EntryFault, Schedule};
use crate::ports::{Clock, Moment, moment};

/// A wall-clock time in whole minutes, 00:00 to 23:59.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// Returns the time, or `None` when there is no such hour or minute on the 24-hour clock.
    #[must_use]
    pub fn new(hour: u8, minute: u8) -> Option<Self> {
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    fn as_naive(self) -> NaiveTime {
        NaiveTime::MIN + TimeDelta::minutes(i64::from(self.hour) * 60 + i64::from(self.minute))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl FromStr for TimeOfDay {
    type Err = EntryFault;

    /// Reads `hh:mm` or `h:mm`: digits only, so `+9:05`, `16:7` and `16 07` are refused.
    fn from_str(text: &str) -> Result<Self, EntryFault> {
        let (hour, minute) = text.split_once(':').ok_or(EntryFault::Time)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!(hour.len(), 1..=2) || minute.len() != 2 || !digits(hour) || !digits(minute) {
            return Err(EntryFault::Time);
        }
        let number = |part: &str| part.parse().map_err(|_| EntryFault::Time);
        Self::new(number(hour)?, number(minute)?).ok_or(EntryFault::Time)
    }
}

/// Once for every local date, at the first instant of it at which the wall clock reads that time or later.
///
/// So a time that a spring change skips comes right after the gap, and one that autumn repeats comes once. A date
/// that a zone skips altogether (Samoa, 30 December 2011) has no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Daily {
    /// The wall-clock time.
    pub at: TimeOfDay,
}

impl Daily {
    /// Returns the run of that local date, or `None` when the zone has no such date.
    #[must_use]
    pub fn on(&self, date: NaiveDate, clock: &dyn Clock) -> Option<Moment> {
        let first = |time| first_instant_at_or_after(date.and_time(time), clock);
        let run = first(self.at.as_naive())?;
        // A run that a gap moved into the next date is still this date's, if there was any of it at all.
        let is_real = run.date_naive() == date || first(NaiveTime::MIN)?.date_naive() == date;
        is_real.then_some(run)
    }
}

impl Schedule for Daily {
    fn next_after(&self, after: Moment, clock: &dyn Clock) -> Option<Moment> {
        // A gap over midnight moves a date's run into the next date, and a zone may skip a date: yesterday's run can
        // still be ahead, and the one after next can be the first.
        let today = moment(clock, after.to_utc()).date_naive();
        let yesterday = today.checked_sub_days(Days::new(1))?;
        yesterday.iter_days().take(5).filter_map(|date| self.on(date, clock)).find(|run| *run > after)
    }
}
