//! What will run when.

use backup_core::manager::UpcomingRun;
use backup_core::model::schedule::TimeRule;
use backup_core::policy::clock_change::ClockChange;
use backup_core::policy::upcoming::Upcoming;
use backup_core::text::{printable, shell_word};
use backup_core::time::Moment;
use chrono::Timelike;

/// The moments of a rule as the clocks of its zone read them.
pub(crate) struct ZoneColumn<'a> {
    pub(crate) zone: &'a str,
    /// As many as there are moments.
    pub(crate) readings: Vec<Moment>,
}

/// Returns a line a run, below a headline.
pub(crate) fn upcoming(runs: &[UpcomingRun]) -> Vec<String> {
    if runs.is_empty() {
        return vec!["nothing is planned".to_owned()];
    }
    let headline = format!("{} {:<20} {}", local("local time"), "UTC", "name");
    let line = |run: &UpcomingRun| {
        let name = printable(run.entry.name().as_str().as_bytes()).to_string();
        let zone = run.entry.options().zone().zip(run.in_zone);
        let zone = zone.map(|(zone, reading)| in_zone(run.planned, reading, zone));
        let notes: Vec<_> = zone.into_iter().chain(run.clock_change.as_ref().map(note)).collect();
        let (local, utc) = (local(&with_weekday(run.planned)), utc(run.planned));
        format!("{local} {utc} {name:<16} {}", notes.join("; ")).trim_end().to_owned()
    };
    std::iter::once(headline).chain(runs.iter().map(line)).collect()
}

/// Returns what the clocks of a zone read at a moment: "03:00 in Europe/Paris", with the date if that differs.
pub(crate) fn in_zone(moment: Moment, reading: Moment, zone: &str) -> String {
    let is_same_day = moment.date_naive() == reading.date_naive();
    let date = if is_same_day { String::new() } else { reading.format("%Y-%m-%d ").to_string() };
    format!("{date}{} in {}", reading.format(time_format(reading)), printable(zone.as_bytes()))
}

/// Returns why nothing is planned for a paused schedule, and the way out.
pub(crate) fn upcoming_paused(key: &str) -> String {
    let (shown, word) = (printable(key.as_bytes()), shell_word(key.as_bytes()));
    format!("nothing is planned: {shown} is paused until `backup_manager resume {word}`")
}

/// Returns a rule in words, and its next moments.
pub(crate) fn explained(time: &TimeRule, zone: Option<&ZoneColumn<'_>>, moments: &[Upcoming]) -> Vec<String> {
    let place = zone.map(|column| format!(" in {}", column.zone)).unwrap_or_default();
    let mut lines = vec![format!("{time}{place}: {}", time.describe())];
    if moments.is_empty() {
        lines.push("It never runs again: all its moments have passed.".to_owned());
        return lines;
    }
    let place = zone.map(|column| local(column.zone) + " ").unwrap_or_default();
    lines.push(format!("{} {place}UTC", local("local time")));
    lines.extend(moments.iter().enumerate().map(|(at, next)| {
        let reading = zone.and_then(|column| column.readings.get(at));
        let reading = reading.map(|reading| local(&with_weekday(*reading)) + " ").unwrap_or_default();
        let (local, utc) = (local(&with_weekday(next.planned)), utc(next.planned));
        let note = next.clock_change.as_ref().map(note).unwrap_or_default();
        format!("{local} {reading}{utc} {note}").trim_end().to_owned()
    }));
    lines
}

/// Returns a column of local times, as wide as one with a weekday and seconds.
fn local(text: &str) -> String {
    format!("{text:<24}")
}

fn with_weekday(moment: Moment) -> String {
    moment.format("%a %Y-%m-%d ").to_string() + &moment.format(time_format(moment)).to_string()
}

fn utc(moment: Moment) -> String {
    let utc = moment.to_utc().format("%Y-%m-%d ").to_string();
    format!("{:<20}", utc + &moment.to_utc().format(time_format(moment)).to_string())
}

/// Only jitter plans in seconds.
fn time_format(moment: Moment) -> &'static str {
    if moment.second() == 0 { "%H:%M" } else { "%H:%M:%S" }
}

fn note(change: &ClockChange) -> String {
    match change {
        ClockChange::Skipped(time) => {
            format!("moved: the clock skips {} that day", time.format("%H:%M"))
        }
        ClockChange::Repeated(time) => {
            format!("the first of two: the clock shows {} twice that day", time.format("%H:%M"))
        }
    }
}

#[cfg(test)]
mod tests {
    use backup_core::policy::upcoming::upcoming as planned;
    use backup_core::testing::{ManualClock, Zone, at};

    use super::*;

    fn run(schedule: &str, planned: &str) -> UpcomingRun {
        let entry = schedule.parse().expect("the schedule is good");
        UpcomingRun { entry, planned: at(planned), clock_change: None, in_zone: None }
    }

    #[test]
    fn runs_are_shown_in_local_time_and_utc() {
        let skipped = at("2026-03-29 02:30").naive_utc();
        let runs = [
            run("docs;16:07;docs", "2026-03-28T16:07:00+01:00"),
            UpcomingRun {
                clock_change: Some(ClockChange::Skipped(skipped)),
                ..run("a;02:30;my music", "2026-03-29T03:00:00+02:00")
            },
            run("b;16:07;b;jitter=10m", "2026-03-29T16:08:12+02:00"),
            UpcomingRun {
                in_zone: Some(at("2026-03-30T03:00:00+13:00")),
                ..run("c;03:00;c;tz=Pacific/Auckland", "2026-03-29T16:00:00+02:00")
            },
            UpcomingRun {
                in_zone: Some(at("2026-03-29T15:00:12+01:00")),
                clock_change: Some(ClockChange::Skipped(skipped)),
                ..run("d;03:00;d;tz=Europe/London", "2026-03-29T16:00:12+02:00")
            },
        ];
        insta::assert_snapshot!(upcoming(&runs).join("\n"), @"
        local time               UTC                  name
        Sat 2026-03-28 16:07     2026-03-28 15:07     docs
        Sun 2026-03-29 03:00     2026-03-29 01:00     my music         moved: the clock skips 02:30 that day
        Sun 2026-03-29 16:08:12  2026-03-29 14:08:12  b
        Sun 2026-03-29 16:00     2026-03-29 14:00     c                2026-03-30 03:00 in Pacific/Auckland
        Sun 2026-03-29 16:00:12  2026-03-29 14:00:12  d                15:00:12 in Europe/London; moved: the clock skips 02:30 that day
        ");
        insta::assert_snapshot!(upcoming(&[]).join("\n"), @"nothing is planned");
    }

    fn column<'a>(zone: &'a str, readings: &[Moment]) -> ZoneColumn<'a> {
        ZoneColumn { zone, readings: readings.to_vec() }
    }

    #[test]
    fn a_rule_is_explained_with_its_next_moments() {
        let clock = ManualClock::with_zone(at("2026-10-23 12:00"), Zone::berlin());
        let time: TimeRule = "Sun 02:30".parse().expect("it is a rule");
        let rules: [&dyn backup_core::model::schedule::Schedule; 1] = [&time];
        let moments: Vec<_> = planned(&rules, at("2026-10-23 12:00"), &clock).take(2).collect();
        insta::assert_snapshot!(explained(&time, None, &moments).join("\n"), @"
        Sun 02:30: every Sunday at 02:30
        local time               UTC
        Sun 2026-10-25 02:30     2026-10-25 00:30     the first of two: the clock shows 02:30 twice that day
        Sun 2026-11-01 02:30     2026-11-01 01:30
        ");
        let readings = [at("2026-10-25T01:30:00+01:00"), at("2026-11-01T01:30:00+00:00")];
        insta::assert_snapshot!(explained(&time, Some(&column("Europe/London", &readings)), &moments).join("\n"), @"
        Sun 02:30 in Europe/London: every Sunday at 02:30
        local time               Europe/London            UTC
        Sun 2026-10-25 02:30     Sun 2026-10-25 01:30     2026-10-25 00:30     the first of two: the clock shows 02:30 twice that day
        Sun 2026-11-01 02:30     Sun 2026-11-01 01:30     2026-11-01 01:30
        ");
        let past: TimeRule = "2020-01-01 10:00".parse().expect("it is a rule");
        insta::assert_snapshot!(explained(&past, Some(&column("Europe/Paris", &[])), &[]).join("\n"), @"
        2020-01-01 10:00 in Europe/Paris: on 1 January 2020 at 10:00
        It never runs again: all its moments have passed.
        ");
    }
}
