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
        finished.stderr.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let cases = [
        ("Mon-Fri 02:00", "Mon..Fri 02:00"),
        ("daily", "@daily"),
        ("4h", "every 4h"),
        ("every 4 hours", "every 4h"),
        ("16.07", "16:07"),
        ("4pm", "16:00"),
        ("24:00", "00:00"),
        ("first Sunday 03:00", "Sun *-*-1..7 03:00"),
        ("last day of the month 17:00", "*-*~01 17:00"),
        ("every day at 5", "05:00"),
    ];
    for (time, meant) in cases {
        let lines = refused(time);
        assert!(lines[0].starts_with(&format!("Error: the time \"{time}\": column ")), "{lines:?}");
        assert_eq!(lines[1..], [format!("hint: did you mean \"{meant}\"?")], "{time}");
        home.done(&["explain", meant]);
    }
    assert_eq!(refused("*/15")[1], "hint: did you mean \"*:0/15\"?");
    assert!(refused("*-02-30 10:00")[0].contains("expected a date that comes: this one never does"));
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
    local time               UTC                  name
    Sun 2026-03-29 00:00     2026-03-28 23:00     music
    Sun 2026-03-29 03:00     2026-03-29 01:00     docs             moved: the clock skips 02:30 that day
    ");
    assert_snapshot!(next(&["next", "docs", "--from", "2026-10-25", "-n", "1"]), @"
    local time               UTC                  name
    Sun 2026-10-25 02:30     2026-10-25 00:30     docs             the first of two: the clock shows 02:30 twice that day
    ");
    let json: serde_json::Value =
        serde_json::from_str(&next(&["next", "0", "-n", "2", "--json"])).expect("it is JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert!(json[0]["planned"].as_str().is_some_and(|planned| planned.contains("T02:30:00")), "{json}");
    let unknown = home.manager(&["next", "nobody"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
}

#[test]
fn the_time_in_a_zone_stands_beside_the_local_one() {
    let home = home();
    let done = |arguments: &[&str]| {
        let output = home.manager_command(arguments).env("TZ", "UTC").output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        let text = |bytes| String::from_utf8(bytes).expect("it is text");
        (text(output.stdout), text(output.stderr))
    };
    home.sh("mkdir docs").expect_done();
    let create = |time: &str, name: &str, zone: &str| {
        done(&["create", "docs", time, name, "--keep", "last:3", "--tz", zone]).1
    };
    assert_snapshot!(create("2099-12-24 03:00", "tokyo", "Asia/Tokyo"), @"first run: 2099-12-23 18:00 (2099-12-24 03:00 in Asia/Tokyo), once the service runs");
    assert_snapshot!(create("2099-12-24 04:00", "paris", "Europe/Paris"), @"first run: 2099-12-24 03:00 (04:00 in Europe/Paris), once the service runs");
    assert_snapshot!(create("2099-12-24 05:00", "utc", "Etc/UTC"), @"first run: 2099-12-24 05:00, once the service runs");
    assert_snapshot!(done(&["next"]).0, @"
    local time               UTC                  name
    Wed 2099-12-23 18:00     2099-12-23 18:00     tokyo            2099-12-24 03:00 in Asia/Tokyo
    Thu 2099-12-24 03:00     2099-12-24 03:00     paris            04:00 in Europe/Paris
    Thu 2099-12-24 05:00     2099-12-24 05:00     utc
    ");
    let explained = done(&["explain", "--tz", "Asia/Tokyo", "2099-12-24", "03:00"]).0;
    assert_eq!(explained, done(&["explain", "2099-12-24 03:00", "--tz", "Asia/Tokyo"]).0);
    assert_snapshot!(explained, @"
    2099-12-24 03:00 in Asia/Tokyo: on 24 December 2099 at 03:00
    local time               Asia/Tokyo               UTC
    Wed 2099-12-23 18:00     Thu 2099-12-24 03:00     2099-12-23 18:00
    ");
    let refused = home.manager(&["explain", "Sun", "*-*-1..7", "03:00", "Asia/Tokyo"]);
    assert_eq!(refused.code, Some(2));
    assert_snapshot!(refused.stderr, @r#"
    Error: the time "Sun *-*-1..7 03:00 Asia/Tokyo": column 20: expected nothing more: a zone is an option, tz=Asia/Tokyo
    hint: `backup_manager explain --help` shows the forms of a time
    "#);
}

#[test]
fn moments_ahead_have_words() {
    let home = home();
    home.write("backup_schedules.txt", "docs;*:*;docs\n");
    let next = |from: &str, to: &str| home.done(&["next", "--from", from, "--to", to]).stdout;
    assert_eq!(next("tomorrow 14:00", "tomorrow 14:05").lines().count(), 7);
    assert_eq!(next("tomorrow", "tomorrow 00:09").lines().count(), 11);
    assert!(next("now", "now").lines().count() >= 2);
    assert_eq!(home.manager(&["next", "--from", "soon"]).code, Some(2));
}
