//! Tests of the page as text. What a browser makes of it is tested with the programs.

use backup_core::manager::{BackupState, BackupStatus, NextRun, Overview};
use backup_core::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use backup_core::ports::{RunHistory, SilentProgress};
use backup_core::testing::{MemoryHome, at};

use super::*;
use crate::fixture::{RUNS, home, show};

fn page(home: &MemoryHome, path: &str) -> String {
    let mut page = Page::new("1.2.3", path, Names::PLAIN);
    show(home, RUNS, &mut page);
    page.to_string()
}

/// Checks that all elements are closed in order, that attributes are quoted, and that nothing runs or is asked for.
fn check(page: &str) {
    let body = page.split_once("</style>").expect("there is a style sheet").1;
    let (mut open, mut rest) = (vec!["html", "head"], body);
    while let Some((_, tag)) = rest.split_once('<') {
        let (tag, after) = tag.split_once('>').expect("each element ends");
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        assert!(!["script", "a", "img", "iframe", "link", "style", "form"].contains(&name), "<{tag}>");
        let attributes = tag[name.len()..].trim_end_matches('/').split('"').step_by(2);
        for outside in attributes.filter(|_| !tag.starts_with('/')) {
            assert!(!outside.contains(['\'', '<', '&']) && !outside.contains(" on"), "<{tag}>");
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes something else");
        } else if !tag.ends_with('/') && name != "br" {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0], "everything is closed");
}

#[test]
fn all_is_well_is_said_first() {
    let home = home("docs;16:07;docs\n");
    home.manager().run("docs", &SilentProgress).expect("it can be made");
    let page = page(&home, "/home/ann/backup");
    check(&page);
    assert!(page.contains("<span>All is well</span></h1>"), "{page}");
    assert!(page.contains("<h3><bdi>docs</bdi></h3><span class=\"badge good\">"), "{page}");
    assert!(page.contains("<title>Tue 2026-03-10: 1 good</title>"), "{page}");
    assert!(page.contains("1 generation since 2026-03-10"), "{page}");
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let home = home("docs;16:07;docs\nmissing;16:07;new\nnonsense\n");
    home.manager().run("new", &SilentProgress).expect_err("it has no source");
    let page = page(&home, "/home");
    check(&page);
    assert!(page.contains("2 of 3 backups need you"), "{page}");
    assert!(page.contains("<code>backup_manager status new</code>"), "{page}");
    assert!(page.contains("<code>backup_manager check</code>"), "{page}");
}

#[test]
fn nothing_scheduled_is_no_empty_page() {
    let page = page(&home(""), "/home");
    check(&page);
    assert!(page.contains("Nothing is scheduled") && !page.contains("id=\"backups\""), "{page}");
}

#[test]
fn no_text_from_outside_is_markup() {
    let names = ["<script>alert(1)<", "a\" onload=x", "it's", "&amp", "שלום", "<b>", &"x".repeat(200)];
    let lines: String = names.iter().map(|name| format!("docs;16:07;{name}\n")).collect();
    let home = home(&format!("{lines}<i>\u{202e};25:00;\"><script>\nno\u{1b}[2Jthing\n"));
    for name in names {
        home.manager().run(name, &SilentProgress).expect("it can be made");
    }
    let key = RunKey { entry: "docs;16:07;<b>".to_owned(), planned: None };
    let now = at("2026-03-10T12:00:01Z");
    let mut failed = RunRecord::without_archive(key, Outcome::Failed, now, now);
    failed.problems = vec!["can't read <img src=x onerror=y>\u{202e}\n\0".to_owned()];
    home.history.append(&HistoryNote::Ended(failed)).expect("no fault was scripted");
    let page = page(&home, "/home/\u{202e}<x>");
    check(&page);
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{1b}'), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;"), "{page}");
    assert!(page.contains("can&#39;t read &lt;img src=x onerror=y&gt;\\u{202e}\\n"), "{page}");
}

#[test]
fn what_is_not_drawn_is_said() {
    let lines: String = (0..MOST_CARDS + 7).map(|number| format!("docs;16:07;n{number}\n")).collect();
    let page = page(&home(&lines), "/home");
    check(&page);
    assert_eq!(page.matches("<article").count(), MOST_CARDS);
    assert!(page.contains("The 200 backups in the worst state are drawn here; 7 more"), "{page}");
    assert!(page.contains("207 never ran"), "{page}");
}

#[test]
fn a_service_that_does_not_run_is_no_good_news() {
    let next_run = NextRun::Never;
    let backup = |state| BackupStatus {
        archives: None,
        name: "a".into(),
        state,
        index: 0,
        next_run,
        last_good: None,
        held: None,
        lines: vec![],
    };
    let mut overview = Overview {
        now: at("2026-11-29 12:00"),
        service: None,
        backups: vec![backup(BackupState::Ok)],
        schedules: 1,
        unreadable_lines: 0,
        config_problem: None,
        targets: Vec::new(),
        is_also_a_name: false,
    };
    let told = headline(&overview, "/home", &Names::PLAIN);
    assert!(
        told.contains("but the service doesn\u{2019}t run") && told.contains("backup_manager start"),
        "{told}"
    );
    overview.unreadable_lines = 2;
    let told = headline(&overview, "/home", &Names::PLAIN);
    assert!(told.contains("Something needs you") && told.contains("2 lines of the history"), "{told}");
    overview.unreadable_lines = 0;
    overview.targets = vec![crate::fixture::failing_target(0)];
    let told = headline(&overview, "/home", &Names::PLAIN);
    assert!(told.contains("Something needs you") && told.contains("office"), "{told}");
}
