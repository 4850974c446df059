//! Drills where this process, its tar or its disk can do less than usual; and services that run as process 1, get signals that
//! ask for nothing, or have very many schedules.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use backup_tests::{Finished, Home, Process, Signal, eventually, with_mounts};
use rustix::process::geteuid;

use crate::home;

/// Returns a home with a backup of a folder that holds a file of another user, if root makes it.
fn home_with_backup() -> Home {
    let home = home();
    home.write("docs/letter", "dear");
    if geteuid().is_root() {
        home.sh("chown 1000:1000 docs/letter && mknod docs/null c 1 3").expect_done();
    }
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["run", "docs"]);
    home
}

fn is_root(what: &str) -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        backup_core::testing::skipped(format_args!("{what}: needs root"));
    }
    is_root
}

fn has(program: &str) -> bool {
    let is_there = Command::new("which").arg(program).output().is_ok_and(|found| found.status.success());
    if !is_there {
        backup_core::testing::skipped(format_args!("{program} isn't there"));
    }
    is_there
}

/// Puts a program called tar in front of the system's.
fn put_tar(home: &Home, script: &str) {
    home.write("bin/tar", format!("#!/bin/sh\nPATH=${{PATH#*:}}\n{script}\n"));
    fs::set_permissions(home.path("bin/tar"), fs::Permissions::from_mode(0o755)).expect("it is there");
}

const WITH_TAR: &str = "export PATH=$PWD/bin:$PATH;";

#[test]
fn root_with_few_rights_condemns_no_sound_backup() {
    if !is_root("capabilities to lose") || !has("setpriv") {
        return;
    }
    let home = home_with_backup();
    let few = "setpriv --bounding-set=-all,+dac_read_search --inh-caps=-all backup_manager";
    let drilled = home.sh(&format!("{few} drill docs")).expect_done();
    assert!(drilled.stdout.starts_with("docs.tar  came back whole (3 entries, 4 B, 2 entries only in part)"));
    home.done(&["status", "--check"]);
    // Another tar that loses a file is found out all the same, and a whole drill lifts the verdict.
    put_tar(
        &home,
        "tar \"$@\"; code=$?; [ \"$1\" = --version ] || { touch -r docs t; rm -f docs/letter; touch -r t docs; rm t; }; exit $code",
    );
    let lost = home.sh(&format!("{WITH_TAR} {few} drill docs"));
    assert_eq!(lost.code, Some(1));
    assert!(lost.stdout.contains("  docs/letter: it didn't come back\n"), "{lost:?}");
    assert_eq!(home.manager(&["status", "--check"]).code, Some(1));
    home.done(&["drill", "docs"]);
    home.done(&["status", "--check"]);
}

#[test]
fn the_tars_of_others_condemn_no_sound_backup() {
    for tar in ["busybox tar", "bsdtar"] {
        if !has(tar.split(' ').next().unwrap_or_default()) {
            continue;
        }
        let home = home_with_backup();
        home.sh("truncate -s 1M docs/sparse && echo x >> docs/sparse").expect_done();
        home.done(&["run", "docs"]);
        put_tar(&home, &format!("exec {tar} \"$@\""));
        let drilled = home.sh(&format!("{WITH_TAR} backup_manager drill docs")).expect_done();
        assert!(drilled.stdout.contains("came back whole"), "{tar}: {drilled:?}");
        home.done(&["status", "--check"]);
    }
}

#[test]
fn a_drill_from_a_read_only_disk_tells_that_it_passed() {
    let home = home_with_backup();
    let script = "mkdir ro scratch; mount --bind . ro && mount -o remount,bind,ro ro || exit 77
        backup_manager --home ro drill docs --in scratch; echo code $?";
    match with_mounts(&home, script) {
        Some(output) if output.code != Some(77) => {
            assert!(output.stdout.starts_with("docs.tar  came back whole"), "{output:?}");
            assert!(output.stdout.ends_with("code 0\n"), "{output:?}");
            let warning = "warning: no receipt of docs.tar could be kept: can't ";
            assert!(output.stderr.contains(warning), "{output:?}");
        }
        _ => backup_core::testing::skipped("mounting is not allowed here"),
    }
}

#[test]
fn a_huge_hole_is_not_read() {
    let home = home();
    home.write("docs/letter", "dear");
    if home.sh("truncate -s 4T docs/huge").code != Some(0) {
        return backup_core::testing::skipped("no file of 4 TiB can be made here");
    }
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["run", "docs"]);
    assert!(home.done(&["drill"]).stdout.starts_with("docs.tar  came back whole (3 entries, 4.3 TB)"));
    // The file that exists is compared in the same way.
    home.done(&["verify", "docs", "--against-source"]);
    home.done(&["restore", "docs", "--in-place", "--yes"]);
}

#[test]
fn signals_that_ask_for_nothing_end_no_service() {
    let home = home();
    home.write("backup_schedules.txt", "# none\n");
    let service = home.start(&[]);
    for signal in
        [Signal::USR1, Signal::USR2, Signal::ALARM, Signal::VTALARM, Signal::PROF, Signal::IO, Signal::PIPE]
    {
        service.send(signal);
        eventually("it is read", || !service.is_pending(signal));
    }
    assert!(!service.is_gone());
    home.done(&["stop"]);
    assert_eq!(home.service_log(), ["backup_service started", "backup_service stopped"]);
}

/// An older `backup_manager stop` asks with SIGUSR1, and waits.
#[test]
fn an_older_manager_stops_a_service() {
    let home = home();
    home.write("backup_schedules.txt", "# none\n");
    let service = home.start(&[]);
    home.sh("mkdir older && cp /bin/sh older/backup_manager").expect_done();
    let ask = format!("kill -USR1 {0}; while kill -0 {0} 2>/dev/null; do :; done", service.pid);
    let asked = home.command(home.path("older/backup_manager")).args(["-c", &ask]).spawn();
    eventually("it has gone", || service.is_gone());
    let mut asked = asked.expect("a shell starts");
    let _ = asked.kill();
    let _ = asked.wait();
}

#[test]
fn as_process_1_the_service_waits_for_orphans_and_leaves_tools_to_their_drills() {
    let home = home_with_backup();
    home.due("docs", "docs2;drill=daily");
    // Each tool leaves an orphan behind, and fails where its own end is taken away.
    put_tar(&home, "(sleep 0.2 &) ; tar \"$@\"");
    let serve = format!("{WITH_TAR} exec backup_service --home . --poll 1");
    let isolated = home.sh("unshare -rpf --mount-proc true").code == Some(0);
    if !isolated {
        return backup_core::testing::skipped("no namespaces can be made here");
    }
    let mut unshare = home.command("unshare");
    let mut started = unshare
        .args(["-rpf", "--kill-child", "--mount-proc", "sh", "-c", &serve])
        .spawn()
        .expect("it starts");
    let drilled = || {
        home.service_log().iter().any(|line| line.starts_with("Drilled backups/docs2.tar: came back whole"))
    };
    eventually("it is drilled", || home.path("logs/backup_service.log").exists() && drilled());
    let service = children_of(started.id()).into_iter().next().expect("it runs");
    let zombies = || children_of(service.pid).into_iter().any(|child| child.state() == Some('Z'));
    eventually("all have ended", || children_of(service.pid).is_empty() && !zombies());
    service.send(Signal::TERM);
    let ended = started.wait().expect("it ends");
    assert!(ended.success(), "{ended:?}");
}

fn children_of(pid: u32) -> Vec<Process> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let told = fs::read_to_string(path).unwrap_or_default();
    told.split_whitespace().filter_map(|pid| Some(Process { pid: pid.parse().ok()? })).collect()
}

#[test]
fn a_stop_waits_for_no_look_among_very_many_schedules() {
    const MANY: usize = 100_000;
    let home = home();
    home.write("docs/letter", "dear");
    let lines: String = (0..MANY).map(|number| format!("docs;04:00;docs{number}\n")).collect();
    home.write("backup_schedules.txt", lines);
    let service = Finished::run(&mut home.manager_command(&["start"])).expect_done();
    assert_eq!(service.stdout, "backup_service started\n");
    eventually("the first look has begun", || home.path("logs/history.jsonl").exists());
    home.done(&["stop"]);
    let seen = home.text("logs/history.jsonl").lines().count();
    assert!(seen < MANY, "it looked at all of them first");
}
