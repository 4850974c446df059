//! The date in the file name of an older generation.

use std::fmt;

use chrono::DateTime;

use crate::ports::Moment;

/// The moment a generation was made for, to the minute: `2026-01-29T16-07+0100` in a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(Moment);

const FORM: &str = "%Y-%m-%dT%H-%M%z";

impl Stamp {
    /// Returns the stamp of that moment, on its own wall clock.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        Self(moment)
    }

    /// Returns the moment, to the minute where it was read from a name.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.0
    }

    /// Parts a text that ends with a dot and a stamp; `None` for any other.
    pub(super) fn split(text: &str) -> Option<(&str, Self)> {
        let (before, stamp) = text.rsplit_once('.')?;
        let moment = DateTime::parse_from_str(stamp, FORM).ok()?;
        // One that is written in another way, with spaces say, is none of ours.
        (Self(moment).to_string() == stamp).then_some((before, Self(moment)))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format(FORM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn is_told_from_the_end_of_a_name() {
        let stamp = Stamp::of(at("2026-01-29T16:07:31+01:00"));
        assert_eq!(stamp.to_string(), "2026-01-29T16-07+0100");
        let (name, read) = Stamp::split("my.docs.2026-01-29T16-07+0100").unwrap();
        assert_eq!((name, read), ("my.docs", Stamp::of(at("2026-01-29T16:07:00+01:00"))));
        for text in [
            "docs",
            "docs.2026-01-29",
            "docs.2026-01-29T16-07",
            "docs.2026-13-29T16-07+0100",
            "docs. 2026-01-29T16-07+0100",
            "2026-01-29T16-07+0100",
        ] {
            assert!(Stamp::split(text).is_none(), "{text}");
        }
        assert_eq!(Stamp::split("a.2026-01-29T16-07-0330").unwrap().1.to_string(), "2026-01-29T16-07-0330");
    }
}
