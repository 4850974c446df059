//! Archive timestamp: the date in the file name of an older generation.

use std::fmt;

use chrono::DateTime;

use crate::time::Moment;

/// The date in the file name of an older generation, to the minute: `2026-01-29T16-07+0100`.
///
/// It is the moment for which the backup was planned, or when it began if it was made by hand. If several generations have
/// the same minute, the later ones are numbered: `2026-01-29T16-07+0100-2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchiveTimestamp {
    moment: Moment,
    number: u32,
}

const FORMAT: &str = "%Y-%m-%dT%H-%M%z";

impl ArchiveTimestamp {
    /// Returns the first timestamp of a moment, in the moment's own offset.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        Self { moment, number: 1 }
    }

    /// Returns the moment. If the timestamp was parsed from a name, the moment has no seconds.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Returns whether this is one of the timestamps of a moment, with any number.
    #[must_use]
    pub fn is_of(&self, moment: Moment) -> bool {
        Self { moment, ..*self }.to_string() == self.to_string()
    }

    /// Returns all timestamps of a moment, in the order in which they are used.
    pub fn all_of(moment: Moment) -> impl Iterator<Item = Self> {
        (1..=MAX_PER_MINUTE).map(move |number| Self { moment, number })
    }

    /// Splits a text that ends with a dot and a timestamp. Returns `None` for any other text.
    pub(super) fn split(text: &str) -> Option<(&str, Self)> {
        let (before, written) = text.rsplit_once('.')?;
        let numbered = || {
            let (first, number) = written.rsplit_once('-')?;
            Some(Self { number: number.parse().ok()?, ..Self::of(parse(first)?) })
        };
        let timestamp = parse(written).map(Self::of).or_else(numbered)?;
        // chrono accepts other spellings, for example with spaces. Backup Manager never writes these.
        (timestamp.to_string() == written).then_some((before, timestamp))
    }
}

/// More backups than anybody makes within a minute.
const MAX_PER_MINUTE: u32 = 1000;

fn parse(text: &str) -> Option<Moment> {
    DateTime::parse_from_str(text, FORMAT).ok()
}

impl fmt::Display for ArchiveTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.moment.format(FORMAT))?;
        if self.number == 1 { Ok(()) } else { write!(f, "-{}", self.number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn is_split_from_the_end_of_a_name() {
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
    fn later_timestamps_of_a_minute_are_numbered() {
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
