//! The date in the file name of an older generation.

use std::fmt;

use chrono::DateTime;

use crate::time::Moment;

/// The moment a generation was made for, to the minute: `2026-01-29T16-07+0100` in a file name.
///
/// Where more than one was made for that minute, the later ones are numbered: `2026-01-29T16-07+0100-2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchiveTimestamp {
    moment: Moment,
    number: u32,
}

const FORM: &str = "%Y-%m-%dT%H-%M%z";

impl ArchiveTimestamp {
    /// Returns the stamp of that moment, on its own wall clock: the first of its minute.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        Self { moment, number: 1 }
    }

    /// Returns the moment, to the minute where it was read from a name.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Returns whether it is a stamp of that moment, whichever of its minute.
    #[must_use]
    pub fn is_of(&self, moment: Moment) -> bool {
        Self { moment, ..*self }.to_string() == self.to_string()
    }

    /// Returns the stamps of that moment, in the order in which they are given.
    pub fn all_of(moment: Moment) -> impl Iterator<Item = Self> {
        (1..=MOST_OF_A_MINUTE).map(move |number| Self { moment, number })
    }

    /// Parts a text that ends with a dot and a stamp; `None` for any other.
    pub(super) fn split(text: &str) -> Option<(&str, Self)> {
        let (before, stamp) = text.rsplit_once('.')?;
        let numbered = || {
            let (first, number) = stamp.rsplit_once('-')?;
            Some(Self { number: number.parse().ok()?, ..Self::of(parse(first)?) })
        };
        let read = parse(stamp).map(Self::of).or_else(numbered)?;
        // One that is written in another way, with spaces for example, is none of ours.
        (read.to_string() == stamp).then_some((before, read))
    }
}

/// More than anybody makes in a minute.
const MOST_OF_A_MINUTE: u32 = 1000;

fn parse(text: &str) -> Option<Moment> {
    DateTime::parse_from_str(text, FORM).ok()
}

impl fmt::Display for ArchiveTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.moment.format(FORM))?;
        if self.number == 1 { Ok(()) } else { write!(f, "-{}", self.number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn is_told_from_the_end_of_a_name() {
        let stamp = ArchiveTimestamp::of(at("2026-01-29T16:07:31+01:00"));
        assert_eq!(stamp.to_string(), "2026-01-29T16-07+0100");
        let (name, read) = ArchiveTimestamp::split("my.docs.2026-01-29T16-07+0100").unwrap();
        assert_eq!((name, read), ("my.docs", ArchiveTimestamp::of(at("2026-01-29T16:07:00+01:00"))));
        for text in [
            "docs",
            "docs.2026-01-29",
            "docs.2026-01-29T16-07",
            "docs.2026-13-29T16-07+0100",
            "docs. 2026-01-29T16-07+0100",
            "2026-01-29T16-07+0100",
            "docs.2026-01-29T16-07+0100-1",
            "docs.2026-01-29T16-07+0100-02",
            "docs.2026-01-29T16-07+0100-",
            "docs.2026-01-29T16-07+0100-2-3",
            "docs.2026-01-29T16-07-2",
        ] {
            assert!(ArchiveTimestamp::split(text).is_none(), "{text}");
        }
        assert_eq!(
            ArchiveTimestamp::split("a.2026-01-29T16-07-0330").unwrap().1.to_string(),
            "2026-01-29T16-07-0330"
        );
    }

    #[test]
    fn the_later_ones_of_a_minute_are_numbered() {
        let made_for = at("2026-01-29T16:07:31+01:00");
        let stamps: Vec<_> = ArchiveTimestamp::all_of(made_for).take(3).collect();
        let texts = stamps.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = ["2026-01-29T16-07+0100", "2026-01-29T16-07+0100-2", "2026-01-29T16-07+0100-3"]
            .map(str::to_owned);
        assert_eq!(texts, expected);
        assert!(stamps.is_sorted());
        for text in ["docs.2026-01-29T16-07+0100-2", "docs.2026-01-29T16-07-0330-12"] {
            let (name, stamp) = ArchiveTimestamp::split(text).unwrap();
            assert_eq!(format!("{name}.{stamp}"), text);
        }
        let read = ArchiveTimestamp::split("docs.2026-01-29T16-07+0100-2").unwrap().1;
        assert!(read.is_of(made_for) && !read.is_of(at("2026-01-29T16:08:00+01:00")));
        assert!(!read.is_of(at("2026-01-29T15:07:31Z")), "another wall clock");
    }
}
