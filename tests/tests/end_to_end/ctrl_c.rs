//! Ctrl-C: the first ends a command cleanly, the second at once.

use std::process::Child;

use backup_tests::{Finished, Home, Process, Signal, Terminal, eventually};

use crate::home;

/// Takes long enough to be met in the middle, and no room of its own.
const LARGE: u64 = 192 << 20;

/// More than a pipe holds.
const MANY: usize = 1_000;

fn home_with_backup() -> Home {
    let home = home();
    home.write("big", "old");
    home.write("backup_schedules.txt", "big;2099-01-01 00:00;big\n");
    home.done(&["run", "big"]);
    home
}

/// A home with a folder of many files with long names.
fn home_with_many_files() -> Home {
    let home = home();
    for number in 0..MANY {
        home.write(&format!("docs/{}{number}", "x".repeat(200)), "old");
    }
    home.write("backup_schedules.txt", "docs;2099-01-01 00:00;docs\n");
    home
}

/// Interrupts a program that stands still because nobody reads what it says, and can't end by itself: it goes on after
/// the first signal and ends with the second.
fn interrupt_twice(child: Child) -> Finished {
    let program = Process { pid: child.id() };
    eventually("nobody reads what it says", || program.is_waiting_to_write());
    program.send(Signal::INT);
    eventually("it takes the first signal", || !program.is_pending(Signal::INT));
    assert!(program.is_waiting_to_write() && !program.is_gone(), "one signal ends nothing at once");
    program.send(Signal::INT);
    eventually("it ends at once", || program.is_gone());
    Finished::of(child)
}

#[test]
fn a_second_one_ends_a_run_at_once() {
    let home = home_with_many_files();
    let arguments = ["run", "docs", "--verbose", "--exclude", "x*", "--output", "some.tar"];
    let output = interrupt_twice(home.begin(&arguments));
    assert_eq!((output.code, output.signal), (Some(130), None), "{output:?}");
    assert!(!output.stderr.contains("interrupted"), "it had no time to say so");
}

#[test]
fn a_second_one_ends_a_restore_at_once() {
    let home = home_with_many_files();
    home.done(&["run", "docs"]);
    home.done(&["restore", "docs"]);
    home.sh("for file in docs.restored/*; do echo mine > $file; done").expect_done();
    let output = interrupt_twice(home.begin(&["restore", "docs", "--to", "docs.restored"]));
    assert_eq!((output.code, output.signal), (Some(130), None), "{output:?}");
    assert_eq!(output.stdout, "", "it had no time to sum up");
}

#[test]
fn the_first_one_ends_a_run_and_leaves_nothing() {
    let home = home_with_backup();
    let old = home.bytes("backups/big.tar");
    home.write_zeros("big", LARGE);
    let mut terminal = Terminal::begin(&home, &["run", "big"], &[]);
    let draft = home.path("backups/.big.tar.partial");
    eventually("the backup begins", || draft.metadata().is_ok_and(|draft| draft.len() > 0));
    terminal.press_ctrl_c();
    let (code, written) = terminal.end();
    assert_eq!(code, 130, "{written:?}");
    assert!(written.contains("Ending cleanly; Ctrl-C again ends at once\r\n"), "{written:?}");
    assert!(
        written.ends_with(
            "Backup interrupted for big\r\nhint: nothing was replaced: the backup made before it stays\r\n"
        ),
        "{written:?}"
    );
    assert!(home.bytes("backups/big.tar") == old, "the old backup is kept byte for byte");
    home.write("big", "new");
    home.done(&["run", "big"]);
    assert_eq!(home.names("backups"), ["big.tar"]);
}

#[test]
fn a_run_that_was_ended_at_once_leaves_nothing_after_the_next() {
    let home = home_with_backup();
    let old = home.bytes("backups/big.tar");
    home.write_zeros("big", LARGE);
    let child = home.begin(&["run", "big"]);
    let run = Process { pid: child.id() };
    let draft = home.path("backups/.big.tar.partial");
    eventually("the backup begins", || draft.metadata().is_ok_and(|draft| draft.len() > 0));
    run.send(Signal::KILL);
    assert_eq!(Finished::of(child).code, None);
    assert!(home.bytes("backups/big.tar") == old, "the old backup is kept byte for byte");
    home.write("big", "new");
    home.done(&["run", "big"]);
    assert_eq!(home.names("backups"), ["big.tar"]);
}

/// Begins a restore, interrupts it in the middle, and returns what it says.
fn interrupted_restore(home: &Home, arguments: &[&str], begun: &str) -> Finished {
    let child = home.begin(&[&["restore", "big"], arguments].concat());
    let restore = Process { pid: child.id() };
    eventually("the restore begins", || home.path(begun).exists());
    restore.send(Signal::INT);
    let output = Finished::of(child);
    assert_eq!((output.code, output.signal), (Some(130), None), "{output:?}");
    assert_eq!(output.stdout, "");
    output
}

#[test]
fn an_interrupted_restore_says_what_there_is_and_goes_on() {
    let home = home();
    home.write("big/a", "small");
    for number in 0..4 {
        home.write_zeros(&format!("big/large{number}"), LARGE / 4);
    }
    home.write("backup_schedules.txt", "big;2099-01-01 00:00;big\n");
    home.done(&["run", "big"]);
    home.sh("mkdir there").expect_done();
    for (arguments, begun, target, expected) in [
        (
            &[][..],
            ".big.restored.restoring",
            "big.restored",
            "doesn't exist yet: it appears once everything is restored; about ",
        ),
        (&["--to", "there"], "there/a", "there", "is partly restored, about "),
    ] {
        let output = interrupted_restore(&home, arguments, begun);
        let lines: Vec<_> = output.stderr.lines().collect();
        let [state, error, hint] = lines.as_slice() else { panic!("three lines: {output:?}") };
        assert!(state.contains(&format!("{target} {expected}")), "{state}");
        assert!(state.contains(" of 201.3 MB of the backup"), "{state}");
        assert!(error.starts_with("Error: can't restore backups/big.tar"), "{error}");
        assert_eq!(*hint, "hint: run the same again: it goes on where it stopped");
        home.done(&[&["restore", "big"], arguments].concat());
        assert_eq!(home.sh(&format!("diff -r big {target}")).code, Some(0));
    }
    assert!(!home.path(".big.restored.restoring").exists());
}
