//! Archive timestamp: the date in the file name of an older generation.

use std::fmt;

use chrono::{DateTime, Timelike};

use crate::time::{Moment, start_of_minute};

/// The date in the file name of an older generation: `2026-01-29T16-07-31+0100`, or `2026-01-29T16-07+0100` at a whole minute.
///
/// It is the moment for which the backup was planned, or when it began if it was made by hand. If several generations have
/// the same second, the later ones are numbered: `2026-01-29T16-07-31+0100-2`. Older versions wrote all moments to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchiveTimestamp {
    moment: Moment,
    number: u32,
}

const TO_THE_SECOND: &str = "%Y-%m-%dT%H-%M-%S%z";
const TO_THE_MINUTE: &str = "%Y-%m-%dT%H-%M%z";

impl ArchiveTimestamp {
    /// Returns the first timestamp of a moment, in the moment's own offset.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        Self { moment, number: 1 }
    }

    /// Returns the moment. If the timestamp was parsed from a name, the moment has no fraction of a second, and no seconds
    /// where the name has none.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Returns whether this is one of the timestamps of a moment, with any number.
    ///
    /// One to the minute is of every moment in that minute: an older version may have written it.
    #[must_use]
    pub fn is_of(&self, moment: Moment) -> bool {
        [moment, start_of_minute(moment)].iter().any(|moment| written(*moment) == written(self.moment))
    }

    /// Returns all timestamps of a moment, in the order in which they are used.
    pub fn all_of(moment: Moment) -> impl Iterator<Item = Self> {
        (1..=MAX_PER_SECOND).map(move |number| Self { moment, number })
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

/// More backups than anybody makes within a second.
const MAX_PER_SECOND: u32 = 1000;

fn parse(text: &str) -> Option<Moment> {
    let parse = |format| DateTime::parse_from_str(text, format).ok();
    parse(TO_THE_SECOND).or_else(|| parse(TO_THE_MINUTE))
}

fn written(moment: Moment) -> String {
    let format = if moment.second() == 0 { TO_THE_MINUTE } else { TO_THE_SECOND };
    moment.format(format).to_string()
}

impl fmt::Display for ArchiveTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.moment))?;
        if self.number == 1 { Ok(()) } else { write!(f, "-{}", self.number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn is_split_from_the_end_of_a_name() {
        let cases = [
            ("2026-01-29T16:07:00+01:00", "2026-01-29T16-07+0100"),
            ("2026-01-29T16:07:31+01:00", "2026-01-29T16-07-31+0100"),
            ("2026-01-29T16:07:03-03:30", "2026-01-29T16-07-03-0330"),
            ("2026-01-29T16:07:00-03:30", "2026-01-29T16-07-0330"),
        ];
        for (moment, text) in cases {
            let stamp = ArchiveTimestamp::of(at(moment));
            assert_eq!(stamp.to_string(), text);
            assert_eq!(ArchiveTimestamp::split(&format!("my.docs.{text}")), Some(("my.docs", stamp)));
        }
        let fraction = ArchiveTimestamp::of(at("2026-01-29T16:07:00.9+01:00"));
        assert_eq!(fraction.to_string(), "2026-01-29T16-07+0100");
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
            // A whole minute is written without seconds.
            "docs.2026-01-29T16-07-00+0100",
            "docs.2026-01-29T16-07-61+0100",
            "docs.2026-01-29T16-07-3+0100",
            "docs.2026-01-29T16-07-31",
        ] {
            assert!(ArchiveTimestamp::split(text).is_none(), "{text}");
        }
    }

    #[test]
    fn later_timestamps_of_a_second_are_numbered() {
        let made_for = at("2026-01-29T16:07:31+01:00");
        let stamps: Vec<_> = ArchiveTimestamp::all_of(made_for).take(3).collect();
        let texts = stamps.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = ["", "-2", "-3"].map(|number| format!("2026-01-29T16-07-31+0100{number}"));
        assert_eq!(texts, expected);
        assert!(stamps.is_sorted());
        for text in [
            "docs.2026-01-29T16-07+0100-2",
            "docs.2026-01-29T16-07-0330-12",
            "docs.2026-01-29T16-07-31+0100-2",
            "docs.2026-01-29T16-07-31-0330-12",
        ] {
            let (name, stamp) = ArchiveTimestamp::split(text).unwrap();
            assert_eq!(format!("{name}.{stamp}"), text);
        }
    }

    #[test]
    fn a_timestamp_is_of_its_second_or_of_its_whole_minute() {
        let check = |stamp: &str, moment: &str, expected: bool| {
            let (_, read) = ArchiveTimestamp::split(&format!("docs.{stamp}")).expect(stamp);
            assert_eq!(read.is_of(at(moment)), expected, "{stamp} {moment}");
        };
        for number in ["", "-2"] {
            // As older versions wrote it.
            let minute = format!("2026-01-29T16-07+0100{number}");
            check(&minute, "2026-01-29T16:07:00+01:00", true);
            check(&minute, "2026-01-29T16:07:31.5+01:00", true);
            check(&minute, "2026-01-29T16:08:00+01:00", false);
            check(&minute, "2026-01-29T15:07:31Z", false); // another wall clock
            let second = format!("2026-01-29T16-07-31+0100{number}");
            check(&second, "2026-01-29T16:07:31.5+01:00", true);
            check(&second, "2026-01-29T16:07:00+01:00", false);
            check(&second, "2026-01-29T16:07:32+01:00", false);
            check(&second, "2026-01-29T15:07:31Z", false);
        }
    }
}
