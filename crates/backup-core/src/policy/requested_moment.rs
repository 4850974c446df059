//! Requested moment: the date or minute that somebody asks about, as people write it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::model::error::Error;
use crate::time::{Clock, Moment, moment};

/// A local date, or a minute or second of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestedMoment {
    /// The date on the wall clock.
    pub date: NaiveDate,
    /// The minute, or `None` for the whole day.
    pub time: Option<NaiveTime>,
    /// The instant at which that minute begins, if the text has an offset. The wall clock may show the same minute twice.
    pub instant: Option<DateTime<Utc>>,
    /// How far into the minute it reaches: to its end, or to the end of the second that the text names.
    into_minute: TimeDelta,
}

const DATES: [&str; 2] = ["%Y-%m-%d", "%d/%m/%Y"];
const DAYS_WITH_TIME: [&str; 3] = ["%Y-%m-%d ", "%Y-%m-%dT", "%d/%m/%Y "];

/// The length of a minute, to its last nanosecond.
const MINUTE: TimeDelta = TimeDelta::nanoseconds(59_999_999_999);

/// The length of a second, to its last nanosecond.
const SECOND: TimeDelta = TimeDelta::nanoseconds(999_999_999);

const LAST_MINUTE: NaiveTime = NaiveTime::from_hms_opt(23, 59, 0).expect("a minute of every day");

impl RequestedMoment {
    /// Reads a moment in one of these forms:
    ///
    /// - `2026-11-21`, `2026-11-21 16:07`, `16:07` (today), `now`, `today`, `yesterday`, `tomorrow`, `tomorrow 16:07`;
    /// - the form of the logs, `21/11/2026 16:07`;
    /// - each of these times with seconds, `16:07:30`;
    /// - RFC 3339, which is converted to the clock's zone.
    ///
    /// A time with seconds is that second, and one with a fraction is that instant. A time without is that minute.
    ///
    /// # Errors
    /// [`Error::UnclearMoment`] for anything else.
    pub fn parse(text: &str, now: Moment, clock: &dyn Clock) -> Result<Self, Error> {
        Self::read(text.trim(), now, clock).ok_or_else(|| Error::UnclearMoment(text.to_owned()))
    }

    fn read(text: &str, now: Moment, clock: &dyn Clock) -> Option<Self> {
        let today = now.date_naive();
        if text == "now" {
            return Some(Self::instant(now));
        }
        if let Some(day) = day_of_word(text, today) {
            return Some(Self::day(day));
        }
        if let Some((word, time)) = text.split_once(' ')
            && let Some(day) = day_of_word(word, today)
        {
            return Self::time(day, time.trim_start());
        }
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::instant(moment(clock, instant.to_utc())));
        }
        if let Some(this_day) = Self::time(today, text) {
            return Some(this_day);
        }
        let date = |format| NaiveDate::parse_from_str(text, format).ok().map(Self::day);
        let with_time = |format| {
            let (date, time) = NaiveDate::parse_and_remainder(text, format).ok()?;
            Self::time(date, time)
        };
        DATES.into_iter().find_map(date).or_else(|| DAYS_WITH_TIME.into_iter().find_map(with_time))
    }

    /// Reads a time of that day, with or without seconds.
    fn time(day: NaiveDate, text: &str) -> Option<Self> {
        let read = |format| NaiveTime::parse_from_str(text, format).ok().map(|time| day.and_time(time));
        read("%H:%M").map(Self::minute).or_else(|| read("%H:%M:%S").map(Self::second))
    }

    /// Returns whether `moment` is not after the end of the requested second, minute or day.
    ///
    /// With an offset, instants are compared. Without one, readings of the wall clock are.
    #[must_use]
    pub fn reaches(self, moment: Moment) -> bool {
        match self.instant {
            Some(instant) => moment.to_utc() <= instant + self.into_minute,
            None => moment.naive_local() <= self.end(),
        }
    }

    /// Returns the end of the requested second, minute or day, as a reading of the wall clock.
    #[must_use]
    pub fn end(self) -> NaiveDateTime {
        self.date.and_time(self.time.unwrap_or(LAST_MINUTE)) + self.into_minute
    }

    fn day(date: NaiveDate) -> Self {
        Self { date, time: None, instant: None, into_minute: MINUTE }
    }

    fn minute(reading: NaiveDateTime) -> Self {
        let time = reading.time().with_second(0).and_then(|time| time.with_nanosecond(0));
        Self { date: reading.date(), time, instant: None, into_minute: MINUTE }
    }

    fn second(reading: NaiveDateTime) -> Self {
        let second = TimeDelta::seconds(reading.second().into());
        let fraction = TimeDelta::nanoseconds(reading.nanosecond().into());
        let into_second = if fraction.is_zero() { SECOND } else { fraction };
        Self { into_minute: second + into_second, ..Self::minute(reading) }
    }

    fn instant(moment: Moment) -> Self {
        let into_minute = TimeDelta::seconds(moment.second().into());
        let into_second = TimeDelta::nanoseconds(moment.nanosecond().into());
        let instant = moment.to_utc() - into_minute - into_second;
        Self { instant: Some(instant), ..Self::second(moment.naive_local()) }
    }
}

fn day_of_word(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    match word {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        "tomorrow" => today.succ_opt(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, Zone, at};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let clock = ManualClock::with_zone(at("2026-11-21 23:30"), Zone::berlin());
        let when = RequestedMoment::parse(text, clock.now(), &clock).ok();
        let shown = when.map(|when| match when.time {
            Some(time) => format!("{} {time}", when.date),
            None => when.date.to_string(),
        });
        assert_eq!(shown.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn a_moment_is_a_date_or_a_minute_of_one() {
        check("2026-11-20", Some("2026-11-20"));
        check("20/11/2026", Some("2026-11-20"));
        check("2026-11-20 16:07", Some("2026-11-20 16:07:00"));
        check("2026-11-20 16:07:59", Some("2026-11-20 16:07:00"));
        check("2026-11-20T16:07", Some("2026-11-20 16:07:00"));
        check("2026-11-20T16:07:59", Some("2026-11-20 16:07:00"));
        check("20/11/2026 16:07:59", Some("2026-11-20 16:07:00"));
        check("16:07:59", Some("2026-11-22 16:07:00"));
        check("yesterday 16:07:59", Some("2026-11-21 16:07:00"));
        check("20/11/2026 16:07", Some("2026-11-20 16:07:00"));
        check(" 2026-11-20 9:05 ", Some("2026-11-20 09:05:00"));
        // In Berlin it is the 22nd already.
        check("16:07", Some("2026-11-22 16:07:00"));
        check("today", Some("2026-11-22"));
        check("yesterday", Some("2026-11-21"));
        check("yesterday 14:00", Some("2026-11-21 14:00:00"));
        check("tomorrow", Some("2026-11-23"));
        check("tomorrow 14:00", Some("2026-11-23 14:00:00"));
        check("now", Some("2026-11-22 00:30:00"));
        check("today  9:05", Some("2026-11-22 09:05:00"));
        check("2026-07-20T23:30:00Z", Some("2026-07-21 01:30:00"));
        check("2026-11-20T16:07:30.5+01:00", Some("2026-11-20 16:07:00"));
    }

    #[test]
    fn a_moment_ends_with_its_second_its_minute_or_its_day() {
        let clock = ManualClock::utc(at("2026-11-21 12:00"));
        for (text, expected) in [
            ("yesterday", "2026-11-20 23:59:59.999"),
            ("16:07", "2026-11-21 16:07:59.999"),
            ("16:07:30", "2026-11-21 16:07:30.999"),
            ("2026-11-21 16:07:00", "2026-11-21 16:07:00.999"),
            ("2026-11-21T16:07:30Z", "2026-11-21 16:07:30.999"),
            ("2026-11-21T16:07:30.250Z", "2026-11-21 16:07:30.250"),
        ] {
            let end = RequestedMoment::parse(text, clock.now(), &clock).unwrap().end();
            assert_eq!(end.format("%Y-%m-%d %H:%M:%S%.3f").to_string(), expected);
        }
    }

    #[test]
    fn a_time_with_its_offset_is_an_instant_even_if_the_clock_shows_it_twice() {
        // The hour from two to three comes twice.
        let clock = ManualClock::with_zone(at("2026-11-21 12:00"), Zone::berlin());
        let moments = ["02:00:00+02:00", "02:30:00+02:00", "02:10:00+01:00"];
        let moments = moments.map(|time| at(&format!("2026-10-25T{time}")));
        let reached = |text: &str| {
            let when = RequestedMoment::parse(text, clock.now(), &clock).unwrap();
            moments.map(|moment| when.reaches(moment))
        };
        for (text, expected) in [
            ("2026-10-25T00:20:00Z", [true, false, false]),
            ("2026-10-25T02:20:00+02:00", [true, false, false]),
            ("2026-10-25T02:30:00.5+02:00", [true, true, false]),
            ("2026-10-25T02:40:00+02:00", [true, true, false]),
            ("2026-10-25T01:10:00Z", [true, true, true]),
            ("2026-10-24T23:59:59Z", [false, false, false]),
            // What the clock on the wall read.
            ("2026-10-25 02:20", [true, false, true]),
            ("2026-10-25 02:00", [true, false, false]),
            ("2026-10-25", [true, true, true]),
        ] {
            assert_eq!(reached(text), expected, "{text}");
        }
    }

    #[test]
    fn anything_else_is_reported() {
        for text in [
            "",
            "soon",
            "2026-02-30",
            "24:00",
            "16:60",
            "2026-11-20 24:00",
            "tomorrows",
            "yesterday 24:00",
            "tomorrow 24:00",
            "now 14:00",
            "today x",
            "1\n2",
        ] {
            check(text, None);
        }
        let clock = ManualClock::utc(at("2026-11-21 12:00"));
        let error = RequestedMoment::parse("soon", clock.now(), &clock).unwrap_err();
        assert_eq!(error.to_string(), "can't tell which moment is meant by soon");
    }
}
