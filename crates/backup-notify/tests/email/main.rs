//! Notices by e-mail, to a real mail server and to hostile ones.

#![expect(clippy::unwrap_used, reason = "a test program, its helpers included")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use backup_core::model::config::ConfigReading;
use backup_core::model::notice::{Notice, NoticeKind, NotifyTarget, Unsent, UnsentKind};
use backup_core::ports::{NoCommands, Notifier};
use backup_core::testing::{at, skipped};
use backup_notify::Sender;
use insta::assert_snapshot;
use tempfile::TempDir;

/// Returns the target of these settings, to a server on this port.
fn target(port: u16, more: &str) -> NotifyTarget {
    let common = "to = \"email\"\nfrom = \"Backup <backup@example.com>\"\nhost = \"localhost\"\n";
    let recipients = "recipients = [\"ann@example.com\", \"Bob <bob@example.com>\"]\n";
    let text = format!("[notify.office]\n{common}{recipients}port = {port}\n{more}");
    let reading = ConfigReading::from_toml(&text);
    assert_eq!(reading.faults, [], "{text}");
    reading.config.notify.into_iter().next().unwrap()
}

fn notice() -> Notice {
    let mut notice = Notice::new(NoticeKind::Failure, "größe", at("2026-03-10 16:08"));
    notice.error = Some("path /home/ann/größe does not exist\n.\nMAIL FROM:<x>".to_owned());
    "/home/ann/größe".clone_into(&mut notice.source);
    notice
}

fn send(target: &NotifyTarget) -> Result<(), Unsent> {
    Sender::of_host("nas", NoCommands).send(target, &notice())
}

/// A real mail server, which wants encryption and the password `hunter2`.
struct RealServer {
    folder: TempDir,
    process: Child,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl RealServer {
    /// Starts it, or says why that can't be.
    fn start() -> Option<Self> {
        let Some(python) = python() else {
            skipped("no Python with aiosmtpd (.ci/run installs it into target/python)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        fs::write(&cert, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/email/server.py");
        let mut process = Command::new(python)
            .args([&script, &cert, &key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        Some(Self { folder, process, output, port: port.trim().parse().unwrap() })
    }

    /// Returns the target of these settings, which trusts the server and knows this password.
    fn target(&self, password: &str, more: &str) -> NotifyTarget {
        let (ca, file) = (self.folder.path().join("cert.pem"), self.folder.path().join("password"));
        fs::write(&file, password).unwrap();
        let login = format!("user = \"backup\"\npassword_file = {file:?}\n");
        target(self.port, &format!("{login}ca_file = {ca:?}\n{more}"))
    }

    fn message(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns a Python that has the mail server.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python3");
    let has_server = |python: &PathBuf| {
        let mut asked = Command::new(python);
        asked
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    [own, PathBuf::from("python3")].into_iter().find(has_server)
}

#[test]
fn a_message_arrives_encrypted_and_with_a_login() {
    let Some(mut server) = RealServer::start() else { return };
    send(&server.target("hunter2\n", "")).unwrap();
    let message = server.message();
    assert_eq!((&message["tls"], &message["user"]), (&true.into(), &"backup".into()));
    assert_eq!(message["to"], serde_json::json!(["ann@example.com", "bob@example.com"]));
    let text = message["text"].as_str().unwrap();
    let changing = |line: &&str| !line.starts_with("Message-ID: ") && !line.starts_with("Date: ");
    assert_snapshot!(text.lines().filter(changing).collect::<Vec<_>>().join("\n"), @r"
    From: Backup <backup@example.com>
    Subject: backup =?utf-8?b?Z3LDtsOfZQ==?= on nas failed
    To: ann@example.com, Bob <bob@example.com>
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Reason: path /home/ann/gr=C3=B6=C3=9Fe does not exist
    .
    MAIL FROM:<x>
    Source: /home/ann/gr=C3=B6=C3=9Fe
    Last good backup: none is known
    On that machine, `backup_manager status gr=C3=B6=C3=9Fe` tells more.
    ");
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let Some(server) = RealServer::start() else { return };
    let unsent = send(&server.target("hunter3", "")).unwrap_err();
    assert_eq!(unsent.kind, UnsentKind::Refused);
    let text = unsent.to_string().replace(&server.port.to_string(), "PORT");
    assert_snapshot!(text, @"localhost:PORT: 535 5.7.8 Authentication credentials invalid; check the user and the password");
}

#[test]
fn an_unknown_certificate_is_refused() {
    let Some(server) = RealServer::start() else { return };
    let mut target = server.target("hunter2", "");
    target.ca_file = None;
    let text = send(&target).unwrap_err().to_string().replace(&server.port.to_string(), "PORT");
    assert_snapshot!(text, @r#"localhost:PORT: no encrypted connection: invalid peer certificate: UnknownIssuer; to trust a certificate of your own, write ca_file = "/path/to/ca.pem""#);
}

#[test]
fn a_server_that_wants_encryption_gets_none_without() {
    let Some(server) = RealServer::start() else { return };
    let unsent = send(&server.target("hunter2", "security = \"none\"\n")).unwrap_err();
    let expected = (UnsentKind::Refused, "No compatible authentication mechanism was found");
    assert_eq!((unsent.kind, unsent.reason.as_str()), expected);
}

/// A server that says these lines, one to the greeting and one to each line that it gets, and then closes the connection.
fn scripted(answers: &'static [&'static str]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, received) = channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept()?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        for answer in answers {
            write!(&stream, "{answer}\r\n")?;
            let Some(Ok(line)) = lines.next() else { break };
            let _ = sender.send(line);
        }
        Ok::<(), std::io::Error>(())
    });
    (port, received)
}

/// Returns why a server on this port doesn't take a message that isn't encrypted.
fn refused(port: u16, more: &str) -> (UnsentKind, String) {
    let unsent = send(&target(port, &format!("timeout = \"1s\"\n{more}"))).unwrap_err();
    (unsent.kind, unsent.to_string().replace(&port.to_string(), "PORT"))
}

#[test]
fn a_server_that_refuses_is_told() {
    let none = "security = \"none\"\n";
    let (port, _) = scripted(&["220 hi", "250 hi", "550 no such sender"]);
    assert_eq!(refused(port, none), (UnsentKind::Refused, "localhost:PORT: 550 no such sender".to_owned()));
    let (port, _) = scripted(&["220 hi", "250 hi", "451 try later"]);
    assert_eq!(refused(port, none), (UnsentKind::Unreachable, "localhost:PORT: 451 try later".to_owned()));
}

#[test]
fn no_secret_is_sent_to_a_server_without_encryption() {
    let (port, received) = scripted(&["220 hi", "250 hi", "250 hi"]);
    let (_, text) = refused(port, "");
    assert!(text.starts_with("localhost:PORT: "), "{text}");
    assert!(!received.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "hunter2").unwrap();
    let mut target = target(1, &format!("security = \"none\"\nuser = \"ann\"\npassword_file = {file:?}\n"));
    let backup_core::model::notice::Channel::Email(email) = &mut target.channel else {
        panic!("another kind")
    };
    "smtp.example.com".clone_into(&mut email.host);
    let unsent = send(&target).unwrap_err();
    assert_eq!(unsent.kind, UnsentKind::Local);
    assert!(
        unsent.reason.contains("the password isn't sent to smtp.example.com without encryption"),
        "{unsent}"
    );
}

#[test]
fn a_server_that_closes_the_connection_or_talks_nonsense_is_told() {
    let none = "security = \"none\"\n";
    for answers in [&["220 hi", "250 hi"][..], &["hello", "hello"], &[]] {
        let (port, _) = scripted(answers);
        assert_eq!(refused(port, none).0, UnsentKind::Unreachable, "{answers:?}");
    }
}

#[test]
fn a_server_that_hangs_or_drips_takes_no_longer_than_the_timeout() {
    let late = (UnsentKind::Unreachable, "localhost:PORT: no answer within 1s".to_owned());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(refused(listener.local_addr().unwrap().port(), "security = \"none\"\n"), late);
    assert_eq!(refused(listener.local_addr().unwrap().port(), "security = \"tls\"\n"), late);
    let dripping = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = dripping.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _): (TcpStream, _) = dripping.accept()?;
        loop {
            stream.write_all(b"220-hi\r\n")?;
            thread::sleep(Duration::from_millis(50));
        }
        #[expect(unreachable_code, reason = "it says which error ends the thread")]
        Ok::<(), std::io::Error>(())
    });
    assert_eq!(refused(port, "security = \"none\"\n"), late);
}
