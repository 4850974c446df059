//! Dates: a pattern of local dates, as masks.

use chrono::{Datelike, NaiveDate};

use crate::model::schedule::rule::field::Span;

pub(super) const ALL_MONTHS: u32 = 0x1FFE;
pub(super) const ALL_DAYS: u32 = 0xFFFF_FFFE;
pub(super) const ALL_WEEKDAYS: u32 = 0x7F;

/// How many years are searched. The Gregorian calendar repeats after 400 years, to the weekday.
const YEARS: i32 = 400;

/// A pattern of local dates. In the masks, the bit of a value is `1 << value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Dates {
    /// The years. Empty means all years.
    pub(super) years: Vec<Span>,
    pub(super) months: u32,
    pub(super) days: u32,
    /// Days counted from the end of the month: the last day is 1.
    pub(super) last_days: u32,
    /// Sunday is 0.
    pub(super) weekdays: u32,
    /// Whether a day or a weekday is enough. Otherwise a date needs both.
    pub(super) is_either: bool,
}

impl Dates {
    /// Every date.
    pub(super) const ALL: Self = Self {
        years: Vec::new(),
        months: ALL_MONTHS,
        days: ALL_DAYS,
        last_days: 0,
        weekdays: ALL_WEEKDAYS,
        is_either: false,
    };

    /// Returns whether the pattern has any date, in the past or in the future.
    pub(super) fn exist(&self) -> bool {
        NaiveDate::from_ymd_opt(1970, 1, 1).and_then(|first| self.next_from(first)).is_some()
    }

    /// Returns the first date that matches, from that date on. It looks at the next 400 years.
    pub(super) fn next_from(&self, date: NaiveDate) -> Option<NaiveDate> {
        let mut year = date.year();
        if let Some(found) = self.next_year(year).filter(|found| *found == year) {
            let first = self.in_month(found, date.month()) & (ALL_ONES << date.day());
            if self.has_month(date.month()) && first != 0 {
                return NaiveDate::from_ymd_opt(found, date.month(), first.trailing_zeros());
            }
            if let Some(later) = self.in_year(found, date.month() + 1) {
                return Some(later);
            }
        }
        let end = year.checked_add(YEARS)?;
        while year < end {
            year = self.next_year(year + 1)?;
            if let Some(found) = self.in_year(year, 1) {
                return Some(found);
            }
        }
        None
    }

    /// Returns the first year of the pattern, from that year on.
    fn next_year(&self, year: i32) -> Option<i32> {
        if self.years.is_empty() {
            return Some(year);
        }
        let from = u32::try_from(year).unwrap_or(0);
        let next = self.years.iter().filter_map(|span| span.next_from(from)).min()?;
        i32::try_from(next).ok()
    }

    /// Returns the first date of a year that matches, from that month on.
    fn in_year(&self, year: i32, first_month: u32) -> Option<NaiveDate> {
        let mut months = (first_month..=12).filter(|month| self.has_month(*month));
        months.find_map(|month| {
            let days = self.in_month(year, month);
            if days == 0 { None } else { NaiveDate::from_ymd_opt(year, month, days.trailing_zeros()) }
        })
    }

    fn has_month(&self, month: u32) -> bool {
        self.months >> month & 1 == 1
    }

    /// Returns the mask of the days of a month that match.
    fn in_month(&self, year: i32, month: u32) -> u32 {
        let Some(first) = NaiveDate::from_ymd_opt(year, month, 1) else { return 0 };
        let length = u32::from(first.num_days_in_month());
        let month_mask = ALL_DAYS & (ALL_ONES >> (31 - length));
        // The last day is bit 1 of `last_days`, and its place is bit `length`.
        let from_end = (self.last_days.reverse_bits() << 1) >> (31 - length);
        let by_day = (self.days | from_end) & month_mask;
        let by_weekday = self.weekdays_from(first.weekday().num_days_from_sunday());
        let matching = if self.is_either { by_day | by_weekday } else { by_day & by_weekday };
        matching & month_mask
    }

    /// Returns the mask of the days whose weekday matches, in a month that begins with that weekday.
    fn weekdays_from(&self, first_weekday: u32) -> u32 {
        // Six weeks, one after another. Bit 0 of the result would be the day before the first one.
        const WEEKS: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28 | 1 << 35;
        let days = (u64::from(self.weekdays) * WEEKS) >> first_weekday;
        u32::try_from((days << 1) & u64::from(ALL_ONES)).unwrap_or(0)
    }
}

const ALL_ONES: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::rule::oracle::Dice;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(dates: &Dates, from: &str, expected: Option<&str>) {
        assert_eq!(dates.next_from(date(from)), expected.map(date), "{dates:?} from {from}");
    }

    #[test]
    fn rare_dates_are_found_years_ahead() {
        let leap_day = Dates { months: 1 << 2, days: 1 << 29, ..Dates::ALL };
        check(&leap_day, "2024-02-29", Some("2024-02-29"));
        check(&leap_day, "2024-03-01", Some("2028-02-29"));
        check(&leap_day, "2096-03-01", Some("2104-02-29"));
        let monday = Dates { weekdays: 1 << 1, ..leap_day.clone() };
        check(&monday, "2024-01-01", Some("2044-02-29"));
        check(&monday, "2072-03-01", Some("2112-02-29"));
        let past = Dates { years: vec![Span { first: 1990, last: 2000, step: 4 }], ..Dates::ALL };
        check(&past, "1970-01-01", Some("1990-01-01"));
        check(&past, "1990-12-31", Some("1990-12-31"));
        check(&past, "1991-01-01", Some("1994-01-01"));
        check(&past, "1999-01-01", None);
        let never = Dates { months: 1 << 2, days: 1 << 30, ..Dates::ALL };
        check(&never, "2024-01-01", None);
        assert!(!never.exist() && past.exist() && monday.exist());
        let last = Dates { days: 0, last_days: 1 << 1, ..Dates::ALL };
        check(&last, "2023-02-01", Some("2023-02-28"));
        check(&last, "2024-02-01", Some("2024-02-29"));
        check(&last, "2024-03-01", Some("2024-03-31"));
        check(&Dates::ALL, "+262142-12-31", Some("+262142-12-31"));
        check(&leap_day, "+262142-12-31", None);
    }

    /// Whether a date matches, one condition after another.
    fn matches(dates: &Dates, date: NaiveDate) -> bool {
        let length = (28..=31).rev().find(|day| date.with_day(*day).is_some()).unwrap();
        let has = |mask: u32, value: u32| mask & (1 << value) != 0;
        let day = has(dates.days, date.day()) || has(dates.last_days, length - date.day() + 1);
        let weekday = has(dates.weekdays, date.weekday().number_from_monday() % 7);
        let year = u32::try_from(date.year()).unwrap();
        let in_span = |span: &Span| {
            (span.first..=span.last).contains(&year) && (year - span.first).is_multiple_of(span.step)
        };
        (dates.years.is_empty() || dates.years.iter().any(in_span))
            && has(dates.months, date.month())
            && if dates.is_either { day || weekday } else { day && weekday }
    }

    #[test]
    fn the_next_date_is_the_one_that_a_walk_finds() {
        let mut dice = Dice::new(7);
        for _ in 0..300 {
            let first = 2020 + dice.below(10);
            let dates = Dates {
                years: if dice.one_in(2) {
                    vec![]
                } else {
                    vec![Span { first, last: first + 6, step: 1 + dice.below(3) }]
                },
                months: dice.mask(1, 12),
                days: dice.mask(1, 31),
                last_days: if dice.one_in(3) { dice.mask(1, 31) } else { 0 },
                weekdays: dice.mask(0, 6),
                is_either: dice.one_in(2),
            };
            let start = date("2019-11-11") + chrono::TimeDelta::days(dice.below(4_000).into());
            let expected = start.iter_days().take(5_000).find(|date| matches(&dates, *date));
            let found = dates.next_from(start);
            assert!(
                found == expected || expected.is_none(),
                "{dates:?} from {start}: {found:?}, {expected:?}"
            );
        }
    }
}
