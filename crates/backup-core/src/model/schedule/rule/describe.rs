//! Description: a rule in words.

use crate::model::schedule::rule::dates::{ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, Dates};
use crate::model::schedule::rule::field::{month_name, weekday_name};
use crate::model::schedule::rule::interval::Interval;
use crate::model::schedule::rule::recurrence::{ALL_HOURS, Recurrence, TimeSet};
use crate::model::schedule::rule::time_rule::{Kind, TimeRule};

/// More times than these are written as minutes and hours.
const MOST_TIMES: usize = 6;

const ALL_MINUTES: u64 = (1 << 60) - 1;

/// The weeks of a month, as days, counted from the first or from the last day.
const WEEKS: [(u32, &str); 4] =
    [(0xFE, "first"), (0x7F00, "second"), (0x003F_8000, "third"), (0x1FC0_0000, "fourth")];

impl TimeRule {
    /// Returns the rule in words, as a phrase: "Monday to Friday at 16:07", "every 4 hours, counted from 00:00 of each day".
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Recurrence(recurrence) => of_recurrence(recurrence),
            Kind::Interval(interval) => of_interval(interval),
        }
    }
}

fn of_interval(interval: &Interval) -> String {
    let from = interval.from;
    let period = period(interval.minutes);
    match interval.whole_days() {
        Some(1) => format!("every day at {from}"),
        Some(7) => format!("every Monday at {from}"),
        Some(_) => format!("{period} at {from}, counted from Monday 2001-01-01"),
        None if interval.is_within_days() => format!("{period}, counted from {from} of each day"),
        None => format!("{period}, counted without a break from {from} on Monday 2001-01-01"),
    }
}

/// Returns a period in minutes as words: "every 1 hour and 30 minutes".
fn period(minutes: i64) -> String {
    let units = [(minutes / 1_440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let units = units.into_iter().filter(|(count, _)| *count > 0);
    let units: Vec<_> =
        units.map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" })).collect();
    match units.as_slice() {
        [unit] => format!("every {}", unit.strip_prefix("1 ").unwrap_or(unit)),
        units => format!("every {}", listed(units)),
    }
}

fn of_recurrence(recurrence: &Recurrence) -> String {
    let dates = of_dates(&recurrence.dates);
    if let Some(times) = few_times(&recurrence.times) {
        return format!("{} at {}", dates.unwrap_or_else(|| "every day".to_owned()), listed(&times));
    }
    let sets: Vec<_> = recurrence.times.iter().map(|set| of_times(*set)).collect();
    [Some(listed(&sets)), dates].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns the times of day in order, if they are few.
fn few_times(sets: &[TimeSet]) -> Option<Vec<String>> {
    let count: u32 = sets.iter().map(|set| set.hours.count_ones() * set.minutes.count_ones()).sum();
    if count as usize > MOST_TIMES {
        return None;
    }
    let of_set = |set: &TimeSet| -> Vec<(u32, u32)> {
        let minutes = values(set.minutes);
        values(set.hours.into())
            .iter()
            .flat_map(|hour| minutes.iter().map(|minute| (*hour, *minute)))
            .collect()
    };
    let mut times: Vec<_> = sets.iter().flat_map(of_set).collect();
    times.sort_unstable();
    times.dedup();
    Some(times.iter().map(|(hour, minute)| format!("{hour:02}:{minute:02}")).collect())
}

/// Returns times of day as minutes of hours.
fn of_times(TimeSet { hours, minutes }: TimeSet) -> String {
    let hours = match hours {
        ALL_HOURS => "every hour".to_owned(),
        _ => numbered("hour", &values(hours.into())),
    };
    match minutes {
        ALL_MINUTES if hours == "every hour" => "every minute".to_owned(),
        ALL_MINUTES => format!("every minute of {hours}"),
        _ => format!("at {} of {hours}", numbered("minute", &values(minutes))),
    }
}

/// Returns the dates as words, or `None` if they are all dates.
fn of_dates(dates: &Dates) -> Option<String> {
    let years: Vec<u32> = dates.years.iter().flat_map(|span| span.values()).collect();
    let in_years =
        if years.is_empty() { String::new() } else { format!(" in {}", ranges(&years, u32::to_string)) };
    let has_days = dates.days != ALL_DAYS;
    let has_weekdays = dates.weekdays != ALL_WEEKDAYS;
    let days = match (has_days, has_weekdays) {
        (false, false) if dates.months == ALL_MONTHS && years.is_empty() => return None,
        (false, false) => format!("every day{}", in_months(dates.months)),
        (false, true) => weekdays(dates.weekdays) + &in_months(dates.months),
        (true, false) => format!("on {}{}", days(dates), of_months(dates.months)),
        (true, true) => week(dates).unwrap_or_else(|| {
            let (days, months) = (days(dates), of_months(dates.months));
            let weekdays = listed_weekdays(dates.weekdays, "or");
            let link = if dates.is_either { "and on every" } else { "if it is a" };
            let link = if dates.is_either { link.to_owned() } else { format!(", {link}") };
            format!("on {days}{months}{}{link} {weekdays}", if dates.is_either { " " } else { "" })
        }),
    };
    Some(days + &in_years)
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

/// Returns "day 1" or "the last day".
fn days(dates: &Dates) -> String {
    let days = values(dates.days.into());
    if !days.is_empty() {
        return numbered("day", &days);
    }
    let last: Vec<_> = values(dates.last_days.into());
    match last.as_slice() {
        [1] => "the last day".to_owned(),
        last if last.iter().copied().eq(1..=last.len() as u32) => format!("the last {} days", last.len()),
        last => format!("{}, counted from the end,", numbered("day", last)),
    }
}

fn of_months(mask: u32) -> String {
    if mask == ALL_MONTHS { " of every month".to_owned() } else { format!(" of {}", months(mask)) }
}

fn in_months(mask: u32) -> String {
    if mask == ALL_MONTHS { String::new() } else { format!(" in {}", months(mask)) }
}

fn months(mask: u32) -> String {
    ranges(&values(mask.into()), |month| month_name(*month))
}

/// Returns "every Monday", "Saturday and Sunday" or "Monday to Friday".
fn weekdays(mask: u32) -> String {
    if mask.is_power_of_two() {
        return format!("every {}", weekday_name(mask.trailing_zeros()));
    }
    ranges(&from_monday(mask), |weekday| weekday_name(*weekday))
}

fn listed_weekdays(mask: u32, conjunction: &str) -> String {
    let names: Vec<_> = from_monday(mask).iter().map(|weekday| weekday_name(*weekday)).collect();
    joined(&names, conjunction)
}

/// Returns the weekdays of a mask from Monday (1) to Sunday (7).
fn from_monday(mask: u32) -> Vec<u32> {
    values((mask >> 1 << 1 | (mask & 1) << 7).into())
}

/// Returns "minute 5", "hours 9 to 17" or "minutes 0, 15, 30 and 45".
fn numbered(noun: &str, numbers: &[u32]) -> String {
    let plural = if numbers.len() == 1 { "" } else { "s" };
    format!("{noun}{plural} {}", ranges(numbers, u32::to_string))
}

/// Returns values with at least three in a row written as a range: "1, 3 and 5 to 9".
fn ranges(values: &[u32], name: impl Fn(&u32) -> String) -> String {
    let runs = values.chunk_by(|before, after| before + 1 == *after);
    let texts = runs.flat_map(|run| match run {
        [first, _, .., last] => vec![format!("{} to {}", name(first), name(last))],
        few => few.iter().map(&name).collect(),
    });
    listed(&texts.collect::<Vec<_>>())
}

/// Returns the values whose bits are set.
fn values(mask: u64) -> Vec<u32> {
    (0..64).filter(|value| mask >> value & 1 == 1).collect()
}

fn listed(texts: &[String]) -> String {
    joined(texts, "and")
}

fn joined(texts: &[String], conjunction: &str) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} {conjunction} {last}", others.join(", ")),
    }
}
