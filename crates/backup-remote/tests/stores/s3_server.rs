//! Two servers of the kind S3, which differ: `SeaweedFS` and rclone's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use backup_core::model::destination::DestinationSettings;
use backup_core::testing::skipped;

use crate::program::{self, Server};
use crate::{settings, unique};

const KEY: &str = "testkey";
const SECRET: &str = "testsecret-testsecret";

/// A running server with a bucket `backups`.
pub(crate) struct S3Server {
    pub(crate) endpoint: String,
    pub(crate) credentials: PathBuf,
    _server: Server,
}

impl S3Server {
    /// Returns the settings of a destination in a bucket, with a prefix that nobody has used.
    pub(crate) fn settings(&self, bucket: &str) -> DestinationSettings {
        DestinationSettings {
            endpoint: Some(self.endpoint.clone()),
            credentials_file: Some(self.credentials.clone()),
            ..settings(format!("s3://{bucket}/machines/{}", unique()))
        }
    }
}

fn home(name: &str) -> PathBuf {
    // It outlives the process, whose statics are never dropped: the temporary folder of cargo is the place for that.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&home).expect("a folder can be made");
    let credentials = format!("[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n");
    std::fs::write(home.join("credentials"), credentials).expect("a file can be written");
    home
}

/// Returns `SeaweedFS`, started once.
pub(crate) fn seaweedfs() -> Option<&'static S3Server> {
    static SERVER: OnceLock<Option<S3Server>> = OnceLock::new();
    SERVER.get_or_init(start_seaweedfs).as_ref()
}

fn start_seaweedfs() -> Option<S3Server> {
    let Some(weed) = program::of_python("weed") else {
        skipped("no SeaweedFS (.ci/run installs it into target/python)");
        return None;
    };
    let home = home("seaweedfs");
    let config = format!(
        r#"{{"identities": [{{"name": "t", "credentials": [{{"accessKey": "{KEY}", "secretKey": "{SECRET}"}}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}}]}}"#
    );
    std::fs::write(home.join("s3.json"), config).expect("a file can be written");
    std::fs::create_dir_all(home.join("data")).expect("a folder can be made");
    let ports: [u16; 8] = program::free_ports();
    let names = [
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
        "filer.port",
        "filer.port.grpc",
    ];
    let mut options: Vec<String> =
        names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")).collect();
    options.push(format!("-s3.port={}", ports[6]));
    options.push(format!("-s3.port.grpc={}", ports[7]));
    options.push(format!("-dir={}", home.join("data").display()));
    options.push(format!("-s3.config={}", home.join("s3.json").display()));
    let fixed = [
        "-ip=127.0.0.1",
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.iam=false",
        "-s3.autoCreateBucket=false",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=50",
    ];
    let mut command = vec![weed.to_str()?, "server"];
    command.extend(fixed);
    command.extend(options.iter().map(String::as_str));
    ready(&home, &command, ports[6])
}

/// Returns the server of rclone, started once.
pub(crate) fn rclone() -> Option<&'static S3Server> {
    static SERVER: OnceLock<Option<S3Server>> = OnceLock::new();
    SERVER.get_or_init(start_rclone).as_ref()
}

fn start_rclone() -> Option<S3Server> {
    let Some(rclone) = program::of_python("rclone") else {
        skipped("no rclone (.ci/run installs it into target/python)");
        return None;
    };
    let home = home("rclone-s3");
    std::fs::create_dir_all(home.join("data")).expect("a folder can be made");
    let [port] = program::free_ports();
    let data = home.join("data");
    let (address, key) = (format!("127.0.0.1:{port}"), format!("{KEY},{SECRET}"));
    let command = [
        rclone.to_str()?,
        "serve",
        "s3",
        "--config=",
        "--addr",
        &address,
        "--auth-key",
        &key,
        data.to_str()?,
    ];
    ready(&home, &command, port)
}

/// Starts a server and makes its bucket, which works once it is ready.
fn ready(home: &Path, command: &[&str], port: u16) -> Option<S3Server> {
    let log = home.join("log");
    let server = program::start(command, &log).expect("a server can be started");
    program::await_port(port, &log);
    let server = S3Server {
        endpoint: format!("http://127.0.0.1:{port}"),
        credentials: home.join("credentials"),
        _server: server,
    };
    let begun = Instant::now();
    while !made_bucket(&server) {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "no bucket can be made: {said}");
        sleep(Duration::from_millis(200));
    }
    Some(server)
}

fn made_bucket(server: &S3Server) -> bool {
    let Some(rclone) = program::of_python("rclone") else { return false };
    let remote = format!(
        ":s3,provider=Other,access_key_id={KEY},secret_access_key={SECRET},endpoint=\"{}\":backups",
        server.endpoint
    );
    let made = Command::new(rclone)
        .args(["--config=", "--retries=1", "--low-level-retries=1", "mkdir", &remote])
        .output();
    made.is_ok_and(|output| output.status.success())
}
