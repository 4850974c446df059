//! Plan: what the time field of a schedule says, as the judge reads it.
//!
//! A plan is made up first and its text is written from it, so nothing here parses a rule. The planned moments follow from the
//! plan and an [`Almanac`], with arithmetic that shares nothing with the core's.

use super::almanac::{Almanac, DAY, MINUTE};

/// Monday 2001-01-01, from which intervals are counted, in days since 1970.
const EPOCH: i64 = 11_323;
/// How many slots a date has: more than the minutes of the longest one.
const SLOTS_OF_DATE: i64 = 10_000;

/// When a schedule runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    /// Each of these minutes of the day runs once on each date.
    Once { dates: Dates, minutes: Vec<i64> },
    /// These minutes of every hour run whenever the clock shows them.
    EachHour { dates: Dates, minutes: Vec<i64> },
    /// Every so many minutes, from that minute of each date until that of the next.
    WithinDays { period: i64, from: i64 },
    /// Every so many minutes, from that minute of 2001-01-01 on.
    Counted { period: i64, from: i64 },
}

/// On which local dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    All,
    /// On these days of the week. The bit of Monday is 1.
    Weekdays(u8),
    /// On that day of the month.
    Day(i64),
    /// On the last day of the month.
    LastDay,
    /// On that day of the month, and on these days of the week.
    DayOrWeekdays(i64, u8),
    /// On these days of the week, if they are among the first seven of the month.
    FirstWeekdays(u8),
    /// On that day of these months. The bit of January is 1.
    DayOfMonths(i64, u16),
    /// On these days of the week in these months.
    WeekdaysOfMonths(u8, u16),
    /// Every so many days.
    Every(i64),
}

/// A planned moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slotted {
    pub(super) moment: i64,
    /// What stays the same when the zone changes: the date and its minute, or where the plan knows no dates, the moment.
    pub(super) slot: i64,
}

impl Plan {
    /// Returns the plan of a daily `hh:mm`.
    pub(super) fn daily(time: &str) -> Self {
        let (hour, minute) = time.split_once(':').unwrap_or_default();
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        Self::Once { dates: Dates::All, minutes: vec![number(hour) * 60 + number(minute)] }
    }

    /// Returns the planned moments of these dates, the earliest first. Several readings can have one moment.
    pub(super) fn moments(&self, almanac: &Almanac, dates: &std::ops::Range<i64>) -> Vec<Slotted> {
        let mut moments: Vec<_> = match self {
            Self::Once { dates: on, minutes } => {
                let dates = dates.clone().filter(|date| on.has(*date));
                dates.flat_map(|date| once(almanac, date, minutes)).collect()
            }
            Self::EachHour { dates: on, minutes } => {
                let dates = dates.clone().filter(|date| on.has(*date));
                dates.flat_map(|date| occurrences(almanac, date, minutes)).collect()
            }
            Self::WithinDays { period, from } => within_days(almanac, dates.clone(), *period, *from),
            Self::Counted { period, from } => counted(almanac, dates, *period, *from),
        };
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

fn once(almanac: &Almanac, date: i64, minutes: &[i64]) -> impl Iterator<Item = Slotted> {
    let slotted = move |minute: &i64| {
        Some(Slotted { moment: almanac.moment(date, *minute)?, slot: date * SLOTS_OF_DATE + minute })
    };
    minutes.iter().filter_map(slotted)
}

fn occurrences(almanac: &Almanac, date: i64, minutes: &[i64]) -> impl Iterator<Item = Slotted> {
    let readings = (0..24).flat_map(move |hour| minutes.iter().map(move |minute| hour * 60 + minute));
    let moments = readings.flat_map(move |reading| almanac.occurrences(date * DAY + reading * MINUTE));
    moments.map(|moment| Slotted { moment, slot: moment })
}

fn within_days(almanac: &Almanac, dates: impl Iterator<Item = i64>, period: i64, from: i64) -> Vec<Slotted> {
    let firsts: Vec<_> = dates.filter_map(|date| Some((date, almanac.moment(date, from)?))).collect();
    let of_date = |pair: &[(i64, i64)]| {
        let ((date, first), (_, end)) = (pair[0], pair[1]);
        let counts = (0..).take_while(move |count| first + count * period * MINUTE < end);
        counts.map(move |count| Slotted {
            moment: first + count * period * MINUTE,
            slot: date * SLOTS_OF_DATE + from + count * period,
        })
    };
    firsts.windows(2).flat_map(of_date).collect()
}

fn counted(almanac: &Almanac, dates: &std::ops::Range<i64>, period: i64, from: i64) -> Vec<Slotted> {
    let (Some(anchor), seconds) = (almanac.moment(EPOCH, from), period * MINUTE) else { return Vec::new() };
    let first = (dates.start * DAY - anchor).div_euclid(seconds);
    let moments = (first..).map(|count| anchor + count * seconds);
    let moments = moments.take_while(|moment| *moment < dates.end * DAY);
    moments.map(|moment| Slotted { moment, slot: moment }).collect()
}

impl Dates {
    fn has(self, date: i64) -> bool {
        let is_weekday = |weekdays: u8| weekdays >> (date - EPOCH).rem_euclid(7) & 1 == 1;
        match self {
            Self::All => true,
            Self::Weekdays(weekdays) => is_weekday(weekdays),
            Self::Day(day) => day_of_month(date) == day,
            Self::LastDay => day_of_month(date + 1) == 1,
            Self::DayOrWeekdays(day, weekdays) => day_of_month(date) == day || is_weekday(weekdays),
            Self::FirstWeekdays(weekdays) => day_of_month(date) <= 7 && is_weekday(weekdays),
            Self::DayOfMonths(day, months) => day_of_month(date) == day && is_in(date, months),
            Self::WeekdaysOfMonths(weekdays, months) => is_weekday(weekdays) && is_in(date, months),
            Self::Every(days) => (date - EPOCH).rem_euclid(days) == 0,
        }
    }
}

fn day_of_month(date: i64) -> i64 {
    month_and_day(date).1
}

/// Returns whether a date is in one of these months.
fn is_in(date: i64, months: u16) -> bool {
    months >> (month_and_day(date).0 - 1) & 1 == 1
}

/// Returns the month, from 1, and the day of the month of a date since 1970-01-01 in the Gregorian calendar.
fn month_and_day(date: i64) -> (i64, i64) {
    // 400 years have 146,097 days. Years that begin in March have their leap day at the end.
    let day = (date + 719_468).rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    ((month + 2) % 12 + 1, day_of_year - (153 * month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Zone, at};

    /// Checks the first moments of a plan in Berlin from a date on.
    #[track_caller]
    fn check(plan: &Plan, date: &str, expected: &[&str]) {
        let date = at(&format!("{date} 00:00")).timestamp() / DAY;
        let moments = plan.moments(&Almanac::of(&Zone::berlin()), &(date..date + 70));
        let expected: Vec<_> = expected.iter().map(|moment| at(moment).timestamp()).collect();
        let found: Vec<_> = moments.iter().take(expected.len()).map(|slotted| slotted.moment).collect();
        assert_eq!(found, expected, "{plan:?}");
    }

    fn on(dates: Dates) -> Plan {
        Plan::Once { dates, minutes: vec![150] }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        check(&on(Dates::Weekdays(0b100_0001)), "2026-01-06", &["2026-01-11 01:30", "2026-01-12 01:30"]);
        check(&on(Dates::Day(31)), "2026-02-01", &["2026-03-31 00:30"]);
        check(&on(Dates::LastDay), "2024-02-01", &["2024-02-29 01:30", "2024-03-31 01:30"]);
        check(
            &on(Dates::DayOrWeekdays(15, 0b1_0000)),
            "2026-02-10",
            &["2026-02-13 01:30", "2026-02-15 01:30"],
        );
        check(&on(Dates::FirstWeekdays(1)), "2026-01-06", &["2026-02-02 01:30"]);
        check(&on(Dates::DayOfMonths(29, 0b10)), "2024-02-01", &["2024-02-29 01:30"]);
        check(&on(Dates::DayOfMonths(1, 0b100_0001)), "2026-06-01", &["2026-07-01 00:30"]);
        check(
            &on(Dates::DayOfMonths(31, 1 << 11 | 1)),
            "2025-12-01",
            &["2025-12-31 01:30", "2026-01-31 01:30"],
        );
        check(
            &on(Dates::WeekdaysOfMonths(1, 0b100)),
            "2026-02-20",
            &["2026-03-02 01:30", "2026-03-09 01:30"],
        );
        check(&on(Dates::Every(14)), "2026-01-01", &["2026-01-12 01:30", "2026-01-26 01:30"]);
    }

    #[test]
    fn clocks_that_change_move_readings_and_no_elapsed_time() {
        let spring = ["2026-03-29 01:00", "2026-03-29 01:00", "2026-03-30 00:15"];
        check(&Plan::Once { dates: Dates::All, minutes: vec![135, 150] }, "2026-03-29", &spring);
        let half_hours = Plan::EachHour { dates: Dates::Weekdays(1 << 6), minutes: vec![30] };
        check(&half_hours, "2026-03-29", &["2026-03-28 23:30", "2026-03-29 00:30", "2026-03-29 01:30"]);
        let within_days = Plan::WithinDays { period: 720, from: 150 };
        check(&within_days, "2026-03-29", &["2026-03-29 01:00", "2026-03-29 13:00", "2026-03-30 00:30"]);
        check(&within_days, "2026-10-25", &["2026-10-25 00:30", "2026-10-25 12:30", "2026-10-26 00:30"]);
        check(&Plan::Counted { period: 300, from: 0 }, "2026-01-01", &["2026-01-01 00:00"]);
    }
}
