//! The report: written to a file or to standard output, and looked at in a browser.

mod browser;

use std::collections::BTreeSet;

use backup_core::testing::skipped;
use backup_tests::Home;
use serde_json::Value;

use self::browser::{Browser, Look, View};
use crate::home;

/// Names that would be markup, or change the text around them.
const HOSTILE: [&str; 4] =
    ["<script>document.title='x'<", "a\" onload=\"x", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "it's &amp"];

/// Returns a home with a good backup, one that failed, hostile names and a very long one.
fn home_with_backups() -> Home {
    let home = home();
    home.sh("mkdir docs && echo may > docs/may.txt").expect_done();
    let long = "long".repeat(50);
    let names: Vec<_> =
        ["docs", &long].into_iter().chain(HOSTILE).map(|name| format!("docs;00:00;{name}")).collect();
    home.write("backup_schedules.txt", format!("{}\ngone;00:00;gone\n<i>\u{202e};x;y\n", names.join("\n")));
    for name in ["docs", &long].into_iter().chain(HOSTILE) {
        home.done(&["run", name]);
    }
    home.manager(&["run", "gone"]);
    home
}

#[test]
fn a_report_is_private_and_can_be_piped() {
    let home = home_with_backups();
    assert_eq!(home.done(&["report", "--html", "r.html"]).stdout, "");
    assert_eq!(home.mode("r.html") & 0o777, 0o600);
    let piped = home.done(&["report", "--html", "-"]).stdout;
    assert!(piped.starts_with("<!DOCTYPE html>\n") && piped.ends_with("</html>\n"));
    assert_eq!(home.manager(&["report"]).code, Some(2), "it needs a file");
    assert_eq!(home.manager(&["report", "--html", "backups/r.html"]).code, Some(1));
}

/// What a script finds on the page: whether everything that should be seen is seen, and can be read.
const PROBE: &str = include_str!("report/probe.js");

#[test]
fn a_browser_shows_all_of_it_and_asks_for_nothing() {
    let home = home_with_backups();
    home.done(&["report", "--html", "r.html"]);
    let Some(mut browser) = Browser::launch() else {
        return skipped("no chromium here (Debian package chromium)");
    };
    let address = format!("file://{}", home.path("r.html").display());
    let mut backgrounds = BTreeSet::new();
    for (width, is_dark) in [(1280, false), (390, false), (390, true)] {
        let Look { probe, requests, console } = browser.look(&address, View { width, is_dark }, PROBE);
        let case = format!("{width} {is_dark}: {probe:#}");
        assert_eq!((requests, console), (vec![address.clone()], Vec::<String>::new()), "{case}");
        let is = |key: &str, expected: Value| assert_eq!(probe[key], expected, "{key} of {case}");
        is("headline", "2 of 8 backups need you".into());
        is("overflow", 0.into());
        is("hidden", Value::Array(vec![]));
        is("faint", Value::Array(vec![]));
        is("scripts", 0.into());
        let days = probe["days"].as_i64().unwrap_or_default();
        assert!((365..=371).contains(&days), "{case}");
        is("cards", 8.into());
        is("title", format!("Backups in {}", home.folder().display()).into());
        let text = probe["text"].as_str().expect("there is text");
        for shown in HOSTILE.iter().copied().chain([
            "docs",
            "gone",
            "FAILED",
            "MALFORMED",
            "backup_manager check",
            "<i>\\u{202e};x;y",
            "path gone does not exist",
        ]) {
            assert!(text.contains(shown), "{shown:?} of {text}");
        }
        backgrounds.insert(probe["background"].to_string());
    }
    assert_eq!(backgrounds.len(), 2, "light and dark: {backgrounds:?}");
}
