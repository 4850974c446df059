//! Calendars, against `systemd-analyze calendar` where the machine has it.
//!
//! The two differ on the days on which clocks change, and nowhere else: a time that clocks skip runs right after the gap
//! here and not at all there, and if every hour matches, the repeated hour runs twice here and once there.

use std::process::Command;

use backup_core::chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use backup_core::model::schedule::TimeRule;
use backup_core::testing::{ManualClock, Zone, at, skipped};

use super::runs;

const RULES: [&str; 31] = [
    "Mon..Fri 16:07",
    "Sat,Sun 03:00",
    "Mon,Wed..Fri 16:07",
    "MONDAY..friday 16:07",
    "*-*-01 04:00",
    "*:0/15",
    "*:7/20",
    "*:05",
    "*:00:00",
    "Mon *-*-1..7 05:00",
    "Sun *-*-1..7 03:00",
    "Mon *-*-1..7/2 05:00",
    "*-02~01 03:00",
    "*-*~01 03:00",
    "*-*~03 03:00",
    "Mon *-*~07/1 03:00",
    "Mon *-05~07/1 03:00",
    "*-02-29 10:00",
    "Mon *-02-29 10:00",
    "*-1,3-* 8..10:00",
    "1..7/2-* 10:00",
    "12-24 16:07",
    "2026-12-24 16:07",
    "2026/2-01-01 16:07:00",
    "2027..2035/3-*-15 16:07",
    "2020-01-01 10:00",
    "08,20:00",
    "8..17/3:30",
    "0..6,22:0/20",
    "Tue 9..17:0/30",
    "*-*-31 23:59",
];

/// Returns the question when a rule runs in a zone.
fn question(rule: &str, after: DateTime<Utc>, count: usize, zone: &str) -> Command {
    let base = format!("--base-time={}", after.format("%Y-%m-%d %H:%M:%S UTC"));
    let mut command = Command::new("systemd-analyze");
    command
        .args(["calendar", &format!("--iterations={count}"), &base, rule])
        .env("TZ", zone)
        .env("LC_ALL", "C");
    command
}

/// Returns what systemd answers.
fn systemd(rule: &str, after: DateTime<Utc>, count: usize, zone: &str) -> Vec<DateTime<Utc>> {
    let found = question(rule, after, count, zone).output().expect("systemd-analyze is there");
    assert!(found.status.success(), "{rule}: {}", String::from_utf8_lossy(&found.stderr));
    // In UTC there is one line for each run, and elsewhere a second one that gives it in UTC.
    let is_run = |line: &&str| line.ends_with(" UTC") && !line.contains("form:");
    String::from_utf8_lossy(&found.stdout).lines().filter(is_run).map(instant).collect()
}

/// Reads the end of a line: `Thu 2026-01-01 08:00:00 UTC`.
fn instant(line: &str) -> DateTime<Utc> {
    let text = line.trim_end_matches(" UTC");
    NaiveDateTime::parse_from_str(&text[text.len() - 19..], "%Y-%m-%d %H:%M:%S")
        .unwrap_or_else(|error| panic!("{line}: {error}"))
        .and_utc()
}

/// Whether systemd is there, and knows these options.
fn has_systemd() -> bool {
    let after = at("2026-01-01 00:00").to_utc();
    question("16:07", after, 1, "UTC").output().is_ok_and(|found| found.status.success())
}

#[test]
fn calendars_run_when_systemd_says() {
    if !has_systemd() {
        return skipped("systemd-analyze isn't there, or has no --base-time");
    }
    let after = at("2026-02-27 23:59:30").to_utc();
    for text in RULES {
        let rule: TimeRule = text.parse().unwrap();
        let expected = systemd(text, after, 30, "UTC");
        // systemd knows no later years.
        let ours =
            runs(&rule, after, 30, &ManualClock::utc(after)).into_iter().take_while(|run| run.year() < 2200);
        assert_eq!(ours.collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn calendars_run_when_systemd_says_in_a_zone_that_changes_apart_from_gaps_and_repeated_hours() {
    if !has_systemd() {
        return skipped("systemd-analyze isn't there, or has no --base-time");
    }
    let changes = ["2026-03-29 01:00", "2026-10-25 01:00"].map(|change| at(change).to_utc());
    let is_ordinary = |run: &DateTime<Utc>| {
        changes.iter().all(|change| (*run - *change).abs() > TimeDelta::hours(3))
            && *run < at("2027-12-01 00:00")
    };
    for start in ["2026-03-27 12:00", "2026-10-23 12:00"].map(|start| at(start).to_utc()) {
        let clock = ManualClock::with_zone(start, Zone::berlin());
        for text in RULES {
            let rule: TimeRule = text.parse().unwrap();
            let theirs = systemd(text, start, 400, "Europe/Berlin");
            let last = theirs.last().copied().unwrap_or(start);
            let expected: Vec<_> = theirs.into_iter().filter(is_ordinary).collect();
            let ours = runs(&rule, start, 410, &clock).into_iter().take_while(|run| *run <= last);
            assert_eq!(ours.filter(is_ordinary).collect::<Vec<_>>(), expected, "{text} after {start}");
        }
    }
}
