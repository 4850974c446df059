//! Readiness message: the one line in which a background service reports the result of its start.

use std::fmt;

use backup_core::text::printable;

/// The result of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// The service holds its lock and has begun to read the schedules.
    Ready,
    /// Another service holds the lock.
    Busy,
    /// The service can't start, for this reason.
    Failed(String),
    /// The service can't start because the disk is full. The text is the error.
    Full(String),
    /// The service can't start because others can change its home. The text is the error.
    Untrusted(String),
}

impl Readiness {
    /// Reads a line. Returns `None` for any other text.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        match line.strip_suffix('\n').unwrap_or(line) {
            "ready" => Some(Self::Ready),
            "busy" => Some(Self::Busy),
            other => {
                let (kind, reason) = other.split_once(": ")?;
                Self::of_kind(kind, reason.to_owned())
            }
        }
    }

    fn of_kind(kind: &str, reason: String) -> Option<Self> {
        match kind {
            "failed" => Some(Self::Failed(reason)),
            "full" => Some(Self::Full(reason)),
            "untrusted" => Some(Self::Untrusted(reason)),
            _ => None,
        }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Busy => f.write_str("busy"),
            Self::Failed(reason) => write!(f, "failed: {}", printable(reason.as_bytes())),
            Self::Full(reason) => write!(f, "full: {}", printable(reason.as_bytes())),
            Self::Untrusted(reason) => write!(f, "untrusted: {}", printable(reason.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(reason: &str) -> Readiness {
        Readiness::Failed(reason.to_owned())
    }

    #[test]
    fn parses_what_it_writes() {
        let cases = [
            Readiness::Ready,
            Readiness::Busy,
            failed("can't lock x: why"),
            failed(""),
            failed(" a \t"),
            failed("ready"),
            Readiness::Full("can't write x: No space left on device".to_owned()),
            Readiness::Untrusted("can't read x: anybody may write to it".to_owned()),
        ];
        for case in cases {
            assert_eq!(Readiness::parse(&format!("{case}\n")), Some(case));
        }
    }

    #[test]
    fn a_reason_is_one_line() {
        let line = failed("a\nready\r\u{2028}\u{1b}[2J").to_string();
        assert_eq!(line, r"failed: a\nready\r\u{2028}\u{1b}[2J");
        assert_eq!(Readiness::parse(&line), Some(failed(r"a\nready\r\u{2028}\u{1b}[2J")));
    }

    #[test]
    fn refuses_any_other_text() {
        for line in
            ["", "\n", "read", "ready!", " ready", "failed", "failed:", "full", "Ready\n", "ready\nready\n"]
        {
            assert_eq!(Readiness::parse(line), None, "{line:?}");
        }
    }
}
