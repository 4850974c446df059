//! Supervisor: tells the program that started the service, such as systemd, how it is.
//!
//! The protocol is that of `sd_notify(3)`: datagrams of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. It
//! says that services of other supervisors may use it, too. Addresses of virtual machines (`vsock:`) aren't supported.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use backup_core::ports::Progress;
use backup_core::text::printable;
use rustix::time::{ClockId, clock_gettime};

/// The variables that are meant for this process alone.
const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// How long a message waits for a supervisor that doesn't take it. After that, no message waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts a command without the variables of the supervisor: it would take the command's messages for the service's.
pub(crate) fn without_supervisor(command: &mut Command) -> &mut Command {
    VARIABLES.into_iter().fold(command, |command, name| command.env_remove(name))
}

/// The program that started the service and wants to hear of it. Without one, every message goes nowhere.
///
/// A message that the supervisor doesn't take is dropped. No method fails.
#[derive(Debug, Default)]
pub struct Supervisor {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// Half of the time within which the supervisor wants to hear that the service works.
    interval: Option<Duration>,
    last_sign: Mutex<Option<Instant>>,
}

impl Supervisor {
    /// Returns the supervisor that the environment names.
    #[must_use]
    pub fn of_environment() -> Self {
        Self::of(&|name| std::env::var_os(name))
    }

    fn of(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let socket = variable("NOTIFY_SOCKET").as_deref().and_then(address).and_then(|address| {
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_write_timeout(Some(PATIENCE)).ok()?;
            Some((socket, address))
        });
        let number = |name| variable(name).and_then(|value| value.to_str()?.parse::<u64>().ok());
        let is_meant =
            variable("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(std::process::id().into());
        let interval = number("WATCHDOG_USEC").filter(|micros| is_meant && *micros > 0);
        let interval = interval.map(|micros| Duration::from_micros(micros) / 2).filter(|_| socket.is_some());
        Self { socket, interval, last_sign: Mutex::default() }
    }

    /// Returns how often the supervisor wants a [sign of life](Self::show_life), if it does.
    #[must_use]
    pub fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// Tells that the service is ready, or that it has read everything anew after [`reloading`](Self::reloading).
    pub fn ready(&self) {
        self.send("READY=1");
    }

    /// Tells that the service reads everything anew.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000);
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// Tells that the service is about to stop.
    pub fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// Tells people what the service does, in one line.
    pub fn status(&self, text: &str) {
        self.send(&format!("STATUS={}", printable(text.as_bytes())));
    }

    /// Shows that the service works. Call it from the work itself, as often as you like: a message goes out when half of the
    /// time has passed.
    pub fn show_life(&self) {
        let Some(interval) = self.interval else { return };
        let now = Instant::now();
        let mut last = self.last_sign.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.duration_since(last) >= interval) {
            *last = Some(now);
            self.send("WATCHDOG=1");
        }
    }

    fn send(&self, message: &str) {
        let Some((socket, address)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address)
            && error.kind() == io::ErrorKind::WouldBlock
        {
            // The work must not wait again and again for somebody who doesn't listen.
            let _ = socket.set_nonblocking(true);
        }
    }
}

/// As a progress, work that goes on is a sign of life. It is never cancelled.
impl Progress for Supervisor {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {
        self.show_life();
    }

    fn is_cancelled(&self) -> bool {
        self.show_life();
        false
    }
}

/// Returns the address of a socket: a path, or `@` and an abstract name.
fn address(name: &OsStr) -> Option<SocketAddr> {
    match name.as_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(name).ok(),
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::os::unix::net::UnixListener;

    use tempfile::tempdir;

    use super::*;

    fn supervisor(variables: &[(&str, &str)]) -> Supervisor {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        Supervisor::of(&|name| variables.get(name).map(OsString::from))
    }

    fn received(server: &UnixDatagram) -> Vec<String> {
        server.set_nonblocking(true).unwrap();
        let mut buffer = [0; 1_000];
        std::iter::from_fn(|| server.recv(&mut buffer).ok().map(|count| buffer[..count].to_vec()))
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .collect()
    }

    #[test]
    fn tells_a_socket_with_a_path_and_one_without() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("notify");
        let abstract_name = format!("backup-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        for (server, name) in [
            (UnixDatagram::bind(&path).unwrap(), path.to_str().unwrap().to_owned()),
            (UnixDatagram::bind_addr(&address).unwrap(), format!("@{abstract_name}")),
        ] {
            let supervisor = supervisor(&[("NOTIFY_SOCKET", &name)]);
            supervisor.ready();
            supervisor.status("Idle\nREADY=1");
            supervisor.reloading();
            supervisor.stopping();
            supervisor.show_life();
            let mut told = received(&server);
            let reloading = told.remove(2);
            assert_eq!(told, ["READY=1", r"STATUS=Idle\nREADY=1", "STOPPING=1"], "{name}");
            let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
            assert!(micros.parse::<u64>().unwrap() > 0);
        }
    }

    #[test]
    fn asks_for_half_of_the_time_of_its_own_process() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("notify");
        let _server = UnixDatagram::bind(&path).unwrap();
        let own = std::process::id().to_string();
        let interval = |usec: &str, pid: Option<&str>| {
            let mut variables = vec![("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", usec)];
            variables.extend(pid.map(|pid| ("WATCHDOG_PID", pid)));
            supervisor(&variables).interval()
        };
        assert_eq!(interval("3000000", None), Some(Duration::from_millis(1_500)));
        assert_eq!(interval("3000000", Some(&own)), Some(Duration::from_millis(1_500)));
        assert_eq!(interval("3000000", Some("1")), None, "it is another's");
        for wrong in ["", "0", "-1", "soon", "3000000 "] {
            assert_eq!(interval(wrong, None), None, "{wrong:?}");
        }
        assert_eq!(supervisor(&[("WATCHDOG_USEC", "3000000")]).interval(), None, "nobody listens");
    }

    #[test]
    fn signs_of_life_are_an_interval_apart() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("notify");
        let server = UnixDatagram::bind(&path).unwrap();
        let path = path.to_str().unwrap();
        let patient = supervisor(&[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "7200000000")]);
        (0..100).for_each(|_| patient.advanced(Path::new("a"), 1));
        assert!(!patient.is_cancelled());
        assert_eq!(received(&server), ["WATCHDOG=1"], "an hour has not passed");
        let eager = supervisor(&[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "1")]);
        (0..3).for_each(|_| eager.show_life());
        assert_eq!(received(&server), ["WATCHDOG=1"; 3]);
    }

    #[test]
    fn a_socket_that_is_none_harms_nobody() {
        let folder = tempdir().unwrap();
        let stream = folder.path().join("stream");
        let _listener = UnixListener::bind(&stream).unwrap();
        let long = format!("/{}", "x".repeat(200));
        for name in
            ["", "@", "relative", "vsock:2:1", "/", "/nowhere/at/all", &long, stream.to_str().unwrap()]
        {
            let supervisor = supervisor(&[("NOTIFY_SOCKET", name), ("WATCHDOG_USEC", "1")]);
            supervisor.ready();
            supervisor.show_life();
        }
    }

    /// The kernel takes only some messages for somebody who reads none.
    #[test]
    fn a_full_socket_delays_once() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("notify");
        let server = UnixDatagram::bind(&path).unwrap();
        let supervisor = supervisor(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
        let begun = Instant::now();
        (0..10_000).for_each(|_| supervisor.ready());
        assert!(begun.elapsed() < 20 * PATIENCE, "each of them would wait");
        assert!(received(&server).len() < 10_000, "the socket was never full");
    }

    #[test]
    fn a_command_does_not_get_its_variables() {
        let mut command = Command::new("true");
        without_supervisor(&mut command);
        let removed: Vec<_> = command.get_envs().collect();
        assert_eq!(removed.len(), VARIABLES.len());
        assert!(removed.iter().all(|(_, value)| value.is_none()));
    }
}
