//! Priority: how much a run yields to other programs.

use std::fmt;

/// How much the disk work of a run yields, as ionice(1) has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IoPriority {
    /// Works on the disk only when no other program does.
    Idle,
    /// Shares the disk. The level is from 0, the most, to 7, the least.
    BestEffort(u8),
}

/// The lowest level of [`IoPriority::BestEffort`].
const LOWEST_LEVEL: u8 = 7;

/// The highest niceness.
const NICEST: u8 = 19;

impl IoPriority {
    /// Reads a value of the option `ionice=`: `idle`, `best-effort:N`, or `no`.
    pub(super) fn parse_option(value: &str) -> Option<Option<Self>> {
        match value {
            "no" => Some(None),
            "idle" => Some(Some(Self::Idle)),
            _ => {
                let level = value.strip_prefix("best-effort:")?;
                digits(level, LOWEST_LEVEL).map(|level| Some(Self::BestEffort(level)))
            }
        }
    }
}

impl fmt::Display for IoPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("idle"),
            Self::BestEffort(level) => write!(f, "best-effort:{level}"),
        }
    }
}

/// Reads a value of the option `nice=`.
pub(super) fn parse_niceness(value: &str) -> Option<u8> {
    digits(value, NICEST)
}

/// Reads a number that is written without a sign and without zeros in front.
fn digits(text: &str, most: u8) -> Option<u8> {
    let number: u8 = text.parse().ok()?;
    (number <= most && number.to_string() == text).then_some(number)
}

/// How much a run yields to other programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Priority {
    /// The niceness, from 0 to 19. 0 changes nothing.
    pub niceness: u8,
    /// How much its disk work yields. `None` changes nothing.
    pub io: Option<IoPriority>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_priority() {
        for value in ["", "-1", "20", "010", "+5", "5 ", "no", "256"] {
            assert_eq!(parse_niceness(value), None, "{value}");
        }
        for value in [
            "",
            "Idle",
            "yes",
            "best-effort",
            "best-effort:",
            "best-effort:8",
            "best-effort:07",
            "realtime:0",
        ] {
            assert_eq!(IoPriority::parse_option(value), None, "{value}");
        }
    }
}
