//! What goes wrong at a destination, and what is said about it.

use std::net::TcpListener;

use backup_core::model::destination::{DestinationError, DestinationFault, DestinationSettings};
use backup_core::ports::{Destination, SilentProgress};
use backup_remote::Patience;
use tempfile::TempDir;

use crate::{open, patience, s3_server, settings, ssh_server, web_server};

/// Returns what a destination says when something is put there.
fn put(destination: &dyn Destination) -> DestinationError {
    let key = "docs/a.tar".parse().expect("it is a key");
    destination.put_new(&key, &mut &b"abc"[..], 3, &SilentProgress).expect_err("it can't be put")
}

#[track_caller]
fn check(settings: &DestinationSettings, patience: &Patience, fault: DestinationFault, words: &str) {
    let error = put(&*open(settings, patience));
    let shown = error.to_string();
    assert_eq!(error.fault, fault, "{shown}");
    assert!(shown.starts_with("destination offsite: can't write docs/a.tar: "), "{shown}");
    assert!(shown.contains(words), "{shown}");
    assert!(!shown.contains("testsecret"), "{shown}");
}

/// Returns an address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").to_string()
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("unmounted");
    let settings = settings(folder.to_str().unwrap().to_owned());
    check(&settings, &patience(), DestinationFault::NoPlace, "/unmounted doesn't exist");
    assert!(!folder.exists(), "it isn't made");
}

#[test]
fn failures_of_a_bucket_are_told_apart() {
    let Some(server) = s3_server::seaweedfs() else { return };
    let right = server.settings("backups");
    let root = TempDir::new().unwrap();
    let wrong_keys = root.path().join("wrong");
    let wrong_secret = root.path().join("wrong-secret");
    let empty = root.path().join("empty");
    let keys = |key: &str| {
        format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = testsecret-wrong\n")
    };
    std::fs::write(&wrong_keys, keys("nobody")).unwrap();
    std::fs::write(&wrong_secret, keys("testkey")).unwrap();
    std::fs::write(&empty, "[other]\n").unwrap();
    let with =
        |file: &std::path::Path| DestinationSettings { credentials_file: Some(file.into()), ..right.clone() };
    let at = |endpoint: String| DestinationSettings { endpoint: Some(endpoint), ..right.clone() };
    use DestinationFault::{BadCredentials, NameResolution, NoPlace, Unreachable};
    check(&server.settings("no-such-bucket"), &patience(), NoPlace, "NoSuchBucket");
    check(&with(&wrong_keys), &patience(), BadCredentials, "InvalidAccessKeyId");
    check(&with(&wrong_secret), &patience(), BadCredentials, "SignatureDoesNotMatch");
    check(&with(&empty), &patience(), BadCredentials, "credential");
    check(&at(format!("http://{}", nobody())), &patience(), Unreachable, "refused");
    check(&at("http://no-such-host.invalid".to_owned()), &patience(), NameResolution, "");
}

#[test]
fn failures_of_ssh_are_told_apart() {
    let Some(server) = ssh_server::sshd() else { return };
    let right = server.settings();
    use DestinationFault::{BadCredentials, Local, NameResolution, NoPlace, Unreachable, WrongHost};
    let missing = settings("sftp://testhost/no/such/folder".to_owned());
    check(&missing, &server.patience(), NoPlace, "/no/such/folder doesn't exist on testhost");
    let strange = server.ssh_with("strange", "UserKnownHostsFile /dev/null");
    check(&right, &strange, WrongHost, "Host key verification failed");
    let keyless = server
        .ssh_with("keyless", "IdentityFile /dev/null\nIdentitiesOnly yes\nPreferredAuthentications none");
    check(&right, &keyless, BadCredentials, "Permission denied");
    let nowhere = settings("sftp://no-such-host.invalid/a".to_owned());
    check(&nowhere, &server.patience(), NameResolution, "no-such-host.invalid");
    let closed = settings(format!("sftp://{}/a", nobody()));
    check(&closed, &server.patience(), Unreachable, "refused");
    let no_ssh = Patience { ssh: "/no/such/ssh".into(), ..patience() };
    check(&right, &no_ssh, Local, "/no/such/ssh can't be started");
}

#[test]
fn failures_of_a_web_server_are_told_apart() {
    let Some(server) = web_server::rclone() else { return };
    let right = server.settings();
    let root = TempDir::new().unwrap();
    let wrong = root.path().join("netrc");
    std::fs::write(&wrong, "machine 127.0.0.1 login ann password testsecret-wrong\n").unwrap();
    use DestinationFault::{BadCredentials, NameResolution, NoPlace, Unreachable};
    let wrong = DestinationSettings { credentials_file: Some(wrong), ..right.clone() };
    check(&wrong, &patience(), BadCredentials, "the server answers 401");
    let missing = DestinationSettings { url: format!("{}/nothing", right.url), ..right.clone() };
    check(&missing, &patience(), NoPlace, "/nothing doesn't exist");
    let at = |url: String| DestinationSettings { credentials_file: None, url, ..right.clone() };
    check(&at(format!("http://{}", nobody())), &patience(), Unreachable, "refused");
    check(&at("http://no-such-host.invalid/a".to_owned()), &patience(), NameResolution, "");
}

#[test]
fn an_ssh_that_is_killed_is_started_again() {
    let Some(server) = ssh_server::sshd() else { return };
    let destination = open(&server.settings(), &server.patience());
    let key = "docs/a.tar".parse().unwrap();
    destination.put_new(&key, &mut &b"abc"[..], 3, &SilentProgress).unwrap();
    for process in children_named("ssh") {
        std::process::Command::new("kill").args(["-9", &process]).status().unwrap();
    }
    let lost = destination.stat(&key);
    assert!(lost.is_err_and(|error| error.fault == DestinationFault::Unreachable));
    assert_eq!(destination.stat(&key).unwrap().size_bytes, 3);
}

/// Returns the processes of that name that this one has started.
fn children_named(name: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let output = std::process::Command::new("ps").args(["-o", "pid=,comm=", "--ppid", &own]).output();
    let text = String::from_utf8(output.expect("ps runs").stdout).expect("names are text");
    let fields = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    fields.filter(|fields| fields.get(1) == Some(&name)).map(|fields| fields[0].to_owned()).collect()
}
