//! Drill period: how often a schedule's backups are drilled.

use chrono::TimeDelta;

/// How often the service drills a schedule's backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DrillPeriod {
    /// Every day.
    Daily,
    /// Every 7 days.
    Weekly,
    /// Every 30 days.
    Monthly,
}

impl DrillPeriod {
    /// All variants.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// Reads a value of the option `drill=`: a period, or `no`.
    pub(super) fn parse(value: &str) -> Option<Option<Self>> {
        match value {
            "no" => Some(None),
            _ => Self::ALL.into_iter().find(|period| period.word() == value).map(Some),
        }
    }

    /// Returns the value of the option `drill=`.
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
