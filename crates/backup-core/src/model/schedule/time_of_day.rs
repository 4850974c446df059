//! Time of day: a local time in whole minutes.

use std::fmt;

use chrono::{NaiveTime, TimeDelta};

/// A local time in whole minutes, from 00:00 to 23:59. Its text form is `hh:mm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    pub(crate) const MIDNIGHT: Self = Self { hour: 0, minute: 0 };

    /// Returns the time, or `None` if the hour is over 23 or the minute over 59.
    pub(crate) fn new(hour: u8, minute: u8) -> Option<Self> {
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    /// Returns the hour, from 0 to 23.
    pub(crate) fn hour(self) -> u8 {
        self.hour
    }

    /// Returns the minute, from 0 to 59.
    pub(crate) fn minute(self) -> u8 {
        self.minute
    }

    /// Parses `hh:mm` or `h:mm`. Only digits are allowed, so `+9:05`, `16:7` and `16 07` are none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!(hour.len(), 1..=2) || minute.len() != 2 || !digits(hour) || !digits(minute) {
            return None;
        }
        Self::new(hour.parse().ok()?, minute.parse().ok()?)
    }

    pub(crate) fn as_naive(self) -> NaiveTime {
        NaiveTime::MIN + TimeDelta::minutes(i64::from(self.hour) * 60 + i64::from(self.minute))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_digits_on_the_24_hour_clock() {
        let good = [
            ("00:00", "00:00"),
            ("9:05", "09:05"),
            ("09:05", "09:05"),
            ("16:07", "16:07"),
            ("23:59", "23:59"),
        ];
        for (text, expected) in good {
            assert_eq!(
                TimeOfDay::parse(text).map(|time| time.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        let bad = [
            "",
            ":",
            "24:00",
            "16:60",
            "16:7",
            "9:5",
            "16 07",
            "16.07",
            "1607",
            "016:07",
            "16:007",
            "16:07:00",
            "+9:05",
            "-9:05",
            "9:+5",
            "9:-5",
            " 9:05",
            "9:05 ",
            "9: 5",
            ":07",
            "16:",
            "aa:bb",
            "1a:07",
            "16:0x",
            "\u{661}\u{666}:\u{660}\u{667}",
            "9:05\n",
            "99:99",
            "9\0:05",
            "4pm",
        ];
        for text in bad {
            assert_eq!(TimeOfDay::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_minute_of_the_day_round_trips() {
        for (hour, minute) in (0..=255).flat_map(|hour| [0, 7, 59, 60, 255].map(|minute| (hour, minute))) {
            let time = TimeOfDay::new(hour, minute);
            assert_eq!(time.is_some(), hour < 24 && minute < 60, "{hour}:{minute}");
            if let Some(time) = time {
                assert_eq!(TimeOfDay::parse(&time.to_string()), Some(time));
            }
        }
    }
}
