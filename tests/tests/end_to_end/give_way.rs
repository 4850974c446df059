//! Runs that give way: `nice=`, `ionice=` and `max-rate=`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use backup_core::testing::skipped;
use backup_tests::{Home, Process, Signal, eventually};

use crate::home;

const MEBIBYTE: u64 = 1 << 20;

/// Returns the niceness and the disk priority of each thread of a service whose name begins so.
fn priorities(home: &Home, service: Process, name: &str) -> Vec<(String, String)> {
    let threads = fs::read_dir(format!("/proc/{}/task", service.pid)).expect("it runs").flatten();
    let folders = threads.map(|thread| thread.path());
    let is_it = |folder: &&std::path::PathBuf| {
        fs::read_to_string(folder.join("comm")).is_ok_and(|comm| comm.starts_with(name))
    };
    folders
        .filter(|folder| is_it(&folder))
        .map(|folder| (niceness(&folder), io_priority(home, &folder)))
        .collect()
}

fn niceness(thread: &Path) -> String {
    let stat = fs::read_to_string(thread.join("stat")).expect("the thread waits");
    let (_, fields) = stat.rsplit_once(") ").expect("the kernel writes it so");
    fields.split(' ').nth(16).expect("there are many").to_owned()
}

fn io_priority(home: &Home, thread: &Path) -> String {
    let number = thread.file_name().expect("it has a number").to_string_lossy().into_owned();
    home.sh(&format!("ionice -p {number}")).expect_done().stdout.trim().to_owned()
}

/// The slow one runs beside one without options, and both end when the service is asked to.
#[test]
fn a_run_has_the_priority_of_its_schedule_and_the_others_have_theirs() {
    let home = home();
    if home.sh("ionice").code != Some(0) {
        return skipped("there is no ionice here");
    }
    let own = home.sh("nice; ionice").expect_done().stdout;
    let (own_niceness, own_io) = own.split_once('\n').expect("two lines");
    home.write_zeros("docs", 10 * MEBIBYTE);
    home.due("docs", "slow;max-rate=1K;nice=19;ionice=idle");
    home.due("docs", "slow2;max-rate=1K");
    let service = home.start(&[]);
    let both = || ["slow", "slow2"].map(|name| home.path(format!("backups/.{name}.tar.partial")).exists());
    eventually("both are under way", || both() == [true, true]);
    let lowered = ("19".to_owned(), "idle".to_owned());
    let usual = (own_niceness.to_owned(), own_io.trim().to_owned());
    eventually("each run has a thread that reads", || priorities(&home, service, "pack").len() == 2);
    assert_eq!(priorities(&home, service, "backup slow2"), std::slice::from_ref(&usual));
    let mut readers = priorities(&home, service, "pack");
    readers.sort();
    let mut expected = [lowered.clone(), usual.clone()];
    expected.sort();
    assert_eq!(readers, expected, "threads that the archiver starts inherit it");
    assert_eq!(priorities(&home, service, "backup_service"), [usual]);
    assert!(priorities(&home, service, "backup slow").contains(&lowered));
    service.send(Signal::URG);
    eventually("a run that waits for its rate can be ended", || service.is_gone());
    assert_eq!(home.names("backups"), [""; 0]);
}

#[test]
fn a_source_is_read_no_faster_than_its_schedule_says() {
    let home = home();
    home.write("docs/large", vec![b'x'; 2 << 20]);
    (0..16).for_each(|number| home.write(&format!("docs/{number}"), vec![b'x'; 64 << 10]));
    home.done(&["create", "docs", "16:07", "docs", "--max-rate", "1M"]);
    let begun = Instant::now();
    home.done(&["run", "docs"]);
    assert!(begun.elapsed() >= Duration::from_secs(2), "3 MiB at 1 MiB a second");
    assert_eq!(home.done(&["list"]).stdout, "0: docs;16:07;docs;max-rate=1M\n");
}

#[test]
fn without_the_program_the_backup_is_made_all_the_same() {
    let home = home();
    home.write("docs", "");
    home.due("docs", "docs;ionice=idle;nice=5");
    let mut command = home.service_command(&[]);
    command.env("PATH", home.folder());
    let child = command.spawn().expect("the program starts");
    eventually("the backup is made", || home.path("backups/docs.tar").exists());
    Process { pid: child.id() }.send(Signal::TERM);
    let finished = backup_tests::Finished::of(child).expect_done();
    let reason = "Error: can't set ionice=idle: there is no program ionice; install the package util-linux";
    assert!(finished.stderr.lines().any(|line| line.ends_with(reason)), "{finished:?}");
}

#[test]
fn wrong_values_are_told_with_what_is_allowed() {
    let home = home();
    for (flag, value, allowed) in [
        ("--nice", "20", "a number from 0 to 19"),
        ("--ionice", "realtime", "idle, best-effort:0 to best-effort:7, or no"),
        ("--max-rate", "50MB", "a rate a second such as 800K, 50M or 1G, or no"),
    ] {
        let create = home.manager(&["create", "docs", "16:07", "docs", flag, value]);
        assert_eq!(create.code, Some(2), "{create:?}");
        assert!(create.stderr.contains(value) && create.stderr.contains(allowed), "{create:?}");
    }
}
