//! How many generations of a backup are kept: `last:7,daily:14,within:30d`.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

/// A rule that keeps generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeepRule {
    /// The newest so many.
    Last(u32),
    /// The newest of each day, for so many days that have one.
    Daily(u32),
    /// The newest of each week (Monday to Sunday), for so many weeks that have one.
    Weekly(u32),
    /// The newest of each month, for so many months that have one.
    Monthly(u32),
    /// The newest of each year, for so many years that have one.
    Yearly(u32),
    /// All that were made so many hours before the newest, or later.
    Within {
        /// How many hours.
        hours: u32,
    },
}

const HOURS_OF_A_DAY: u32 = 24;

impl KeepRule {
    /// Returns its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Last(_) => "last",
            Self::Daily(_) => "daily",
            Self::Weekly(_) => "weekly",
            Self::Monthly(_) => "monthly",
            Self::Yearly(_) => "yearly",
            Self::Within { .. } => "within",
        }
    }

    /// Returns how long back it reaches, if that is what it counts.
    #[must_use]
    pub fn reach(self) -> Option<TimeDelta> {
        if let Self::Within { hours } = self { Some(TimeDelta::hours(hours.into())) } else { None }
    }
}

impl fmt::Display for KeepRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match *self {
            Self::Last(count)
            | Self::Daily(count)
            | Self::Weekly(count)
            | Self::Monthly(count)
            | Self::Yearly(count) => write!(f, "{word}:{count}"),
            Self::Within { hours } if hours % HOURS_OF_A_DAY == 0 => {
                write!(f, "{word}:{}d", hours / HOURS_OF_A_DAY)
            }
            Self::Within { hours } => write!(f, "{word}:{hours}h"),
        }
    }
}

impl FromStr for KeepRule {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, value) = text.split_once(':').ok_or(())?;
        Ok(match word {
            "last" => Self::Last(count(value)?),
            "daily" => Self::Daily(count(value)?),
            "weekly" => Self::Weekly(count(value)?),
            "monthly" => Self::Monthly(count(value)?),
            "yearly" => Self::Yearly(count(value)?),
            "within" => Self::Within { hours: hours(value)? },
            _ => return Err(()),
        })
    }
}

fn count(text: &str) -> Result<u32, ()> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().filter(|count| *count > 0).ok_or(())
}

fn hours(text: &str) -> Result<u32, ()> {
    let unit_at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or(())?;
    let (number, unit) = text.split_at(unit_at);
    let each = match unit {
        "h" => 1,
        "d" => HOURS_OF_A_DAY,
        "w" => 7 * HOURS_OF_A_DAY,
        "y" => 365 * HOURS_OF_A_DAY,
        _ => return Err(()),
    };
    count(number)?.checked_mul(each).ok_or(())
}

/// What keeps the generations of one backup: whatever one of the rules keeps, stays. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeepRules(Vec<KeepRule>);

impl KeepRules {
    #[cfg(test)]
    pub(super) fn none_for_tests() -> Self {
        Self(Vec::new())
    }

    /// Returns the rules, in the order in which they were written.
    #[must_use]
    pub fn rules(&self) -> &[KeepRule] {
        &self.0
    }
}

impl fmt::Display for KeepRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            write!(f, "{}{rule}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for KeepRules {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rules = text.split(',').map(str::parse).collect::<Result<Vec<KeepRule>, ()>>()?;
        let is_twice =
            |(at, rule): (usize, &KeepRule)| rules[..at].iter().any(|other| other.word() == rule.word());
        if rules.iter().enumerate().any(is_twice) { Err(()) } else { Ok(Self(rules)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in [
            "last:7",
            "last:7,daily:14,weekly:8,monthly:12,yearly:3,within:30d",
            "within:36h",
            "daily:1,last:4294967295",
        ] {
            assert_eq!(text.parse::<KeepRules>().unwrap().to_string(), text);
        }
        for (text, written) in
            [("within:2w", "within:14d"), ("within:48h", "within:2d"), ("within:1y", "within:365d")]
        {
            assert_eq!(text.parse::<KeepRules>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "",
            "last",
            "last:",
            "last:0",
            "last:-1",
            "last:+1",
            "last: 7",
            "last:7,",
            "last:7,last:8",
            "hourly:3",
            "within:30",
            "within:d",
            "within:30m",
            "within:0d",
            "within:4294967295d",
            "within:3\u{e9}",
            "last:99999999999",
        ] {
            assert_eq!(text.parse::<KeepRules>(), Err(()), "{text}");
        }
    }
}
