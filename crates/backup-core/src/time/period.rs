//! Period: how long something may take, as people write it.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

/// A period of whole seconds, at least one: `30s`, `1h30m`, `7d`.
///
/// The units are `d`, `h`, `m` and `s`, in this order. A day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    seconds: u32,
}

/// A text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPeriod;

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Period {
    /// Returns a period of seconds.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        assert!(seconds > 0, "a period is at least a second");
        Self { seconds }
    }

    /// Returns a period of hours.
    ///
    /// # Panics
    /// If it is 0, or longer than 136 years.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self::seconds(hours * 3_600)
    }

    /// Returns how long it is.
    #[must_use]
    pub fn duration(self) -> TimeDelta {
        TimeDelta::seconds(self.seconds.into())
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let (mut rest, mut seconds) = (text, 0_u32);
        for (unit, length) in UNITS {
            if let Some((number, behind)) = rest.split_once(unit) {
                let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
                let number = number.parse::<u32>().ok().filter(|_| is_number).ok_or(NotAPeriod)?;
                let more = number.checked_mul(length).ok_or(NotAPeriod)?;
                (rest, seconds) = (behind, seconds.checked_add(more).ok_or(NotAPeriod)?);
            }
        }
        if rest.is_empty() && seconds > 0 { Ok(Self { seconds }) } else { Err(NotAPeriod) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds;
        for (unit, length) in UNITS {
            if rest >= length {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_units_in_order() {
        let cases = [
            ("30s", Some((30, "30s"))),
            ("90m", Some((5_400, "1h30m"))),
            ("1d1s", Some((86_401, "1d1s"))),
            ("168h", Some((604_800, "7d"))),
            ("", None),
            ("0s", None),
            ("30", None),
            ("m", None),
            ("1m1h", None),
            ("+1m", None),
            ("1 m", None),
            ("99999999999s", None),
            ("4294967295d", None),
        ];
        for (text, expected) in cases {
            let read = text.parse::<Period>().ok().map(|read| (read.seconds, read.to_string()));
            assert_eq!(read, expected.map(|(seconds, shown)| (seconds, shown.to_owned())), "{text:?}");
        }
    }
}
