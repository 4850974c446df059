//! Tests of the line for Nagios.

use backup_core::manager::{GoodBackup, NextRun};
use backup_core::model::error::Error;
use backup_core::testing::at;

use super::*;

fn backup(name: &str, state: BackupState) -> BackupStatus {
    let finished = at("2026-11-28 12:00");
    let good = GoodBackup { finished, archive_bytes: 10_240, bytes_before: None };
    let next_run = NextRun::Never;
    BackupStatus {
        archives: None,
        name: name.into(),
        state,
        index: 0,
        next_run,
        last_good: Some(Box::new(good)),
        held: None,
        lines: vec![],
    }
}

fn overview(backups: Vec<BackupStatus>) -> Overview {
    Overview {
        now: at("2026-11-29 12:00"),
        service: Some(backup_core::ports::RunningService { pid: None, since: None }),
        schedules: backups.len(),
        backups,
        unreadable_lines: 0,
        config_problem: None,
        targets: Vec::new(),
        is_also_a_name: false,
    }
}

/// Reads a line as a monitor does: text, then labels with their values, in quotes or without.
fn data(line: &str) -> Vec<(String, String)> {
    let (_, data) = line.split_once('|').expect("there is performance data");
    assert!(!data.contains('|') && !line.contains('\n'), "{line}");
    let (mut rest, mut found) = (data.trim(), Vec::new());
    while !rest.is_empty() {
        let (label, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("'=").expect("a quoted label ends"),
            None => rest.split_once('=').expect("a label has a value"),
        };
        let (value, after) = after.split_once(' ').unwrap_or((after, ""));
        assert!(value.chars().all(|one| one.is_ascii_alphanumeric() || ";.-".contains(one)), "{value}");
        found.push((label.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    found
}

#[track_caller]
fn check(overview: &Overview, code: u8, expected: &str) {
    let check = NagiosCheck::of(overview);
    assert_eq!((check.severity.exit_code(), check.to_string().as_str()), (code, expected));
}

#[test]
fn a_line_has_the_word_the_reason_and_the_data() {
    let data = "'age docs'=86400s;;;0 'size docs'=10240B;;;0";
    check(
        &overview(vec![backup("docs", BackupState::Ok)]),
        0,
        &format!(
            "BACKUP OK - 1 backup, all right | ok=1;;;0;1 warning=0;;;0;1 critical=0;;;0;1 service=1;;;0;1 {data}"
        ),
    );
    let mut other = overview(vec![backup("docs", BackupState::Failed)]);
    (other.unreadable_lines, other.config_problem, other.service) =
        (1, Some(Error::WrongConfig(vec![])), None);
    check(
        &other,
        1,
        &format!(
            "BACKUP WARNING - 1 of 1 backup; docs FAILED; 1 line of the history can't be read; the configuration can't be \
             used; service not running | ok=0;;;0;1 warning=1;;;0;1 critical=0;;;0;1 service=0;;;0;1 {data}"
        ),
    );
    check(
        &overview(vec![]),
        2,
        "BACKUP CRITICAL - nothing is scheduled | ok=0;;;0;0 warning=0;;;0;0 critical=0;;;0;0 service=1;;;0;1",
    );
    assert_eq!(nagios_unknown("no | home\nhere"), "BACKUP UNKNOWN - no \u{a6} home\\nhere");
}

#[test]
fn the_worst_state_counts_and_each_alarm_is_more_than_ok() {
    for state in BackupState::ALL {
        let severity = Severity::of(state);
        assert_eq!(severity > Severity::Ok, state.is_alarm(), "{state:?}");
        let both = overview(vec![backup("a", state), backup("b", BackupState::Ok)]);
        assert_eq!(NagiosCheck::of(&both).severity, severity, "{state:?}");
    }
    let critical =
        BackupState::ALL.iter().filter(|state| Severity::of(**state) == Severity::Critical).count();
    assert_eq!(critical, 8);
}

#[test]
fn no_name_breaks_the_performance_data() {
    let names = [
        "it's",
        "a=b",
        "a%3Db",
        "a|b",
        "100%",
        "$(rm)",
        "`x`",
        "tab\there",
        "new\nline",
        "\u{202e}rtl",
        "<script>",
        "quote\"",
        "日本",
        "back\\slash",
        "'",
        "''",
        "a b",
        "",
    ];
    let backups = names.iter().map(|name| backup(name, BackupState::Overdue)).collect();
    let line = NagiosCheck::of(&overview(backups)).to_string();
    let found = data(&line);
    let ages: std::collections::BTreeSet<_> =
        found.iter().filter(|(label, _)| label.starts_with("age ")).map(|(label, _)| label).collect();
    assert_eq!(ages.len(), names.len(), "each name has a label of its own: {ages:?}");
    assert_eq!(found.len(), 4 + 2 * names.len());
    assert!(line.starts_with("BACKUP CRITICAL - 18 of 18 backups; it's OVERDUE, a=b OVERDUE, "), "{line}");
}

#[test]
fn very_many_backups_make_no_endless_line() {
    let backups: Vec<_> =
        (0..10_000).map(|number| backup(&format!("name-{number}"), BackupState::Missing)).collect();
    let line = NagiosCheck::of(&overview(backups)).to_string();
    assert!(
        line.contains("critical=10000;;;0;10000") && line.contains("name-4 MISSING, ...;")
            || line.contains("name-4 MISSING, ... |")
    );
    assert_eq!(data(&line).len(), 4 + 2 * MOST_DATA);
    assert!(line.len() < 8_000, "{}", line.len());
}

#[test]
fn a_target_that_fails_for_long_is_a_warning() {
    let mut one = overview(vec![backup("docs", BackupState::Ok)]);
    let targets = |given_up| vec![crate::fixture::failing_target(given_up)];
    one.targets = targets(0);
    one.now = at("2026-11-29 10:59");
    assert_eq!(NagiosCheck::of(&one).severity, Severity::Ok, "it may pass by itself");
    one.now = at("2026-11-29 11:00");
    let check = NagiosCheck::of(&one);
    assert_eq!(check.severity, Severity::Warning);
    let told = check.to_string();
    assert!(told.starts_with("BACKUP WARNING - 1 backup, all right; can't notify office | "), "{told}");
    one.targets = targets(1);
    one.now = at("2026-11-29 10:01");
    assert_eq!(NagiosCheck::of(&one).severity, Severity::Warning, "something was lost");
}
