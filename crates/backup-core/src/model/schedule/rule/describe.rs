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
        match self.kind() {
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
        Some(days) if days % 7 == 0 => {
            format!("every {} weeks on Monday at {from}, counted from 2001-01-01", days / 7)
        }
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
        (true, true) => week(dates).unwrap_or_else(|| days_and_weekdays(dates)),
    };
    Some(days + &in_years)
}

/// Returns "every Friday that is day 13 of any month", or both kinds of days if one is enough.
fn days_and_weekdays(dates: &Dates) -> String {
    let days = days(dates);
    if dates.is_either {
        let weekdays = listed_weekdays(dates.weekdays, "and");
        return format!("on {days}{} and on every {weekdays}", of_months(dates.months));
    }
    let weekdays = listed_weekdays(dates.weekdays, "or");
    let one_of = if days.contains("days") { "one of " } else { "" };
    let months = if dates.months == ALL_MONTHS { "any month".to_owned() } else { months(dates.months) };
    format!("every {weekdays} that is {one_of}{days} of {months}")
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
        last if dates.last_days.trailing_ones() == 0
            && (dates.last_days >> 1).trailing_ones() as usize == last.len() =>
        {
            format!("the last {} days", last.len())
        }
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

#[cfg(test)]
mod tests {
    use crate::model::schedule::TimeRule;

    const RULES: [(&str, &str); 48] = [
        ("16:07", "every day at 16:07"),
        ("08:00,12:30,18:00", "every day at 08:00, 12:30 and 18:00"),
        ("18:00,8:00", "every day at 08:00 and 18:00"),
        ("every 15m", "every 15 minutes, counted from 00:00 of each day"),
        ("every 1h", "every hour, counted from 00:00 of each day"),
        ("every 4h from 02:00", "every 4 hours, counted from 02:00 of each day"),
        ("every 1d", "every day at 00:00"),
        ("every 1w from 02:00", "every Monday at 02:00"),
        ("every 2w", "every 2 weeks on Monday at 00:00, counted from 2001-01-01"),
        ("every 90m", "every 1 hour and 30 minutes, counted from 00:00 of each day"),
        ("every 1h30m", "every 1 hour and 30 minutes, counted from 00:00 of each day"),
        ("every 36h", "every 1 day and 12 hours, counted without a break from 00:00 on Monday 2001-01-01"),
        ("Mon..Fri 16:07", "Monday to Friday at 16:07"),
        ("Sat,Sun 03:00", "Saturday and Sunday at 03:00"),
        ("Mon 03:00", "every Monday at 03:00"),
        ("Sat..Mon 03:00", "Monday, Saturday and Sunday at 03:00"),
        ("Mon..Fri 08:00,18:00", "Monday to Friday at 08:00 and 18:00"),
        ("*-*-01 04:00", "on day 1 of every month at 04:00"),
        ("*-*-1..7 04:00", "on days 1 to 7 of every month at 04:00"),
        ("*:0/15", "at minutes 0, 15, 30 and 45 of every hour"),
        ("*:30", "at minute 30 of every hour"),
        ("*:*", "every minute"),
        ("9:*", "every minute of hour 9"),
        ("Mon *-*-1..7 05:00", "on the first Monday of the month at 05:00"),
        ("Sun *-*-8..14 03:00", "on the second Sunday of the month at 03:00"),
        ("Sun *-05-22..28 03:00", "on the fourth Sunday of May at 03:00"),
        ("Mon *-*~07/1 03:00", "on the last Monday of the month at 03:00"),
        ("Fri *-*-13 03:00", "every Friday that is day 13 of any month at 03:00"),
        ("Mon,Fri *-*-13 03:00", "every Monday or Friday that is day 13 of any month at 03:00"),
        ("*-02~01 03:00", "on the last day of February at 03:00"),
        ("*-*~03/1 03:00", "on the last 3 days of every month at 03:00"),
        ("*-*~03 03:00", "on day 3, counted from the end, of every month at 03:00"),
        ("Mon..Fri *-06..08-* 03:00", "Monday to Friday in June to August at 03:00"),
        ("*-1,7-* 03:00", "every day in January and July at 03:00"),
        ("2026-12-24 16:07", "on day 24 of December in 2026 at 16:07"),
        ("2026..2030-*-* 16:07", "every day in 2026 to 2030 at 16:07"),
        ("08,20:00", "every day at 08:00 and 20:00"),
        ("08,20:0/15", "at minutes 0, 15, 30 and 45 of hours 8 and 20"),
        ("*/15 9-17 * * 1-5", "at minutes 0, 15, 30 and 45 of hours 9 to 17, Monday to Friday"),
        ("0 3 * * mon", "every Monday at 03:00"),
        ("0 0 13 * fri", "on day 13 of every month and on every Friday at 00:00"),
        ("0 0 1,15 * mon,wed", "on days 1 and 15 of every month and on every Monday and Wednesday at 00:00"),
        ("5 4 1 1 *", "on day 1 of January at 04:05"),
        ("@hourly", "at minute 0 of every hour"),
        ("@daily", "every day at 00:00"),
        ("@weekly", "every Sunday at 00:00"),
        ("@monthly", "on day 1 of every month at 00:00"),
        ("@yearly", "on day 1 of January at 00:00"),
    ];

    #[test]
    fn rules_in_words() {
        for (text, expected) in RULES {
            assert_eq!(text.parse::<TimeRule>().unwrap().describe(), expected, "{text}");
        }
    }
}
