//! What somebody sees who sits in front of a terminal.

use backup_tests::{Home, Paused, Terminal};

use crate::home;

/// What makes the text behind it red, green and so on; a redraw has other sequences.
const COLOUR: &str = "\u{1b}[";

fn is_coloured(written: &str) -> bool {
    written
        .split(COLOUR)
        .skip(1)
        .any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
}

/// Nothing is left as no shell wants it: a hidden cursor, a colour, or half a line.
fn assert_in_order(written: &str) {
    let last = |sequence: &str| written.rfind(sequence);
    assert!(last("\u{1b}[?25l") <= last("\u{1b}[?25h"), "the cursor is shown again: {written:?}");
    let painted = written.rsplit("\u{1b}[0m").next().unwrap_or_default();
    assert!(!is_coloured(painted), "no colour goes on: {written:?}");
    assert!(written.ends_with('\n'), "the last line has its end: {written:?}");
}

/// A home whose service stands still in the middle of one backup, with another schedule whose time doesn't come.
fn busy_home() -> (Home, Paused) {
    let home = home();
    home.write_zeros("big", 192 << 20);
    home.write("docs", "docs");
    home.write("backup_schedules.txt", "docs;2099-01-01 00:00;docs\n");
    home.due("big", "big");
    home.start(&[]);
    let paused = home.pause_during("big");
    (home, paused)
}

fn has_state(lines: &[String], state: &str, name: &str) -> bool {
    lines.iter().any(|line| line.starts_with(state) && line[state.len()..].trim_start().starts_with(name))
}

/// Sees a backup begin to be there, presses Ctrl-C, and returns all that was written.
fn watch(home: &Home, variables: &[(&str, &str)]) -> String {
    let arguments = ["status", "--watch", "--watch-interval-ms", "200"];
    let mut terminal = Terminal::begin(home, &arguments, variables);
    terminal.wait_for_screen("the first view", |lines| {
        let states = [has_state(lines, "running", "big"), has_state(lines, "never ran", "docs")];
        states == [true, true]
    });
    home.done(&["run", "docs"]);
    terminal.wait_for_screen("the backup in it", |lines| has_state(lines, "ok", "docs"));
    terminal.wait_for_screen("one view alone", |lines| {
        lines.iter().filter(|line| line.starts_with("state ")).count() == 1
            && lines.first().is_some_and(|line| line == "2 schedules: 1 ok, 1 running")
            && lines.iter().all(|line| !line.contains("never ran"))
    });
    terminal.press_ctrl_c();
    let (code, written) = terminal.end();
    assert_eq!(code, 130);
    assert_in_order(&written);
    written
}

#[test]
fn a_watch_is_drawn_anew_and_leaves_the_terminal_in_order() {
    let (home, _paused) = busy_home();
    assert!(is_coloured(&watch(&home, &[])));
}

#[test]
fn no_colour_means_none_on_a_terminal_either() {
    let (home, _paused) = busy_home();
    let written = watch(&home, &[("NO_COLOR", "1")]);
    assert!(!is_coloured(&written) && written.contains("\u{1b}[H"), "{written:?}");
    for (variables, expected) in [
        (&[][..], true),
        (&[("NO_COLOR", "1")], false),
        (&[("NO_COLOR", "")], true),
        (&[("TERM", "dumb")], false),
    ] {
        let (code, written) = Terminal::begin(&home, &["status"], variables).end();
        assert_eq!((code, is_coloured(&written)), (0, expected), "{variables:?}: {written:?}");
    }
}

/// Returns what a command leaves on the screen of a terminal.
fn left_on_screen(home: &Home, arguments: &[&str]) -> Vec<String> {
    let (code, written) = Terminal::begin(home, arguments, &[]).end();
    assert_eq!(code, 0, "{written}");
    assert_in_order(&written);
    let lines = Terminal::screen_of(&written);
    lines.into_iter().filter(|line| !line.is_empty()).map(|line| without_duration(&line)).collect()
}

/// Replaces how long something took, at the end of a line.
fn without_duration(line: &str) -> String {
    match line.rsplit_once(" in ") {
        Some((what, took)) if took.ends_with(" s") => format!("{what} in [time]"),
        _ => line.to_owned(),
    }
}

#[test]
fn progress_ends_with_one_line_of_what_it_was() {
    let home = home();
    let tree = "mkdir -p docs/letters && for i in $(seq 30); do printf 12345 > docs/letters/$i; done \
        && ln -s 1 docs/letters/link && ln docs/letters/1 docs/letters/hard";
    home.sh(tree).expect_done();
    for name in ["docs/one", "docs/two", "docs/three"] {
        home.write_zeros(name, 5_000_000);
    }
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    // The second run knows how large it will be, and shows a bar.
    for _ in 0..2 {
        let lines = left_on_screen(&home, &["run", "docs"]);
        assert_eq!(
            lines,
            ["15.0 MB of 33 files in [time]", "Backup done for docs in backups/docs.tar"],
            "30 letters and three large files"
        );
    }
    let restored = left_on_screen(&home, &["restore", "docs"]);
    assert_eq!(restored[0], "15.0 MB of 37 entries read in [time]", "{restored:?}");
    assert!(restored.len() == 2 && restored[1].starts_with("Restored 36 entries (15.0 MB)"), "{restored:?}");
    let verified = left_on_screen(&home, &["verify"]);
    assert!(verified.len() == 2 && verified[0].contains("good (15.0 MB, 37 entries"), "{verified:?}");
    assert_eq!(verified[1], "15.0 MB of 1 archive read in [time]");
}

#[test]
fn progress_shows_files_bytes_and_rate() {
    let home = home();
    home.write_zeros("docs/big", 96 << 20);
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.done(&["run", "docs"]);
    for (arguments, counted, total) in [
        (["run", "docs"], "1 file, ", " of about 100.67 MB, "),
        (["restore", "docs"], " entr", " of 100.67 MB, "),
        (["verify", "docs"], "1 archive, ", " of 100.67 MB, "),
    ] {
        let (_, written) = Terminal::begin(&home, &arguments, &[]).end();
        let shows = |piece: &str| piece.contains(counted) && piece.contains(total) && piece.contains("/s");
        assert!(written.split('\r').any(shows), "{arguments:?}: {written:?}");
    }
}
