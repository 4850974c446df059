//! Cadence: how often something is done besides the backups themselves.

use chrono::TimeDelta;

/// How often a schedule's backup is drilled, or everything is read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cadence {
    /// Every day.
    Daily,
    /// Every 7 days.
    Weekly,
    /// Every 30 days.
    Monthly,
}

impl Cadence {
    /// All variants.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// Reads a value of an option: a period, or the word for never.
    pub(super) fn parse(value: &str, never: &str) -> Option<Option<Self>> {
        match value {
            _ if value == never => Some(None),
            _ => Self::ALL.into_iter().find(|period| period.word() == value).map(Some),
        }
    }

    /// Returns the value of the option.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// Returns the length of the period.
    pub(crate) fn span(self) -> TimeDelta {
        TimeDelta::days(match self {
            Self::Daily => 1,
            Self::Weekly => 7,
            Self::Monthly => 30,
        })
    }
}
