//! What will run when.

use backup_core::manager::UpcomingRun;
use backup_core::model::schedule::TimeRule;
use backup_core::policy::clock_change::ClockChange;
use backup_core::policy::upcoming::Upcoming;
use backup_core::text::{printable, shell_word};
use backup_core::time::Moment;
use chrono::Timelike;

/// Returns a line a run, below a headline.
pub(crate) fn upcoming(runs: &[UpcomingRun]) -> Vec<String> {
    if runs.is_empty() {
        return vec!["nothing is planned".to_owned()];
    }
    let headline = format!("{:<20} {:<20} {}", "local time", "UTC", "name");
    let line = |run: &UpcomingRun| {
        let name = printable(run.entry.name().as_str().as_bytes()).to_string();
        let note = note(run.clock_change.as_ref());
        format!("{} {name:<16} {note}", times(run.planned)).trim_end().to_owned()
    };
    std::iter::once(headline).chain(runs.iter().map(line)).collect()
}

/// Returns why nothing is planned for a paused schedule, and the way out.
pub(crate) fn upcoming_paused(key: &str) -> String {
    let (shown, word) = (printable(key.as_bytes()), shell_word(key.as_bytes()));
    format!("nothing is planned: {shown} is paused until `backup_manager resume {word}`")
}

/// Returns a rule in words, and its next moments.
pub(crate) fn explained(time: &TimeRule, zone: Option<&str>, moments: &[Upcoming]) -> Vec<String> {
    let zone = zone.map(|zone| format!(" in {zone}")).unwrap_or_default();
    let mut lines = vec![format!("{time}{zone}: {}", time.describe())];
    if moments.is_empty() {
        lines.push("It never runs again: all its moments have passed.".to_owned());
        return lines;
    }
    lines.push(format!("{:<20} {}", "local time", "UTC"));
    lines.extend(moments.iter().map(|next| {
        let line = format!("{} {}", times(next.planned), note(next.clock_change.as_ref()));
        line.trim_end().to_owned()
    }));
    lines
}

fn times(moment: Moment) -> String {
    // Only jitter plans in seconds.
    let format = if moment.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    let (local, utc) = (moment.format(format).to_string(), moment.to_utc().format(format).to_string());
    format!("{local:<20} {utc:<20}")
}

fn note(change: Option<&ClockChange>) -> String {
    match change {
        None => String::new(),
        Some(ClockChange::Skipped(time)) => {
            format!("moved: the clock skips {} that day", time.format("%H:%M"))
        }
        Some(ClockChange::Repeated(time)) => {
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
        UpcomingRun { entry, planned: at(planned), clock_change: None }
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
        ];
        insta::assert_snapshot!(upcoming(&runs).join("\n"), @"
        local time           UTC                  name
        2026-03-28 16:07     2026-03-28 15:07     docs
        2026-03-29 03:00     2026-03-29 01:00     my music         moved: the clock skips 02:30 that day
        2026-03-29 16:08:12  2026-03-29 14:08:12  b
        ");
        insta::assert_snapshot!(upcoming(&[]).join("\n"), @"nothing is planned");
    }

    #[test]
    fn a_rule_is_explained_with_its_next_moments() {
        let clock = ManualClock::with_zone(at("2026-10-23 12:00"), Zone::berlin());
        let time: TimeRule = "Sun 02:30".parse().expect("it is a rule");
        let rules: [&dyn backup_core::model::schedule::Schedule; 1] = [&time];
        let moments: Vec<_> = planned(&rules, at("2026-10-23 12:00"), &clock).take(2).collect();
        insta::assert_snapshot!(explained(&time, None, &moments).join("\n"), @"
        Sun 02:30: every Sunday at 02:30
        local time           UTC
        2026-10-25 02:30     2026-10-25 00:30     the first of two: the clock shows 02:30 twice that day
        2026-11-01 02:30     2026-11-01 01:30
        ");
        let past: TimeRule = "2020-01-01 10:00".parse().expect("it is a rule");
        insta::assert_snapshot!(explained(&past, Some("Europe/Paris"), &[]).join("\n"), @"
        2020-01-01 10:00 in Europe/Paris: on 1 January 2020 at 10:00
        It never runs again: all its moments have passed.
        ");
    }
}
