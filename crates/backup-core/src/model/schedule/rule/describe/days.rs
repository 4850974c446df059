//! Days: the dates of a rule in words.

use super::words::{joined, ordinal, ranges, span, values};
use crate::model::schedule::rule::dates::{ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, Dates};
use crate::model::schedule::rule::field::{month_name, weekday_name};

/// The weeks of a month, as days, counted from the first or from the last day.
const WEEKS: [(u32, &str); 4] =
    [(0xFE, "first"), (0x7F00, "second"), (0x003F_8000, "third"), (0x1FC0_0000, "fourth")];

/// Returns the dates as words, or `None` if they are all dates.
pub(super) fn of_dates(dates: &Dates) -> Option<String> {
    let years: Vec<u32> = dates.years.iter().flat_map(|span| span.values()).collect();
    let has_days = dates.days != ALL_DAYS;
    let has_weekdays = dates.weekdays != ALL_WEEKDAYS;
    if let Some(date) = (!has_weekdays).then(|| one_date(dates)).flatten() {
        return Some(match years.as_slice() {
            [] => format!("on {date} every year"),
            [year] => format!("on {date} {year}"),
            years => format!("on {date}{}", in_years(years)),
        });
    }
    let days = match (has_days, has_weekdays) {
        (false, false) if dates.months == ALL_MONTHS && years.is_empty() => return None,
        (false, false) => format!("every day{}", in_months(dates.months)),
        (false, true) => weekdays(dates.weekdays) + &in_months(dates.months),
        (true, false) => format!("{}{}", on_days(dates), of_months(dates.months)),
        (true, true) => week(dates).unwrap_or_else(|| days_and_weekdays(dates)),
    };
    Some(days + &in_years(&years))
}

/// Returns "24 December", if the dates are one day of one month.
fn one_date(dates: &Dates) -> Option<String> {
    let (days, months) = (values(dates.days.into()), values(dates.months.into()));
    let ([day], [month], 0) = (days.as_slice(), months.as_slice(), dates.last_days) else { return None };
    Some(format!("{day} {}", month_name(*month)))
}

/// Returns "every Friday the 13th", or both kinds of days if one is enough.
fn days_and_weekdays(dates: &Dates) -> String {
    if dates.is_either {
        let weekdays = listed_weekdays(dates.weekdays, "and");
        return format!("{}{} and on every {weekdays}", on_days(dates), of_months(dates.months));
    }
    let weekdays = listed_weekdays(dates.weekdays, "or");
    if let ([day], ALL_MONTHS, true) =
        (values(dates.days.into()).as_slice(), dates.months, dates.weekdays.is_power_of_two())
    {
        return format!("every {weekdays} the {}", ordinal(*day));
    }
    let days = days(dates);
    let one_of = if days.contains("days") { "one of " } else { "" };
    let months = if dates.months == ALL_MONTHS { "any month".to_owned() } else { months(dates.months) };
    format!("every {weekdays} that falls on {one_of}{days} of {months}")
}

/// Returns "on the first Sunday of the month", if the days are one week and there is one weekday.
fn week(dates: &Dates) -> Option<String> {
    let weekday = Some(dates.weekdays).filter(|weekdays| weekdays.is_power_of_two() && !dates.is_either)?;
    let name = match dates.days {
        0 => (dates.last_days == WEEKS[0].0).then_some("last"),
        days => WEEKS.iter().find(|(week, _)| *week == days && dates.last_days == 0).map(|(_, name)| *name),
    }?;
    let months = if dates.months == ALL_MONTHS { "the month".to_owned() } else { months(dates.months) };
    Some(format!("on the {name} {} of {months}", weekday_name(weekday.trailing_zeros())))
}

/// Returns "on the 1st and 15th" or "from the 1st to the 7th".
fn on_days(dates: &Dates) -> String {
    match span(&values(dates.days.into())) {
        Some((first, last)) => format!("from the {} to the {}", ordinal(first), ordinal(last)),
        None => format!("on {}", days(dates)),
    }
}

/// Returns "the 1st" or "the last day".
fn days(dates: &Dates) -> String {
    let days = values(dates.days.into());
    if !days.is_empty() {
        return format!("the {}", ranges(&days, |day| ordinal(*day)));
    }
    let last: Vec<_> = values(dates.last_days.into());
    match last.as_slice() {
        [1] => "the last day".to_owned(),
        [day] => format!("the {}-to-last day", ordinal(*day)),
        last if last[0] == 1 && span(&[&[0], last].concat()).is_some() => {
            format!("the last {} days", last.len())
        }
        last => {
            let texts: Vec<_> = last.iter().rev().map(|day| from_the_end(*day)).collect();
            format!("the {} days", joined(&texts, "and"))
        }
    }
}

fn from_the_end(day: u32) -> String {
    if day == 1 { "last".to_owned() } else { format!("{}-to-last", ordinal(day)) }
}

fn of_months(mask: u32) -> String {
    match month_span(mask) {
        _ if mask == ALL_MONTHS => " of every month".to_owned(),
        Some(span) => format!(" of each month{span}"),
        None => format!(" of {}", months(mask)),
    }
}

fn in_months(mask: u32) -> String {
    match month_span(mask) {
        _ if mask == ALL_MONTHS => String::new(),
        Some(span) => span,
        None => format!(" in {}", months(mask)),
    }
}

/// Returns " from June to August", if the months are at least three in a row.
fn month_span(mask: u32) -> Option<String> {
    let (first, last) = span(&values(mask.into()))?;
    Some(format!(" from {} to {}", month_name(first), month_name(last)))
}

fn months(mask: u32) -> String {
    ranges(&values(mask.into()), |month| month_name(*month))
}

fn in_years(years: &[u32]) -> String {
    match span(years) {
        _ if years.is_empty() => String::new(),
        Some((first, last)) => format!(" from {first} to {last}"),
        None => format!(" in {}", ranges(years, u32::to_string)),
    }
}

/// Returns "every Monday", "every Saturday and Sunday" or "Monday to Friday".
fn weekdays(mask: u32) -> String {
    let weekdays = from_monday(mask);
    match span(&weekdays).or_else(|| span_over_sunday(mask)) {
        Some((first, last)) => format!("{} to {}", weekday_name(first), weekday_name(last)),
        None => format!("every {}", ranges(&weekdays, |weekday| weekday_name(*weekday))),
    }
}

/// Returns the first and the last weekday, if they are at least three in a row that goes on behind Sunday.
fn span_over_sunday(mask: u32) -> Option<(u32, u32)> {
    let free = from_monday(ALL_WEEKDAYS & !mask);
    let (first_free, last_free) = (*free.first()?, *free.last()?);
    let is_in_a_row = free.len() == (last_free - first_free + 1) as usize;
    (is_in_a_row && mask.count_ones() > 2 && first_free > 1 && last_free < 7)
        .then(|| (last_free + 1, first_free - 1))
}

fn listed_weekdays(mask: u32, conjunction: &str) -> String {
    let names: Vec<_> = from_monday(mask).iter().map(|weekday| weekday_name(*weekday)).collect();
    joined(&names, conjunction)
}

/// Returns the weekdays of a mask from Monday (1) to Sunday (7).
fn from_monday(mask: u32) -> Vec<u32> {
    values((mask >> 1 << 1 | (mask & 1) << 7).into())
}
