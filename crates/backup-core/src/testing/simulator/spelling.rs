//! Spelling: the schedules of an episode, which are made up as plans, and the texts that say the same.

use std::ops::Range;

use super::SOURCES;
use super::almanac::Almanac;
use super::options::Options;
use super::plan::{Dates, Plan, Slotted};
use super::random::Random;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Periods that divide a day, in minutes. The runs of shorter ones cost a simulation more than they find.
const WITHIN_DAYS: [i64; 8] = [180, 240, 240, 360, 360, 480, 720, 720];
const COUNTED: [i64; 7] = [5 * 60, 7 * 60, 11 * 60, 25 * 60, 36 * 60, 50 * 60, 3 * 1440 + 90];

/// A schedule that may stand in the file.
#[derive(Debug, Clone)]
pub(super) struct Spelled {
    /// `source;time;name`
    pub(super) identity: String,
    pub(super) options: Options,
    pub(super) plan: Plan,
}

impl Spelled {
    /// Returns the schedule of a text `source;hh:mm;name`.
    pub(super) fn daily(text: &str) -> Self {
        let time = text.split(';').nth(1).unwrap_or_default();
        Self { identity: text.to_owned(), options: Options::NONE, plan: Plan::daily(time) }
    }

    /// Returns so many schedules, of which some have the same source. No two have the same identity.
    pub(super) fn some(count: usize, random: &mut Random) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        while all.len() < count {
            let source = SOURCES[all.len() % SOURCES.len()];
            let (time, plan) = any(random);
            let identity = format!("{source};{time};{source}");
            if all.iter().all(|other| other.identity != identity) {
                all.push(Self { identity, options: Options::some(random), plan });
            }
        }
        all
    }

    /// Returns the line of the file.
    pub(super) fn text(&self) -> String {
        self.identity.clone() + &self.options.text()
    }

    /// Returns the planned moments of these dates, delays included, the earliest first.
    pub(super) fn moments(&self, almanac: &Almanac, dates: &Range<i64>) -> Vec<Slotted> {
        let mut moments = self.plan.moments(almanac, dates);
        moments.iter_mut().for_each(|planned| {
            planned.moment += self.options.delay(&self.identity, planned.moment);
        });
        moments.sort_unstable();
        moments
    }
}

/// Makes up a plan and the text of its time field. Half of them are daily ones.
fn any(random: &mut Random) -> (String, Plan) {
    match random.between(0, 79) {
        0..=39 => daily(random),
        40..=45 => times_of_day(random),
        46..=53 => weekdays(random),
        54..=57 => monthly(random),
        58..=60 => yearly(random),
        61..=64 => day_or_weekdays(random),
        65..=68 => every_days(random),
        69..=73 => within_days(random),
        74..=77 => counted(random),
        78 => hours_of_some_days(random),
        _ if random.one_in(8) => each_hour(random),
        _ => nickname(random),
    }
}

fn daily(random: &mut Random) -> (String, Plan) {
    let minute = minute_of_day(random);
    let time = clock_time(minute);
    let text = match random.between(0, 15) {
        0 => format!("*-*-* {time}"),
        1 => format!("{} {} * * *", minute % 60, minute / 60),
        2 => format!("every 1d from {time}"),
        _ => time,
    };
    (text, Plan::Once { dates: Dates::All, minutes: vec![minute] })
}

fn times_of_day(random: &mut Random) -> (String, Plan) {
    let dates = Dates::All;
    if random.coin() {
        let minutes: Vec<_> = (0..random.between(2, 4)).map(|_| minute_of_day(random)).collect();
        return (list(&minutes, clock_time), Plan::Once { dates, minutes });
    }
    let (minute, first) = (random.between(0, 59), random.between(0, 3));
    let hours = [first, first + random.between(1, 9), first + random.between(10, 20)];
    let minutes = hours.iter().map(|hour| hour * 60 + minute).collect();
    let hours = list(&hours, |hour| hour.to_string());
    let text = if random.coin() { format!("{minute} {hours} * * *") } else { format!("{hours}:{minute:02}") };
    (text, Plan::Once { dates, minutes })
}

fn weekdays(random: &mut Random) -> (String, Plan) {
    let minute = minute_of_day(random);
    let (mask, calendar, cron) = some_weekdays(random);
    let text = in_week(random, minute, &calendar, &cron);
    (text, Plan::Once { dates: Dates::Weekdays(mask), minutes: vec![minute] })
}

fn in_week(random: &mut Random, minute: i64, calendar: &str, cron: &str) -> String {
    if random.coin() {
        format!("{calendar} {}", clock_time(minute))
    } else {
        format!("{} {} * * {cron}", minute % 60, minute / 60)
    }
}

fn monthly(random: &mut Random) -> (String, Plan) {
    let (minute, day) = (minute_of_day(random), random.between(1, 31));
    let time = clock_time(minute);
    let (text, dates) = match random.between(0, 3) {
        0 => (format!("*-*~01 {time}"), Dates::LastDay),
        1 => (format!("*-*-{day:02} {time}"), Dates::Day(day)),
        2 => (format!("{} {} {day} * *", minute % 60, minute / 60), Dates::Day(day)),
        _ => {
            let (mask, calendar, _) = some_weekdays(random);
            (format!("{calendar} *-*-1..7 {time}"), Dates::FirstWeekdays(mask))
        }
    };
    (text, Plan::Once { dates, minutes: vec![minute] })
}

/// In some months of the year, or on one day of it.
fn yearly(random: &mut Random) -> (String, Plan) {
    let minute = minute_of_day(random);
    let time = clock_time(minute);
    let (minute_and_hour, (mask, months)) = (format!("{} {}", minute % 60, minute / 60), some_months(random));
    let (text, dates) = match random.between(0, 5) {
        0 => (format!("*-02-29 {time}"), Dates::DayOfMonths(29, 1 << 1)),
        1 => {
            let (month, day) = (random.between(1, 12), random.between(1, 28));
            (format!("*-{month:02}-{day:02} {time}"), Dates::DayOfMonths(day, 1 << (month - 1)))
        }
        2 => return ("@yearly".to_owned(), on_dates(Dates::DayOfMonths(1, 1), 0)),
        3 => (format!("*-{months}-01 {time}"), Dates::DayOfMonths(1, mask)),
        4 => (format!("{minute_and_hour} 1 {months} *"), Dates::DayOfMonths(1, mask)),
        _ => {
            let (weekdays, _, cron) = some_weekdays(random);
            (format!("{minute_and_hour} * {months} {cron}"), Dates::WeekdaysOfMonths(weekdays, mask))
        }
    };
    (text, on_dates(dates, minute))
}

fn on_dates(dates: Dates, minute: i64) -> Plan {
    Plan::Once { dates, minutes: vec![minute] }
}

/// Returns some months, as a mask and as a calendar and cron write them.
fn some_months(random: &mut Random) -> (u16, String) {
    let mut months: Vec<_> = (0..random.between(1, 4)).map(|_| random.between(1, 12)).collect();
    months.sort_unstable();
    months.dedup();
    let mask = months.iter().fold(0, |mask, month| mask | 1 << (month - 1));
    (mask, list(&months, |month| format!("{month:02}")))
}

fn day_or_weekdays(random: &mut Random) -> (String, Plan) {
    let (minute, day) = (minute_of_day(random), random.between(1, 31));
    let (mask, _, cron) = some_weekdays(random);
    let text = format!("{} {} {day} * {cron}", minute % 60, minute / 60);
    (text, Plan::Once { dates: Dates::DayOrWeekdays(day, mask), minutes: vec![minute] })
}

fn every_days(random: &mut Random) -> (String, Plan) {
    let minute = minute_of_day(random);
    let days = [2, 3, 7, 10, 14, 30][random.place(6)];
    let period = if days % 7 == 0 { format!("{}w", days / 7) } else { format!("{days}d") };
    let text = format!("every {period} from {}", clock_time(minute));
    (text, Plan::Once { dates: Dates::Every(days), minutes: vec![minute] })
}

fn within_days(random: &mut Random) -> (String, Plan) {
    let period = WITHIN_DAYS[random.place(WITHIN_DAYS.len())];
    let (text, from) = every(random, period);
    (text, Plan::WithinDays { period, from })
}

fn counted(random: &mut Random) -> (String, Plan) {
    let period = COUNTED[random.place(COUNTED.len())];
    let (text, from) = every(random, period);
    (text, Plan::Counted { period, from })
}

fn every(random: &mut Random, period: i64) -> (String, i64) {
    let unit = |count: i64, unit| if count > 0 { format!("{count}{unit}") } else { String::new() };
    let period = match random.between(0, 1) {
        0 => format!("{period}m"),
        _ => unit(period / 1440, "d") + &unit(period % 1440 / 60, "h") + &unit(period % 60, "m"),
    };
    if random.coin() {
        return (format!("every {period}"), 0);
    }
    let from = minute_of_day(random);
    (format!("every {period} from {}", clock_time(from)), from)
}

/// Many runs, but on few days.
fn hours_of_some_days(random: &mut Random) -> (String, Plan) {
    let (step, day) = ([15, 20, 30][random.place(3)], random.between(1, 31));
    let minutes = (0..60).step_by(step).map(i64::from).collect();
    if random.coin() {
        let text =
            if random.coin() { format!("*-*-{day} *:0/{step}") } else { format!("*/{step} * {day} * *") };
        return (text, Plan::EachHour { dates: Dates::Day(day), minutes });
    }
    let (mask, calendar, cron) = some_weekdays(random);
    let minute = random.between(0, 59);
    let text =
        if random.coin() { format!("{calendar} *:{minute:02}") } else { format!("{minute} * * * {cron}") };
    (text, Plan::EachHour { dates: Dates::Weekdays(mask), minutes: vec![minute] })
}

/// Many runs on all days.
fn each_hour(random: &mut Random) -> (String, Plan) {
    let quarters = || Plan::EachHour { dates: Dates::All, minutes: vec![0, 15, 30, 45] };
    match random.between(0, 4) {
        0 => ("@hourly".to_owned(), Plan::EachHour { dates: Dates::All, minutes: vec![0] }),
        1 => ("*:0/15".to_owned(), quarters()),
        2 => ("*/15 * * * *".to_owned(), quarters()),
        3 => ("every 15m".to_owned(), Plan::WithinDays { period: 15, from: 0 }),
        _ => ("every 1h from 02:30".to_owned(), Plan::WithinDays { period: 60, from: 150 }),
    }
}

fn nickname(random: &mut Random) -> (String, Plan) {
    let (text, dates) = [
        ("@daily", Dates::All),
        ("@midnight", Dates::All),
        ("@weekly", Dates::Weekdays(1 << 6)),
        ("@monthly", Dates::Day(1)),
    ][random.place(4)];
    (text.to_owned(), Plan::Once { dates, minutes: vec![0] })
}

/// Returns some days of the week, as a mask, for a calendar and for cron.
fn some_weekdays(random: &mut Random) -> (u8, String, String) {
    if random.one_in(3) {
        return (0b1_1111, "Mon..Fri".to_owned(), "1-5".to_owned());
    }
    let mut days = vec![random.place(7), random.place(7)];
    days.sort_unstable();
    days.dedup();
    let mask = days.iter().fold(0, |mask, day| mask | 1 << day);
    let names: Vec<_> = days.iter().map(|day| WEEKDAYS[*day]).collect();
    let numbers: Vec<_> = days.iter().map(|day| ((day + 1) % 7).to_string()).collect();
    let cron = if random.coin() { names.join(",").to_lowercase() } else { numbers.join(",") };
    (mask, names.join(","), cron)
}

/// Returns a minute where clocks are changed, or any.
fn minute_of_day(random: &mut Random) -> i64 {
    if random.coin() { random.between(0, 4 * 12 - 1) * 5 } else { random.between(0, 1439) }
}

fn clock_time(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn list(values: &[i64], text: impl Fn(i64) -> String) -> String {
    values.iter().map(|value| text(*value)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::ScheduleEntry;

    #[test]
    fn the_core_takes_every_spelling() {
        let mut random = Random::new(1);
        for _ in 0..500 {
            for spelled in Spelled::some(5, &mut random) {
                let entry = spelled.text().parse::<ScheduleEntry>();
                let texts = entry.map(|entry| (entry.identity(), entry.to_string()));
                assert_eq!(texts, Ok((spelled.identity.clone(), spelled.text())));
            }
        }
    }
}
