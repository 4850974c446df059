//! Notices by HTTP, to servers that take them, refuse them, and do anything else.

#![expect(clippy::unwrap_used, reason = "a test program, its helpers included")]

mod server;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backup_core::model::config::ConfigReading;
use backup_core::model::history::Outcome;
use backup_core::model::notice::{Notice, NoticeKind, NotifyTarget, Unsent, UnsentKind};
use backup_core::ports::{NoCommands, Notifier};
use backup_core::testing::{NotifyPlace, at, run_record};
use backup_notify::Sender;
use insta::assert_snapshot;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

use self::server::{Act, Received, Server};

const TAKEN: Act = Act::Answer("200 OK", "OK");

/// Returns the target of a table in a configuration.
fn target(text: &str) -> NotifyTarget {
    let reading = ConfigReading::from_toml(format!("[notify.office]\ntimeout = \"1s\"\n{text}"));
    assert_eq!(reading.faults, [], "{text}");
    reading.config.notify.into_iter().next().unwrap()
}

fn webhook(url: &str) -> NotifyTarget {
    target(&format!("to = \"webhook\"\nurl = \"{url}\"\n"))
}

fn failure() -> Notice {
    let run = run_record("/home/ann/docs;16:07;docs").planned(at("2026-03-10 16:07"));
    let run = run.outcome(Outcome::Failed).problem("path /home/ann/docs does not exist").build();
    let mut notice = Notice::new(NoticeKind::Failure, "docs", at("2026-03-10 16:08")).of_run(&run);
    "/home/ann/docs".clone_into(&mut notice.source);
    notice.since = Some(at("2026-03-10 16:07"));
    notice.last_good = Some(at("2026-03-09 16:07"));
    notice
}

fn send(target: &NotifyTarget, notice: &Notice) -> Result<(), Unsent> {
    Sender::of_host("nas", NoCommands).send(target, notice)
}

fn only(server: &Server) -> Received {
    let mut received = server.received();
    assert_eq!(received.len(), 1, "{received:?}");
    received.remove(0)
}

#[test]
fn a_webhook_gets_a_document() {
    let server = Server::start(TAKEN);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), "hunter2\n").unwrap();
    let token = folder.path().join("token");
    let url = server.url("/hook?key=hunter3");
    let office = target(&format!("to = \"webhook\"\nurl = \"{url}\"\ntoken_file = {token:?}\n"));
    send(&office, &failure()).unwrap();
    let received = only(&server);
    assert_eq!(received.line, "POST /hook?key=hunter3 HTTP/1.1");
    assert_eq!(received.header("authorization"), Some("Bearer hunter2"));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_snapshot!(serde_json::to_string_pretty(&received.json()).unwrap(), @r#"
    {
      "archive": null,
      "before": null,
      "began": "2026-03-10T16:07:00+00:00",
      "bytes": null,
      "ended": "2026-03-10T16:07:00+00:00",
      "error": "path /home/ann/docs does not exist",
      "host": "nas",
      "kind": "failure",
      "last_good": "2026-03-09T16:07:00+00:00",
      "name": "docs",
      "outcome": "failed",
      "planned": "2026-03-10T16:07:00+00:00",
      "reminder": false,
      "run": "bd5ddbd6-2f95-870c-9de5-1dbecb2154ae",
      "since": "2026-03-10T16:07:00+00:00",
      "source": "/home/ann/docs",
      "text": "backup docs on nas failed\nReason: path /home/ann/docs does not exist\nSource: /home/ann/docs\nSince: 2026-03-10 16:07\nPlanned: 2026-03-10 16:07\nBegan: 2026-03-10 16:07\nEnded: 2026-03-10 16:07\nLast good backup: 2026-03-09 16:07\nOn that machine, `backup_manager status docs` tells more.\n",
      "version": 1,
      "written": "2026-03-10T16:08:00+00:00"
    }
    "#);
}

#[test]
fn a_held_backup_comes_with_the_commands_that_look_at_it() {
    let server = Server::start(TAKEN);
    let run =
        run_record("docs;16:07;docs").planned(at("2026-03-10 16:07")).archive("docs.tar", 10_240).build();
    let mut notice = Notice::new(NoticeKind::Failure, "my docs", at("2026-03-10 16:08")).of_run(&run);
    notice.before = Some("my docs.2026-03-09T16-07+0000.tar".to_owned());
    send(&webhook(&server.url("/hook")), &notice).unwrap();
    let document = only(&server).json();
    assert_eq!((&document["bytes"], &document["before"]), (&10_240.into(), &notice.before.into()));
    let text = document["text"].as_str().unwrap();
    assert_snapshot!(text.lines().rev().take(3).collect::<Vec<_>>().join("\n"), @"
    Once all is as it should be, `backup_manager accept 'my docs'` ends the hold.
    `backup_manager restore 'my docs' --generation 'my docs.2026-03-09T16-07+0000.tar'` gets that one back, into a new folder.
    The backup before that is my docs.2026-03-09T16-07+0000.tar: `backup_manager diff 'my docs' 'my docs.2026-03-09T16-07+0000.tar'` shows what differs.
    ");
}

#[test]
fn healthchecks_is_pinged_with_the_identity_of_the_run() {
    let server = Server::start(TAKEN);
    let monitor = target(&format!(
        "to = \"healthchecks\"\nurl = \"{}\"\nurls = {{ photos = \"{}\" }}\n",
        server.url("/key/{name}?create=1"),
        server.url("/uuid")
    ));
    let lines = |kind, name: &str| {
        let mut notice = failure();
        (notice.kind, notice.name) = (kind, name.to_owned());
        send(&monitor, &notice).unwrap();
        only(&server).line
    };
    let id = backup_core::model::notice::run_id("docs", at("2026-03-10 16:07"));
    let line = |end: &str| format!("POST /key/docs{end}?create=1&rid={id} HTTP/1.1");
    assert_eq!(lines(NoticeKind::Start, "docs"), line("/start"));
    assert_eq!(lines(NoticeKind::Success, "docs"), line(""));
    assert_eq!(lines(NoticeKind::Failure, "docs"), line("/fail"));
    assert!(lines(NoticeKind::Failure, "photos").starts_with("POST /uuid/fail?rid="));
}

#[test]
fn a_check_that_does_not_exist_is_told_though_the_server_says_200() {
    let server = Server::start(Act::Answer("200 OK", "OK (not found)"));
    let monitor = target(&format!("to = \"healthchecks\"\nurl = \"{}\"\n", server.url("/hunter2")));
    let unsent = send(&monitor, &failure()).unwrap_err();
    assert_eq!(unsent.kind, UnsentKind::Refused);
    assert_eq!(unsent.to_string(), format!("{}: it knows no such check; check the URL", server.address));
}

#[test]
fn ntfy_gets_a_title_a_priority_and_tags() {
    let server = Server::start(TAKEN);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), "hunter2\n").unwrap();
    let password = folder.path().join("password");
    let url = server.url("/sub/backups");
    let phone = format!(
        "to = \"ntfy\"\nurl = \"{url}\"\nuser = \"ann\"\npassword_file = {password:?}\ntags = [\"nas\"]\n"
    );
    send(&target(&phone), &failure()).unwrap();
    let received = only(&server);
    assert_eq!(received.line, "POST /sub HTTP/1.1");
    assert_eq!(received.header("authorization"), Some("Basic YW5uOmh1bnRlcjI="));
    assert_snapshot!(serde_json::to_string_pretty(&received.json()).unwrap(), @r#"
    {
      "message": "Reason: path /home/ann/docs does not exist\nSource: /home/ann/docs\nSince: 2026-03-10 16:07\nPlanned: 2026-03-10 16:07\nBegan: 2026-03-10 16:07\nEnded: 2026-03-10 16:07\nLast good backup: 2026-03-09 16:07\nOn that machine, `backup_manager status docs` tells more.\n",
      "priority": 4,
      "tags": [
        "rotating_light",
        "nas"
      ],
      "title": "backup docs on nas failed",
      "topic": "backups"
    }
    "#);
}

#[test]
fn each_kind_has_its_words() {
    use NoticeKind::{Failure, Incomplete, Overdue, Recovered, Success, Test};
    let server = Server::start(TAKEN);
    let office = webhook(&server.url("/"));
    let text = |notice: &Notice| {
        send(&office, notice).unwrap();
        only(&server).json()["text"].as_str().unwrap().lines().next().unwrap().to_owned()
    };
    let lines = [Failure, Incomplete, Overdue, Recovered, Success, Test];
    let of = |kind| {
        let mut notice = failure();
        notice.kind = kind;
        text(&notice)
    };
    let lines = lines.map(of).into_iter();
    let mut reminder = failure();
    reminder.is_reminder = true;
    let reminder = text(&reminder);
    assert_snapshot!(lines.chain([reminder]).collect::<Vec<_>>().join("\n"), @r"
    backup docs on nas failed
    backup docs on nas is incomplete
    backup docs on nas is overdue
    backup docs on nas works again
    backup docs on nas is done
    Test of notifications on nas
    still: backup docs on nas failed
    ");
}

/// Returns why a server that does this hasn't taken a notice, with the address left out.
fn unsent(act: Act) -> Unsent {
    let server = Server::start(act);
    let mut unsent = send(&webhook(&server.url("/hunter2")), &failure()).unwrap_err();
    assert_eq!(unsent.destination, server.address.to_string());
    assert!(!unsent.to_string().contains("hunter2"), "{unsent}");
    "SERVER".clone_into(&mut unsent.destination);
    unsent
}

#[track_caller]
fn check(act: Act, kind: UnsentKind, expected: &str) {
    let unsent = unsent(act);
    assert_eq!((unsent.kind, unsent.to_string().as_str()), (kind, expected));
}

#[test]
fn a_server_that_refuses_is_told_with_the_way_out() {
    use UnsentKind::{Refused, Unreachable};
    let answer = |head| Act::Answer(head, "hunter2");
    check(answer("500 Oops"), Unreachable, "SERVER: 500 Internal Server Error");
    check(answer("400 Bad"), Refused, "SERVER: 400 Bad Request");
    let secret = "check the token or the password, and the URL";
    check(answer("401 No"), Refused, &format!("SERVER: 401 Unauthorized; {secret}"));
    check(answer("404 No"), Refused, "SERVER: 404 Not Found; check the URL");
    check(answer("799 What"), Refused, "SERVER: 799 an unknown status");
}

#[test]
fn a_server_may_ask_for_time() {
    let asked = |head| unsent(Act::Answer(head, "")).retry_after.map(|wait| wait.num_seconds());
    assert_eq!(asked("429 Slow down\r\nretry-after: 120"), Some(120));
    assert_eq!(asked("503 Later\r\nRetry-After: 7"), Some(7));
    assert_eq!(asked("503 Later\r\nretry-after: Fri, 31 Dec 1999 23:59:59 GMT"), None);
    assert_eq!(asked("429 Slow down\r\nretry-after: -1"), None);
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Server::start(TAKEN);
    let location = format!("302 Found\r\nlocation: {}", other.url("/hunter2"));
    let expected =
        format!("SERVER: 302 Found, to http://{}/...; write the URL that it leads to", other.address);
    check(Act::Answer(location.leak(), ""), UnsentKind::Refused, &expected);
    assert_eq!(other.received(), []);
}

#[test]
fn a_server_that_does_not_answer_takes_no_longer_than_the_timeout() {
    use UnsentKind::Unreachable;
    check(Act::Hang, Unreachable, "SERVER: no answer within 1s");
    check(Act::Drip, Unreachable, "SERVER: no answer within 1s");
    let closed = unsent(Act::Close);
    assert_eq!(closed.kind, Unreachable);
    assert_snapshot!(closed, @"SERVER: it closed the connection before it answered");
}

#[test]
fn a_host_that_is_not_there_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unsent = send(&webhook(&format!("http://{free}/hunter2")), &failure()).unwrap_err();
    assert_eq!(unsent.kind, UnsentKind::Unreachable);
    assert_eq!(unsent.to_string(), format!("{free}: Connection refused (os error 111)"));
}

/// A certificate of localhost, which nobody trusts, and a server with it.
fn with_certificate() -> (TempDir, PathBuf, Server) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    (folder, ca, Server::start_tls(TAKEN, config))
}

#[test]
fn an_unknown_certificate_is_refused_unless_its_file_is_named() {
    let (_folder, ca, server) = with_certificate();
    let url = format!("https://localhost:{}/hunter2", server.address.port());
    let unsent = send(&webhook(&url), &failure()).unwrap_err();
    let text = unsent.to_string().replace(&server.address.port().to_string(), "PORT");
    assert_snapshot!(text, @r#"localhost:PORT: no encrypted connection: invalid peer certificate: UnknownIssuer; to trust a certificate of your own, write ca_file = "/path/to/ca.pem""#);
    assert_eq!(server.received(), []);
    let trusting = target(&format!("to = \"webhook\"\nurl = \"{url}\"\nca_file = {ca:?}\n"));
    send(&trusting, &failure()).unwrap();
    assert_eq!(only(&server).line, "POST /hunter2 HTTP/1.1");
}

#[test]
fn a_file_without_certificates_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, "hello\n").unwrap();
    let office = target(&format!("to = \"webhook\"\nurl = \"https://localhost:1/\"\nca_file = {ca:?}\n"));
    let unsent = send(&office, &failure()).unwrap_err();
    let expected = format!(
        "this machine: can't use the certificates in {}: there is none in the form of PEM",
        ca.display()
    );
    assert_eq!((unsent.kind, unsent.to_string()), (UnsentKind::Local, expected));
}

#[test]
fn a_url_may_be_in_a_file() {
    let server = Server::start(TAKEN);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    let office = target(&format!("to = \"webhook\"\nurl_file = {file:?}\n"));
    fs::write(&file, server.url("/hook") + "\n").unwrap();
    send(&office, &failure()).unwrap();
    assert_eq!(only(&server).line, "POST /hook HTTP/1.1");
    fs::write(&file, "hunter2\n").unwrap();
    let unsent = send(&office, &failure()).unwrap_err();
    assert_eq!(unsent.to_string(), format!("this machine: what is in {} is no URL", file.display()));
}

backup_core::notifier_contract!(webhook_contract, make_webhook);

fn make_webhook() -> NotifyPlace {
    let server = Rc::new(Server::start(TAKEN));
    let count = AtomicUsize::new(0);
    let (arrived, refuse, hang) = (Rc::clone(&server), Rc::clone(&server), Rc::clone(&server));
    NotifyPlace {
        notifier: Box::new(Sender::of_host("nas", NoCommands)),
        target: webhook(&server.url("/hunter2")),
        secret: "hunter2".to_owned(),
        arrived: Box::new(move || {
            let new = arrived.received().len();
            count.fetch_add(new, Ordering::Relaxed) + new
        }),
        refuse: Box::new(move || refuse.act(Act::Answer("403 Forbidden", "hunter2"))),
        hang: Box::new(move || hang.act(Act::Hang)),
    }
}
