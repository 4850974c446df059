//! Tests of the metrics.

use std::collections::HashSet;

use backup_core::model::config::Config;
use backup_core::model::history::{Flaw, HistoryNote, Verification};
use backup_core::model::notice::{Notice, NoticeBook, NoticeKind, NotifyTarget, Trouble};
use backup_core::ports::{NoticeStore, RunHistory, RunningService, SilentProgress};
use backup_core::testing::{MemoryHome, at};

use super::*;
use crate::fixture::{home, show};

fn metrics(home: &MemoryHome, service: Option<RunningService>) -> String {
    let mut metrics = Metrics::new("1.2.3");
    show(home, service, &mut metrics);
    metrics.to_string()
}

/// Checks what Prometheus asks for: each family once, in one piece, with its head, and no sample twice.
fn check(text: &str) {
    let (mut families, mut samples, mut family) = (HashSet::new(), HashSet::new(), "");
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# HELP ").and_then(|help| help.split(' ').next()) {
            assert!(families.insert(name), "{name} is there twice");
            family = name;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{family} gauge"));
        } else {
            let name = line.split(['{', ' ']).next().unwrap_or_default();
            let (sample, value) = line.rsplit_once(' ').expect("a sample has a value");
            assert_eq!(name, family, "{line}");
            assert!(value.parse::<f64>().is_ok() && samples.insert(sample), "{line}");
        }
    }
}

#[test]
fn a_home_without_schedules_has_metrics_of_its_own() {
    let text = metrics(&home(""), None);
    check(&text);
    insta::assert_snapshot!(text, @r#"
    # HELP backup_manager_info The version of the program that wrote this.
    # TYPE backup_manager_info gauge
    backup_manager_info{version="1.2.3"} 1
    # HELP backup_manager_service_up Whether the service runs.
    # TYPE backup_manager_service_up gauge
    backup_manager_service_up 0
    # HELP backup_manager_collected_timestamp_seconds When these metrics were collected, in Unix time.
    # TYPE backup_manager_collected_timestamp_seconds gauge
    backup_manager_collected_timestamp_seconds 1773144000
    # HELP backup_manager_all_right Whether there are schedules and no backup is in an alarming state.
    # TYPE backup_manager_all_right gauge
    backup_manager_all_right 0
    # HELP backup_manager_config_valid Whether the configuration can be used.
    # TYPE backup_manager_config_valid gauge
    backup_manager_config_valid 1
    # HELP backup_manager_unreadable_history_lines Lines of the history that can't be read.
    # TYPE backup_manager_unreadable_history_lines gauge
    backup_manager_unreadable_history_lines 0
    # HELP backup_manager_schedules Lines of the schedules, refused ones included.
    # TYPE backup_manager_schedules gauge
    backup_manager_schedules 0
    # HELP backup_manager_refused_schedules Lines of the schedules that don't run.
    # TYPE backup_manager_refused_schedules gauge
    backup_manager_refused_schedules 0
    # HELP backup_manager_backups Names that schedules back up.
    # TYPE backup_manager_backups gauge
    backup_manager_backups 0
    "#);
}

/// Returns a home at 13:00 with a backup of an hour ago, which a verify has found damaged, and a schedule that never ran.
fn home_with_damage() -> MemoryHome {
    let home = home("docs;16:07;docs;keep=last:3\ndocs;18:07;docs;keep=last:3\ndocs;16:07;new\nnonsense\n");
    home.manager().run("docs", &SilentProgress).expect("it can be made");
    let run = home.ended().remove(0);
    let (key, began, archive) = (run.key.clone(), run.began, "docs.tar".to_owned());
    let flaw = Some(Flaw::Damaged("why not".to_owned()));
    let news = Verification { key, began, archive, at: at("2026-03-10T12:00:30Z"), flaw };
    home.history.append(&HistoryNote::Verified(news)).expect("no fault was scripted");
    home.clock.set(at("2026-03-10T13:00:00Z"));
    home
}

#[test]
fn each_name_has_its_samples() {
    let home = home_with_damage();
    let since = Some(at("2026-03-10T12:30:00Z"));
    let text = metrics(&home, Some(RunningService { pid: Some(7), since }));
    check(&text);
    let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    insta::assert_snapshot!(samples.join("\n"), @r#"
    backup_manager_info{version="1.2.3"} 1
    backup_manager_service_up 1
    backup_manager_service_start_time_seconds 1773145800
    backup_manager_collected_timestamp_seconds 1773147600
    backup_manager_all_right 0
    backup_manager_config_valid 1
    backup_manager_unreadable_history_lines 0
    backup_manager_schedules 4
    backup_manager_refused_schedules 1
    backup_manager_backups 2
    backup_manager_backup_state_info{name="docs",state="damaged"} 1
    backup_manager_backup_state_info{name="new",state="never-ran"} 1
    backup_manager_backup_alarm{name="docs"} 1
    backup_manager_backup_alarm{name="new"} 0
    backup_manager_backup_overdue{name="docs"} 0
    backup_manager_backup_overdue{name="new"} 0
    backup_manager_backup_running{name="docs"} 0
    backup_manager_backup_running{name="new"} 0
    backup_manager_next_run_timestamp_seconds{name="docs"} 1773158820
    backup_manager_next_run_timestamp_seconds{name="new"} 1773158820
    backup_manager_last_success_timestamp_seconds{name="docs"} 1773144000
    backup_manager_last_success_age_seconds{name="docs"} 3600
    backup_manager_last_success_size_bytes{name="docs"} 21
    backup_manager_last_run_timestamp_seconds{name="docs"} 1773144000
    backup_manager_last_run_duration_seconds{name="docs"} 0.000
    backup_manager_last_run_size_bytes{name="docs"} 21
    backup_manager_last_run_entries{name="docs"} 2
    backup_manager_last_run_success{name="docs"} 1
    backup_manager_last_run_outcome_info{name="docs",outcome="done"} 1
    backup_manager_generations{name="docs"} 1
    backup_manager_generations{name="new"} 0
    backup_manager_generations_size_bytes{name="docs"} 21
    backup_manager_generations_size_bytes{name="new"} 0
    backup_manager_archives_disk_bytes{name="docs"} 21
    backup_manager_archives_disk_bytes{name="new"} 0
    backup_manager_drill_overdue{name="docs"} 0
    backup_manager_drill_overdue{name="new"} 0
    backup_manager_last_verify_finding_timestamp_seconds{name="docs"} 1773144030
    backup_manager_last_verify_finding_good{name="docs"} 0
    "#);
}

#[test]
fn hostile_names_stay_labels() {
    let names = ["<script>", "a\"b", "a\\", "{name=\"x\"} 1", "日本", "x y", "#"];
    let lines: String = names.iter().map(|name| format!("docs;16:07;{name}\n")).collect();
    let home = home(&lines);
    for name in names {
        home.manager().run(name, &SilentProgress).expect("it can be made");
    }
    let text = metrics(&home, None);
    check(&text);
    assert!(text.contains("backup_manager_generations{name=\"a\\\\\"} 1\n"), "{text}");
    assert!(text.contains("backup_manager_generations{name=\"{name=\\\"x\\\"} 1\"} 1\n"), "{text}");
    assert_eq!(text.matches("backup_manager_generations{").count(), names.len());
}

/// A line that doesn't run has no samples, which could be those of a backup of the same name.
#[test]
fn a_line_that_does_not_run_is_only_counted() {
    let text = metrics(&home("docs;16:07;docs\ndocs;25:00;docs\n;;docs\n"), None);
    check(&text);
    assert!(text.contains("backup_manager_refused_schedules 2\n"), "{text}");
    assert_eq!(text.matches("backup_manager_backup_alarm{").count(), 1);
}

#[test]
fn each_target_has_its_samples() {
    let home = home("docs;16:07;docs\n");
    let office = crate::fixture::failing_target(0).target;
    let phone = NotifyTarget { name: "phone".to_owned(), ..office.clone() };
    let mut config = Config::default();
    config.notify = vec![office, phone];
    home.config.put(&config);
    let mut book = NoticeBook::default();
    let (since, reason) = (at("2026-03-10T10:00:00Z"), "401".to_owned());
    let trouble = Trouble { since, reason, attempts: 4, given_up: 1 };
    book.troubles.insert("office".to_owned(), trouble);
    book.post("office", Notice::new(NoticeKind::Failure, "docs", since));
    home.notices.save(&book).expect("no fault was scripted");
    let text = metrics(&home, None);
    check(&text);
    let samples: Vec<_> = text.lines().filter(|line| line.contains("{target=")).collect();
    insta::assert_snapshot!(samples.join("\n"), @r#"
    backup_manager_notification_failing{target="office"} 1
    backup_manager_notification_failing{target="phone"} 0
    backup_manager_notification_failures{target="office"} 4
    backup_manager_notification_failures{target="phone"} 0
    backup_manager_notifications_given_up{target="office"} 1
    backup_manager_notifications_given_up{target="phone"} 0
    backup_manager_notifications_waiting{target="office"} 1
    backup_manager_notifications_waiting{target="phone"} 0
    backup_manager_notification_failing_since_timestamp_seconds{target="office"} 1773136800
    "#);
}
