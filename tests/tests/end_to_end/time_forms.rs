//! The forms of the time field at the command line: what is accepted, explained, planned and refused.

use insta::assert_snapshot;

use crate::home;

#[test]
fn every_form_is_taken_and_printed_back_as_it_was_typed() {
    let home = home();
    let times = [
        "16:07",
        "08:00,12:30,18:00",
        "every 4h",
        "every 15m",
        "every 4h from 02:00",
        "Mon..Fri 16:07",
        "Sat,Sun 03:00",
        "*-*-01 04:00",
        "*:0/15",
        "Mon *-*-1..7 05:00",
        "*/15 9-17 * * 1-5",
        "0 3 * * mon",
        "@hourly",
        "@monthly",
    ];
    for (number, time) in times.iter().enumerate() {
        let schedule = format!("docs{number};{time};docs{number};tz=Europe/Paris;jitter=10m");
        let added = home.done(&["create", &schedule]).stdout;
        assert_eq!(added.lines().next(), Some(format!("New schedule added: {schedule}").as_str()));
    }
    assert_eq!(home.done(&["list"]).stdout.lines().count(), times.len());
}

#[test]
fn near_misses_get_the_text_that_was_meant() {
    let home = home();
    let refused = |time: &str| {
        let finished = home.manager(&["explain", time]);
        assert_eq!(finished.code, Some(2), "{time}");
        finished.stderr.lines().next().unwrap_or_default().to_owned()
    };
    let cases = [
        ("Mon-Fri 02:00", "Mon..Fri 02:00"),
        ("daily", "@daily"),
        ("4h", "every 4h"),
        ("every 4 hours", "every 4h"),
        ("16.07", "16:07"),
        ("4pm", "16:00"),
        ("24:00", "00:00"),
    ];
    for (time, meant) in cases {
        let error = refused(time);
        assert!(error.ends_with(&format!("did you mean \"{meant}\"?")), "{error}");
        home.done(&["explain", meant]);
    }
    let error = refused("*/15");
    assert!(error.contains("*:0/15") || error.contains("*/15 * * * *"), "{error}");
    assert!(refused("*-02-30 10:00").contains("expected a date that comes: this one never does"));
}

#[test]
fn next_shows_the_runs_around_a_change_of_the_clocks() {
    let home = home();
    home.write("backup_schedules.txt", "docs;02:30;docs\nmusic;every 12h;music\n");
    let next = |arguments: &[&str]| {
        let mut command = home.manager_command(arguments);
        let output = command.env("TZ", "Europe/Berlin").output().expect("it runs");
        String::from_utf8(output.stdout).expect("it is text")
    };
    assert_snapshot!(next(&["next", "--from", "2026-03-29", "--to", "2026-03-29 12:59"]), @"
    local time           UTC                  name
    2026-03-29 00:00     2026-03-28 23:00     music
    2026-03-29 03:00     2026-03-29 01:00     docs             moved: the clock skips 02:30 that day
    ");
    assert_snapshot!(next(&["next", "docs", "--from", "2026-10-25", "-n", "1"]), @"
    local time           UTC                  name
    2026-10-25 02:30     2026-10-25 00:30     docs             the first of two: the clock shows 02:30 twice that day
    ");
    let json: serde_json::Value =
        serde_json::from_str(&next(&["next", "0", "-n", "2", "--json"])).expect("it is JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert!(json[0]["planned"].as_str().is_some_and(|planned| planned.contains("T02:30:00")), "{json}");
    let unknown = home.manager(&["next", "nobody"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
}
