//! Programs that the tests start: servers, which end with the process of the tests.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A server that runs until the process of the tests ends, however that happens: its shell waits for the end of a pipe.
pub(crate) struct Server {
    _child: Child,
    _alive: ChildStdin,
}

/// Starts a server. What it says goes to the file `log`.
pub(crate) fn start(command: &[&str], log: &Path) -> io::Result<Server> {
    let log = std::fs::File::create(log)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" </dev/null & read -r _; kill -9 $!; wait", "sh"]).args(command);
    shell.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    let mut child = shell.spawn()?;
    let alive = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Server { _child: child, _alive: alive })
}

/// Returns so many ports of the loopback that are free, all of them different.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let listeners =
        std::array::from_fn::<_, N, _>(|_| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    listeners.map(|listener| listener.local_addr().expect("it has an address").port())
}

/// Waits until something listens on a port, or panics with what the server has said.
pub(crate) fn await_port(port: u16, log: &Path) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = || std::fs::read_to_string(log).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing listens on port {port}: {}", said());
        sleep(Duration::from_millis(50));
    }
}

/// Returns a program that `.ci/run` installs into `target/python`.
pub(crate) fn of_python(name: &str) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin").join(name);
    program.is_file().then_some(program)
}
