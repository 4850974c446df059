//! What the service tells a supervisor such as systemd, by `sd_notify(3)`.

use std::os::unix::net::UnixDatagram;
use std::process::Child;
use std::time::Duration;

use backup_tests::{Finished, Home, PATIENCE, Process, Signal, eventually, messages};

use crate::home;

const SIGN_OF_LIFE: &str = "WATCHDOG=1";

/// A supervisor that keeps what it hears.
struct Listener {
    socket: UnixDatagram,
    path: String,
}

impl Listener {
    fn new(home: &Home) -> Self {
        let path = home.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket can be made");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
        Self { socket, path: path.to_str().expect("a plain name").to_owned() }
    }

    /// Starts a service that is to show life twice in this time.
    fn start(&self, home: &Home, watchdog: Option<Duration>) -> Child {
        let mut command = home.service_command(&["--poll", "3600"]);
        command.env("NOTIFY_SOCKET", &self.path);
        command.envs(watchdog.map(|watchdog| ("WATCHDOG_USEC", watchdog.as_micros().to_string())));
        command.spawn().expect("the program starts")
    }

    /// Returns the next message.
    fn next(&self) -> String {
        let mut buffer = [0; 4_096];
        let count = self.socket.recv(&mut buffer).expect("a message comes");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    /// Waits for a message that begins so, and returns those before it.
    fn until(&self, wanted: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            let message = self.next();
            if message.starts_with(wanted) {
                return before;
            }
            before.push(message);
        }
    }

    fn has_heard_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).expect("a socket can be told not to block");
        self.socket.recv(&mut [0; 4_096]).is_err()
    }
}

fn terminate(child: Child) -> Finished {
    Process { pid: child.id() }.send(Signal::TERM);
    Finished::of(child).expect_done()
}

/// Puts a tar before the system's that makes the folder `begun`, keeps its environment there, and waits for `go`.
fn slow_tar(home: &Home) {
    let wait = "while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done";
    let keep = "mkdir -p \"$HOME/begun\"; env >\"$HOME/begun/env\"";
    let script =
        format!("#!/bin/sh\ncase \"$1\" in --version) ;; *) {keep}; {wait} ;; esac\nexec /bin/tar \"$@\"\n");
    home.write("bin/tar", script);
    home.sh("chmod +x bin/tar").expect_done();
}

#[test]
fn hears_when_it_is_ready_what_it_does_and_when_it_stops() {
    let home = home();
    home.write("docs", "");
    home.done(&["create", "docs;*-02-29 16:07;docs"]);
    let listener = Listener::new(&home);
    let child = listener.start(&home, None);
    assert_eq!(listener.next(), "READY=1");
    assert_eq!(home.service(), Some(Process { pid: child.id() }), "it has the lock");
    assert_eq!(home.manager(&["status"]).code, Some(0));
    let status = listener.next();
    assert!(status.starts_with("STATUS=Idle; next run 2") && status.ends_with("-02-29 16:07"), "{status}");
    Process { pid: child.id() }.send(Signal::HUP);
    let reloading = listener.next();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(listener.next(), "READY=1");
    terminate(child);
    assert_eq!(listener.next(), "STOPPING=1");
    assert!(listener.has_heard_nothing(), "a service with nothing to finish just goes");
}

#[test]
fn hears_what_a_stop_waits_for() {
    let home = home();
    home.write("docs", "");
    home.due("docs", "docs;drill=daily");
    slow_tar(&home);
    let listener = Listener::new(&home);
    let mut command = home.service_command(&[]);
    let path = format!("{}:/usr/bin:/bin", home.path("bin").display());
    command.env("PATH", path).env("NOTIFY_SOCKET", &listener.path);
    command.env("WATCHDOG_USEC", "2000");
    let child = command.spawn().expect("the program starts");
    assert_eq!(listener.next(), "READY=1");
    listener.until("STATUS=Busy backing up docs");
    listener.until("STATUS=Busy drilling docs.tar");
    eventually("tar waits", || home.path("begun/env").exists());
    (0..50).for_each(|_| drop(listener.until(SIGN_OF_LIFE)));
    let environment = home.text("begun/env");
    assert!(environment.contains("PATH="), "{environment}");
    assert!(!environment.contains("NOTIFY") && !environment.contains("WATCHDOG"), "{environment}");
    Process { pid: child.id() }.send(Signal::TERM);
    listener.until("STOPPING=1");
    listener.until("STATUS=Stopping, still drilling docs.tar");
    Finished::of(child).expect_done();
}

/// The supervisor wants to hear of it far more often than the service would wake.
#[test]
fn hears_signs_of_life_of_an_idle_service() {
    let home = home();
    let listener = Listener::new(&home);
    let child = listener.start(&home, Some(Duration::from_millis(20)));
    (0..10).for_each(|_| drop(listener.until(SIGN_OF_LIFE)));
    terminate(child);
    assert!(listener.until("STOPPING=1").iter().all(|message| message == SIGN_OF_LIFE));
}

#[test]
fn hears_nothing_of_a_service_that_can_not_start() {
    let home = home();
    home.start(&[]);
    let listener = Listener::new(&home);
    assert_eq!(Finished::of(listener.start(&home, None)).code, Some(1));
    assert!(listener.has_heard_nothing());
}

/// The starter's supervisor waits for the starter.
#[test]
fn hears_nothing_of_a_service_in_the_background() {
    let home = home();
    let listener = Listener::new(&home);
    for arguments in [&["backup_manager", "start"][..], &["backup_service", "--background"]] {
        let mut command = home.command(arguments[0]);
        command.args(&arguments[1..]).env("NOTIFY_SOCKET", &listener.path).env("WATCHDOG_USEC", "1000");
        Finished::run(&mut command).expect_done();
        let service = home.service().expect("it runs");
        let environment = std::fs::read(format!("/proc/{}/environ", service.pid)).expect("it is ours");
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(environment.contains("PATH=") && !environment.contains("NOTIFY"), "{environment}");
        home.done(&["stop"]);
    }
    assert!(listener.has_heard_nothing());
}

#[test]
fn a_supervisor_that_is_gone_or_deaf_stops_nothing() {
    let home = home();
    home.write("backup_schedules.txt", "");
    let deaf = Listener::new(&home);
    for socket in ["/nowhere/at/all", "@", "nonsense", &deaf.path] {
        let mut command = home.service_command(&[]);
        command.env("NOTIFY_SOCKET", socket).env("WATCHDOG_USEC", "100");
        let child = command.spawn().expect("the program starts");
        eventually("it runs", || home.manager(&["status"]).code == Some(0));
        terminate(child);
    }
    let log = messages(&home.text("logs/backup_service.log"));
    assert_eq!(log, ["backup_service started", "backup_service stopped"].repeat(4));
}
