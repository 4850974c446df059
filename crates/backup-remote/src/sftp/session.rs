//! Session: a running `ssh` that speaks SFTP.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use backup_core::model::destination::DestinationFault;
use openssh_sftp_client::{Error, Sftp as Client, SftpOptions};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::runtime::Runtime;

use crate::location::SftpPlace;
use crate::problem::Problem;
use crate::sftp::failure::within;

/// Nobody is asked for anything, and a connection whose other side is gone ends within a minute. Everything else is as the user's
/// own configuration says.
const OPTIONS: [&str; 7] = [
    "BatchMode=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "ClearAllForwardings=yes",
];

/// How much of what `ssh` says is kept.
const MOST_SAID_BYTES: usize = 4 << 10;

/// How long `ssh` may take to end by itself.
const END_TIME: Duration = Duration::from_secs(2);

const TICK: Duration = Duration::from_millis(5);

/// A running `ssh`. It is ended and reaped when this is dropped, at the latest.
pub(super) struct Session {
    client: Client,
    process: Process,
}

impl Session {
    pub(super) fn open(place: &SftpPlace, ssh: &Path, runtime: &Runtime) -> Result<Self, Problem> {
        let mut process = Process::start(place, ssh)?;
        let client = runtime.block_on(async {
            let sender = Sender::from_owned_fd(process.input()?)?;
            let receiver = Receiver::from_owned_fd(process.output()?)?;
            within(Client::new(sender, receiver, SftpOptions::new())).await
        });
        match client {
            Ok(client) => Ok(Self { client, process }),
            Err(error) => Err(process.end(&error.to_string())),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Ends a session whose connection is lost, and returns why it was lost.
    pub(super) fn end(mut self, runtime: &Runtime, why: &str) -> Problem {
        let _inside = runtime.enter();
        drop(self.client);
        self.process.end(why)
    }

    /// Ends a session that nobody needs any more.
    pub(super) fn close(self, runtime: &Runtime) {
        let _ = runtime.block_on(async { tokio::time::timeout(END_TIME, self.client.close()).await });
        drop(self.process);
    }
}

/// The process, and what it has said so far.
struct Process {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
}

impl Process {
    fn start(place: &SftpPlace, ssh: &Path) -> Result<Self, Problem> {
        let mut command = Command::new(ssh);
        command.args(OPTIONS.iter().flat_map(|option| ["-o", option]));
        if let Some(port) = place.port {
            command.args(["-p", &port.to_string()]);
        }
        if let Some(user) = &place.user {
            command.args(["-l", user]);
        }
        command.args(["-s", "--", &place.host, "sftp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let cant_start = |error| {
            Problem::new(DestinationFault::Local, format!("{} can't be started: {error}", ssh.display()))
        };
        let mut child = command.spawn().map_err(cant_start)?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let listener = child.stderr.take().map(|stderr| listen(stderr, Arc::clone(&said)));
        Ok(Self { child, said, listener })
    }

    fn input(&mut self) -> Result<OwnedFd, Error> {
        let input = self.child.stdin.take().map(OwnedFd::from);
        input.ok_or_else(|| Error::IOError(std::io::ErrorKind::BrokenPipe.into()))
    }

    fn output(&mut self) -> Result<OwnedFd, Error> {
        let output = self.child.stdout.take().map(OwnedFd::from);
        output.ok_or_else(|| Error::IOError(std::io::ErrorKind::BrokenPipe.into()))
    }

    /// Ends the process, and returns why there is no connection: what it said, or `otherwise`.
    fn end(&mut self, otherwise: &str) -> Problem {
        self.stop();
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&said);
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        let said = lines.collect::<Vec<_>>().join("; ");
        Problem::new(fault(&said), if said.is_empty() { otherwise.to_owned() } else { said })
    }

    /// Waits a moment for the end of the process, which has lost its input, and then ends it.
    fn stop(&mut self) {
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if begun.elapsed() > END_TIME {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            sleep(TICK);
        }
        // A master connection in the background, which the user's configuration may ask for, keeps the pipe open. So this doesn't
        // wait for its end.
        let is_heard = |listener: &JoinHandle<()>| listener.is_finished() || begun.elapsed() > END_TIME;
        while !self.listener.as_ref().is_none_or(is_heard) {
            sleep(TICK);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Keeps the last that a process says.
fn listen(mut stderr: ChildStderr, said: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok(bytes @ 1..) = stderr.read(&mut buffer) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.extend_from_slice(&buffer[..bytes]);
            let surplus = said.len().saturating_sub(MOST_SAID_BYTES);
            said.drain(..surplus);
        }
    })
}

/// Returns what the words of `ssh` mean. It has no codes, and its words are never translated.
fn fault(said: &str) -> DestinationFault {
    for (words, fault) in [
        ("Could not resolve hostname", DestinationFault::NameResolution),
        ("Host key verification failed", DestinationFault::WrongHost),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", DestinationFault::WrongHost),
        ("Permission denied (", DestinationFault::BadCredentials),
        ("Too many authentication failures", DestinationFault::BadCredentials),
        ("subsystem request failed", DestinationFault::Unsupported),
        ("Bad configuration option", DestinationFault::BadSettings),
    ] {
        if said.contains(words) {
            return fault;
        }
    }
    DestinationFault::Unreachable
}
