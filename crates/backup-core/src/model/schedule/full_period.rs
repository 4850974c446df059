//! Full period: how often everything is read anew, although parts could be taken over.

use chrono::TimeDelta;

/// How often a run reads everything, although it could take over what is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FullPeriod {
    /// Every day.
    Daily,
    /// Every 7 days.
    Weekly,
    /// Every 30 days.
    Monthly,
}

impl FullPeriod {
    /// All variants.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// Reads a value of the option `full=`: a period, or `never`.
    pub(super) fn parse(value: &str) -> Option<Option<Self>> {
        match value {
            "never" => Some(None),
            _ => Self::ALL.into_iter().find(|period| period.word() == value).map(Some),
        }
    }

    /// Returns the value of the option `full=`.
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
