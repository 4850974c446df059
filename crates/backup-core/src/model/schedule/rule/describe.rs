//! Description: a rule in words.

mod days;
mod hours;
mod words;

use crate::model::schedule::rule::interval::Interval;
use crate::model::schedule::rule::recurrence::Recurrence;
use crate::model::schedule::rule::time_rule::{Kind, TimeRule};
use words::listed;

impl TimeRule {
    /// Returns the rule in words, as a phrase: "Monday to Friday at 16:07", "every 4 hours, starting at 00:00 each day".
    #[must_use]
    pub fn describe(&self) -> String {
        match self.kind() {
            Kind::Recurrence(recurrence) => of_recurrence(recurrence),
            Kind::Interval(interval) => of_interval(interval),
        }
    }
}

/// The day from which whole days and other long periods are counted.
const FIRST_DAY: &str = "Monday 1 January 2001";

fn of_interval(interval: &Interval) -> String {
    let from = interval.from;
    let period = period(interval.minutes);
    match interval.whole_days() {
        Some(1) => format!("every day at {from}"),
        Some(7) => format!("every Monday at {from}"),
        Some(days) if days % 7 == 0 => {
            format!("every {} weeks on Monday at {from}, counted from {FIRST_DAY}", days / 7)
        }
        Some(_) => format!("{period} at {from}, counted from {FIRST_DAY}"),
        None if interval.is_within_days() => format!("{period}, starting at {from} each day"),
        None => format!("{period}, counted without a break from {FIRST_DAY} at {from}"),
    }
}

/// Returns a period in minutes as words: "every hour", "every 36 hours", "every 90 minutes".
fn period(minutes: i64) -> String {
    if minutes % 60 == 0 && minutes % 1_440 != 0 && minutes > 60 {
        return format!("every {} hours", minutes / 60);
    }
    let mut units = [(minutes / 1_440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    // "every 1 hour and 30 minutes" would not be English.
    for (at, smaller) in [(0, 24), (1, 60)] {
        if units[at].0 == 1 && units[at + 1..].iter().any(|(count, _)| *count > 0) {
            units[at].0 = 0;
            units[at + 1].0 += smaller;
        }
    }
    let units = units.into_iter().filter(|(count, _)| *count > 0);
    let units: Vec<_> =
        units.map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" })).collect();
    match units.as_slice() {
        [unit] => format!("every {}", unit.strip_prefix("1 ").unwrap_or(unit)),
        units => format!("every {}", listed(units)),
    }
}

fn of_recurrence(recurrence: &Recurrence) -> String {
    let dates = days::of_dates(&recurrence.dates);
    if let Some(times) = hours::few_times(&recurrence.times) {
        return format!("{} at {}", dates.unwrap_or_else(|| "every day".to_owned()), listed(&times));
    }
    let sets: Vec<_> = recurrence.times.iter().map(|set| hours::of_times(*set)).collect();
    [Some(listed(&sets)), dates].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::model::schedule::TimeRule;

    const RULES: [(&str, &str); 71] = [
        ("16:07", "every day at 16:07"),
        ("08:00,12:30,18:00", "every day at 08:00, 12:30 and 18:00"),
        ("18:00,8:00", "every day at 08:00 and 18:00"),
        ("every 15m", "every 15 minutes, starting at 00:00 each day"),
        ("every 1h", "every hour, starting at 00:00 each day"),
        ("every 4h from 02:00", "every 4 hours, starting at 02:00 each day"),
        ("every 1d", "every day at 00:00"),
        ("every 1w from 02:00", "every Monday at 02:00"),
        ("every 2w", "every 2 weeks on Monday at 00:00, counted from Monday 1 January 2001"),
        ("every 90m", "every 90 minutes, starting at 00:00 each day"),
        ("every 1h30m", "every 90 minutes, starting at 00:00 each day"),
        (
            "every 1d1h5m",
            "every 25 hours and 5 minutes, counted without a break from Monday 1 January 2001 at 00:00",
        ),
        (
            "every 1d30m",
            "every 24 hours and 30 minutes, counted without a break from Monday 1 January 2001 at 00:00",
        ),
        (
            "every 2h30m",
            "every 2 hours and 30 minutes, counted without a break from Monday 1 January 2001 at 00:00",
        ),
        ("every 1w1h", "every 169 hours, counted without a break from Monday 1 January 2001 at 00:00"),
        ("every 36h", "every 36 hours, counted without a break from Monday 1 January 2001 at 00:00"),
        ("Mon..Fri 16:07", "Monday to Friday at 16:07"),
        ("Sat,Sun 03:00", "every Saturday and Sunday at 03:00"),
        ("Mon 03:00", "every Monday at 03:00"),
        ("Sat..Mon 03:00", "Saturday to Monday at 03:00"),
        ("Fri..Mon 03:00", "Friday to Monday at 03:00"),
        ("Sun..Fri 03:00", "Sunday to Friday at 03:00"),
        ("Sun,Mon 03:00", "every Monday and Sunday at 03:00"),
        ("Fri..Mon,Wed 03:00", "every Monday, Wednesday and Friday to Sunday at 03:00"),
        ("Mon..Fri 08:00,18:00", "Monday to Friday at 08:00 and 18:00"),
        ("*-*-01 04:00", "on the 1st of every month at 04:00"),
        ("*-*-1..7 04:00", "from the 1st to the 7th of every month at 04:00"),
        ("*:0/15", "every 15 minutes"),
        ("*:30", "every hour at 30 minutes past"),
        ("*:*", "every minute"),
        ("9:*", "every minute from 09:00 to 09:59"),
        ("Mon *-*-1..7 05:00", "on the first Monday of the month at 05:00"),
        ("Sun *-*-8..14 03:00", "on the second Sunday of the month at 03:00"),
        ("Sun *-05-22..28 03:00", "on the fourth Sunday of May at 03:00"),
        ("Mon *-*~07/1 03:00", "on the last Monday of the month at 03:00"),
        ("Fri *-*-13 03:00", "every Friday the 13th at 03:00"),
        ("Mon,Fri *-*-13 03:00", "every Monday or Friday that falls on the 13th of any month at 03:00"),
        ("*-02~01 03:00", "on the last day of February at 03:00"),
        ("*-*~03/1 03:00", "on the last 3 days of every month at 03:00"),
        ("*-*~03 03:00", "on the 3rd-to-last day of every month at 03:00"),
        ("Mon..Fri *-06..08-* 03:00", "Monday to Friday from June to August at 03:00"),
        ("*-1,7-* 03:00", "every day in January and July at 03:00"),
        ("2026-12-24 16:07", "on 24 December 2026 at 16:07"),
        ("2026..2030-*-* 16:07", "every day from 2026 to 2030 at 16:07"),
        ("08,20:00", "every day at 08:00 and 20:00"),
        ("08,20:0/15", "every 15 minutes from 08:00 to 08:45 and from 20:00 to 20:45"),
        ("*/15 9-17 * * 1-5", "every 15 minutes from 09:00 to 17:45, Monday to Friday"),
        ("0 3 * * mon", "every Monday at 03:00"),
        ("0 0 13 * fri", "on the 13th of every month and on every Friday at 00:00"),
        (
            "0 0 1,15 * mon,wed",
            "on the 1st and 15th of every month and on every Monday and Wednesday at 00:00",
        ),
        ("5 4 1 1 *", "on 1 January every year at 04:05"),
        ("every 5h", "every 5 hours, counted without a break from Monday 1 January 2001 at 00:00"),
        ("every 3d from 02:00", "every 3 days at 02:00, counted from Monday 1 January 2001"),
        ("5-59/15 * * * *", "every 15 minutes from 00:05 to 23:50"),
        ("0 9-17 * * *", "every hour from 09:00 to 17:00"),
        ("5 */2 * * *", "every 2 hours from 00:05 to 22:05"),
        ("1 * * * *", "every hour at 1 minute past"),
        ("0-29 * * * *", "at 0 to 29 minutes past every hour"),
        ("5,17,40 9-17 * * *", "at 5, 17 and 40 minutes past each hour from 09:00 to 17:00"),
        ("5,17,40 1,8,20 * * *", "at 5, 17 and 40 minutes past 01:00, 08:00 and 20:00"),
        ("*/20 1,5,9,14 * * *", "at 0, 20 and 40 minutes past 01:00, 05:00, 09:00 and 14:00"),
        ("0 5 1 jun-aug *", "on the 1st of each month from June to August at 05:00"),
        ("0 5 1,15 jan,jul *", "on the 1st and 15th of January and July at 05:00"),
        ("0 5 21,22,23 * *", "from the 21st to the 23rd of every month at 05:00"),
        ("Fri *-10-10..20 03:00", "every Friday that falls on the 10th to 20th of October at 03:00"),
        (
            "Fri *-*~02..03 03:00",
            "every Friday that falls on one of the 3rd-to-last and 2nd-to-last days of any month at 03:00",
        ),
        ("@hourly", "every hour on the hour"),
        ("@daily", "every day at 00:00"),
        ("@weekly", "every Sunday at 00:00"),
        ("@monthly", "on the 1st of every month at 00:00"),
        ("@yearly", "on 1 January every year at 00:00"),
    ];

    #[test]
    fn rules_in_words() {
        for (text, expected) in RULES {
            assert_eq!(text.parse::<TimeRule>().unwrap().describe(), expected, "{text}");
        }
    }
}
