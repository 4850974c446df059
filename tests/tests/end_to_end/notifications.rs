//! Somebody is notified when a backup fails or stays silent: by the real programs, to a real server.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use backup_core::testing::skipped;
use backup_tests::{Answer, Home, Signal, WebHook, eventually, wait_for};
use insta::assert_snapshot;

use crate::home;

const TAKEN: Answer = Answer::Status("200 OK");

fn told(hook: &WebHook) -> Vec<String> {
    let field = |body: &String| {
        let document: serde_json::Value = serde_json::from_str(body).expect("a body is JSON");
        format!("{}: {}", document["name"].as_str().unwrap_or("-"), document["kind"].as_str().unwrap_or("-"))
    };
    hook.bodies().iter().map(field).collect()
}

/// Makes the server the one who is notified.
fn configure(home: &Home, hook: &WebHook, more: &str) {
    let text = format!("[notify.office]\nto = \"webhook\"\nurl = \"{}\"\n{more}", hook.url());
    home.write("backup_manager.toml", text);
}

fn has_told(hook: &WebHook, expected: &[&str]) {
    eventually(&format!("{expected:?} is told"), || told(hook) == expected);
}

#[test]
fn a_failure_is_told_once_and_its_end_once() {
    let (home, hook) = (home(), WebHook::start(TAKEN));
    configure(&home, &hook, "");
    home.due("docs", "docs");
    home.start(&["--poll", "1"]);
    has_told(&hook, &["docs: failure"]);
    assert_eq!(home.manager(&["run", "docs"]).code, Some(1));
    home.done(&["stop"]);
    home.start(&["--poll", "1"]);
    home.write("docs/letter", "Dear all");
    home.done(&["run", "docs"]);
    has_told(&hook, &["docs: failure", "docs: recovered"]);
    home.done(&["stop"]);
    let log = home.service_log();
    let notified = log.iter().filter(|line| line.contains("otif")).collect::<Vec<_>>();
    assert_eq!(notified, ["Notified office: docs: failure", "Notified office: docs: recovered"]);
    for file in ["logs/backup_service.log", "logs/backup_manager.log", "logs/notifications.json"] {
        assert!(!home.text(file).contains("hunter2"), "{file}");
    }
}

#[test]
fn what_was_not_told_before_the_service_died_is_told_by_the_next() {
    let (home, hook) = (home(), WebHook::start(Answer::Status("503 Later")));
    configure(&home, &hook, "");
    home.due("docs", "docs");
    let service = home.start(&["--poll", "1"]);
    eventually("it was tried", || !hook.bodies().is_empty());
    eventually("that is noted", || home.text("logs/notifications.json").contains("503"));
    let status = home.manager(&["status"]).stderr;
    let expected = format!(": {}: 503 Service Unavailable\n", hook.host());
    assert!(
        status.contains("warning: notifications: office has failed since ") && status.contains(&expected),
        "{status}"
    );
    service.send(Signal::KILL);
    eventually("it is dead", || service.is_gone());
    hook.answer(TAKEN);
    home.start(&["--poll", "1"]);
    has_told(&hook, &["docs: failure", "docs: failure"]);
    eventually("it works again", || !home.manager(&["status"]).stderr.contains("notifications"));
}

#[test]
fn a_server_that_hangs_delays_neither_backups_nor_a_stop() {
    let (home, hook) = (home(), WebHook::start(Answer::Never));
    configure(&home, &hook, "timeout = \"10m\"\n");
    home.due("docs", "docs");
    home.start(&["--poll", "1"]);
    eventually("the server has the notice", || !hook.bodies().is_empty());
    home.write("photos/one", "1");
    home.due("photos", "photos");
    eventually("another backup is made", || home.path("backups/photos.tar").exists());
    let began = Instant::now();
    home.done(&["stop"]);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn a_test_says_what_happened() {
    let (home, hook) = (home(), WebHook::start(TAKEN));
    let shown = |text: &str| home.redact(text).replace(&hook.host(), "HOST");
    home.done(&["create", "docs;16:07;docs"]);
    let nobody = home.manager(&["notify", "test", "office"]);
    assert_snapshot!(nobody.stderr, @r"
    Error: backup_manager.toml has no table [notify.office]
    hint: nobody is told: backup_manager.toml has no table [notify.NAME]; docs/notifications.md shows how to write one
    ");
    configure(&home, &hook, "");
    assert_snapshot!(shown(&home.done(&["notify", "test", "office"]).stdout), @"Sent a test to office: webhook (http://HOST/...)");
    assert_eq!(told(&hook), ["docs: test"]);
    hook.answer(Answer::Status("401 No"));
    let refused = home.manager(&["notify", "test", "office"]);
    assert_eq!(refused.code, Some(1));
    assert_snapshot!(shown(&refused.stderr), @"Error: can't notify office: HOST: 401 Unauthorized; check the token or the password, and the URL");
    let unknown = home.manager(&["notify", "test", "ofice"]);
    assert_eq!(unknown.code, Some(2));
    assert_snapshot!(unknown.stderr, @r"
    Error: backup_manager.toml has no table [notify.ofice]
    hint: did you mean office?
    ");
    assert_snapshot!(shown(&home.done(&["notify", "list"]).stdout), @r"
    office: webhook (http://HOST/...)
      on       failure, incomplete, overdue, recovered
      backups  all
      waiting  0
    ");
    let config = shown(&home.done(&["config", "show"]).stdout);
    assert!(config.contains("\n  url=http://HOST/... ") && !config.contains("hunter2"), "{config}");
    assert!(!home.text("logs/backup_manager.log").contains("hunter2"));
}

#[test]
fn a_command_is_told() {
    let home = home();
    home.write("tell", "#!/bin/sh\n{ echo \"$BACKUP_EVENT $BACKUP_NAME\"; cat; } >\"$1\"\n");
    let (script, out) = (home.path("tell"), home.path("told"));
    let run = format!("run = [\"/bin/sh\", {script:?}, {out:?}]\n");
    home.write("backup_manager.toml", format!("[notify.pipe]\nto = \"command\"\n{run}"));
    home.due("docs", "docs");
    home.start(&[]);
    eventually("it was run", || home.text("told").ends_with("}\n"));
    let text = home.text("told");
    assert!(text.starts_with("failure docs\n{") && text.contains("\"kind\":\"failure\""), "{text}");
}

/// Finds the library that gives a program another clock.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten().map(|folder| folder.path());
    folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
}

/// Starts the service with a clock that begins at that time of UTC and is a hundred times as fast.
fn start_at(home: &Home, library: &Path, time: &str) -> Child {
    let mut command = home.service_command(&["--poll", "5"]);
    command.env("LD_PRELOAD", library).env("TZ", "UTC0").env("FAKETIME", format!("@{time}"));
    command.env("NO_FAKE_STAT", "1").env("FAKETIME_NO_CACHE", "1");
    command.spawn().expect("the service starts")
}

#[test]
fn the_service_itself_notices_that_a_backup_is_overdue() {
    let Some(library) = faketime() else { return skipped("no libfaketime (Debian package faketime)") };
    let (home, hook) = (home(), WebHook::start(TAKEN));
    // A timeout is a hundred times as short.
    configure(&home, &hook, "timeout = \"10m\"\n");
    home.write("docs/letter", "Dear all");
    home.write("backup_schedules.txt", "docs;16:07;docs;catch-up=no\n");
    let adopted = r#"{"note":"adopted","entry":"docs;16:07;docs","since":"2026-03-01T09:00:00+00:00","at":"2026-03-01T09:00:30+00:00"}"#;
    home.write("logs/history.jsonl", format!("{adopted}\n"));
    let mut service = start_at(&home, &library, "2026-03-10 20:00:00 x100");
    has_told(&hook, &["docs: overdue"]);
    let planned = wait_for("there is a body", || hook.bodies().pop());
    assert!(planned.contains("\"planned\":\"2026-03-10T16:07:00+00:00\""), "{planned}");
    service.kill().expect("it runs");
    service.wait().expect("it ends");
    // Shortly before the next run, in another process. It is slower, so that no run comes too late to be made.
    let mut service = start_at(&home, &library, "2026-03-11 16:06:40 x10");
    // The first one was killed, so that the next may tell the same once more.
    eventually("its end is told", || {
        let mut told = told(&hook);
        told.dedup();
        told == ["docs: overdue", "docs: recovered"]
    });
    service.kill().expect("it runs");
    service.wait().expect("it ends");
}
