//! The service as process 1 of a container: a process namespace of its own and a read-only volume, without an engine.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use backup_core::testing::skipped;
use backup_tests::{Finished, Home, Process, Signal, eventually, wait_for};

use crate::home;

const DOCKERFILE: &str = include_str!("../../../docs/examples/docker/Dockerfile");
const COMPOSE: &str = include_str!("../../../docs/examples/docker/compose.yaml");

const NAMESPACES: [&str; 5] = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// Returns the command that stands behind `keyword` in the Dockerfile.
fn docker_command(keyword: &str) -> Vec<String> {
    let line = DOCKERFILE.lines().find(|line| line.starts_with(keyword)).expect("the Dockerfile has it");
    serde_json::from_str(&line[line.find('[').expect("it is a list")..]).expect("it is a list of words")
}

/// Returns the option of setpriv for the capabilities of the compose file.
fn capabilities() -> String {
    let (_, list) = COMPOSE.split_once("cap_add:\n").expect("the compose file adds some");
    let added = list.lines().map_while(|line| line.trim().strip_prefix("- "));
    let added: String = added.map(|name| format!(",+{}", name.to_lowercase())).collect();
    format!("--bounding-set=-all{added}")
}

/// A service as process 1.
struct Container<'h> {
    home: &'h Home,
    engine: Child,
    /// Its process 1, as it is seen from outside.
    first: Process,
}

impl<'h> Container<'h> {
    /// Returns `None` where such namespaces can't be had.
    fn run(home: &'h Home) -> Option<Self> {
        let probe =
            format!("mkdir -p probe && mount --bind probe probe && exec setpriv {} true", capabilities());
        if Finished::run(home.command("unshare").args(NAMESPACES).args(["sh", "-c", &probe])).code != Some(0)
        {
            skipped("process namespaces are not allowed here");
            return None;
        }
        let mount = "mount --bind volume volume && mount -o remount,bind,ro volume";
        let service = docker_command("ENTRYPOINT").join(" ");
        let script = format!("{mount} && exec setpriv {} {service}", capabilities());
        let mut command = command(home, "unshare");
        command.args(NAMESPACES).args(["sh", "-c", &script]);
        let engine = command.spawn().expect("unshare was there a moment ago");
        eventually("the service is process 1", || home.text("backup_service.pid") == "1\n");
        let first = child(engine.id()).expect("unshare has one child, which is process 1");
        Some(Self { home, engine, first })
    }

    /// Runs a command in the container, as `docker exec` does.
    fn exec(&self, command: &[&str]) -> Finished {
        let target = self.first.pid.to_string();
        let mut nsenter = self::command(self.home, "nsenter");
        nsenter
            .args(["--mount", "--pid", "--target", &target, "--", "setpriv", &capabilities()])
            .args(command);
        Finished::run(&mut nsenter)
    }

    fn manager(&self, arguments: &[&str]) -> Finished {
        self.exec(&[&["backup_manager"], arguments].concat())
    }

    /// Returns the exit code of the health check.
    fn health(&self) -> Option<i32> {
        let command = docker_command("HEALTHCHECK");
        self.exec(&command.iter().map(String::as_str).collect::<Vec<_>>()).code
    }

    /// Waits for the end of the container, which has to be that of a service that was asked to stop.
    fn expect_done(self) {
        let finished = Finished::of(self.engine).expect_done();
        assert_eq!(finished.stderr, self.home.text("logs/backup_service.log"));
        assert_eq!(self.home.service_log().last().map(String::as_str), Some("backup_service stopped"));
        assert!(!self.home.path("backup_service.pid").exists());
    }
}

/// Returns a command with what is in the environment of the image, and a folder for programs of the test.
fn command(home: &Home, program: &str) -> Command {
    let mut command = home.command(program);
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
    let path = path.expect("it has a path").to_string_lossy().into_owned();
    command.env("PATH", format!("{}:{path}", home.path("bin").display()));
    command.env("BACKUP_MANAGER_HOME", home.folder());
    command
}

/// Returns the child of a process.
fn child(pid: u32) -> Option<Process> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    Some(Process { pid: children.trim().parse().ok()? })
}

fn container_home() -> Home {
    let home = home();
    home.write("volume/letter", "Dear all");
    // Root reads it only with the capability for that.
    home.sh("chmod 600 volume/letter && chown 1234:1234 volume/letter").expect_done();
    home
}

#[test]
fn backs_up_a_read_only_volume_and_passes_its_health_check() {
    let home = container_home();
    home.due("volume", "volume");
    let Some(container) = Container::run(&home) else { return };
    eventually("the backup is made", || home.path("backups/volume.tar").exists());
    let letter = home.path("volume/letter");
    let denied = container.exec(&["sh", "-c", &format!("echo >{}", letter.display())]);
    assert!(denied.stderr.contains("Read-only file system"), "{denied:?}");
    eventually("the end is noted", || home.service_log().len() == 2);
    assert!(container.manager(&["status"]).stdout.contains("\nbackup_service running, pid 1, since "));
    assert_eq!(container.health(), Some(0));
    fs::remove_file(home.path("backups/volume.tar")).expect("it is there");
    assert_eq!(container.health(), Some(1));
    container.first.send(Signal::TERM);
    container.expect_done();
}

/// All processes inside end with process 1. A stop from inside must have said before that it worked.
#[test]
fn ends_when_it_is_asked_from_inside_or_outside() {
    for stop in [&["stop"][..], &["stop", "--now"], &["stop", "--ensure"]] {
        let home = container_home();
        let Some(container) = Container::run(&home) else { return };
        let refused = container.manager(&["start"]);
        assert_eq!(refused.stderr, "Error: backup_service already running\n");
        let stopped = container.manager(stop);
        assert_eq!(
            (stopped.code, stopped.stdout.as_str()),
            (Some(0), "backup_service stopped\n"),
            "{stopped:?}"
        );
        container.expect_done();
    }
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let home = container_home();
        let Some(container) = Container::run(&home) else { return };
        container.first.send(signal);
        container.expect_done();
    }
}

#[test]
fn ends_while_a_backup_is_under_way() {
    let home = container_home();
    home.write_zeros("volume/large", 192 << 20);
    home.due("volume", "volume");
    let Some(container) = Container::run(&home) else { return };
    let draft = home.path("backups/.volume.tar.partial");
    eventually("the backup begins", || draft.metadata().is_ok_and(|draft| draft.len() > 0));
    let stopped = container.manager(&["stop", "--now"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert_eq!(home.names("backups"), [""; 0]);
    assert!(home.service_log().contains(&"Backup interrupted for volume, still due".to_owned()));
    container.expect_done();
}

/// Returns the process that sleeps so long.
fn sleeper(seconds: &str) -> Process {
    wait_for("a process sleeps", || {
        let found = Process::find("sleep", Path::new(seconds));
        found.into_iter().find(|process| process.command_line() == format!("sleep {seconds}"))
    })
}

/// The tool of a drill leaves one behind, and so does a command from outside.
#[test]
fn reaps_orphans() {
    let home = container_home();
    let [of_tar, of_shell] = ["1", "2"].map(|last| format!("{}{last}", 1_000_000 + std::process::id()));
    home.write("bin/tar", format!("#!/bin/sh\nsetsid sleep {of_tar} >&- 2>&- <&- &\nexec /bin/tar \"$@\"\n"));
    home.sh("chmod +x bin/tar").expect_done();
    home.due("volume", "volume;drill=daily");
    let Some(container) = Container::run(&home) else { return };
    eventually("it was drilled", || home.service_log().iter().any(|line| line.starts_with("Drilled ")));
    container.exec(&["sh", "-c", &format!("sleep {of_shell} >&- 2>&- <&- &")]).expect_done();
    for seconds in [of_tar, of_shell] {
        let orphan = sleeper(&seconds);
        orphan.send(Signal::KILL);
        eventually("nothing is left of it, not even a zombie", || orphan.is_reaped());
    }
    container.first.send(Signal::TERM);
    container.expect_done();
}
