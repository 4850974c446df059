//! A server of the kind `WebDAV`: rclone's.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use backup_core::model::destination::DestinationSettings;
use backup_core::testing::skipped;

use crate::program::{self, Server};
use crate::{settings, unique};

const PASSWORD: &str = "a-password";

/// More than there are promises.
const FOLDERS: u32 = 100;

/// A running server.
pub(crate) struct WebServer {
    address: String,
    pub(crate) credentials: PathBuf,
    _server: Server,
}

impl WebServer {
    /// Returns the settings of a destination in a folder of its own.
    pub(crate) fn settings(&self) -> DestinationSettings {
        let name = format!("my files {}", unique() % FOLDERS);
        DestinationSettings {
            credentials_file: Some(self.credentials.clone()),
            ..settings(format!("http://{}/{}/", self.address, name.replace(' ', "%20")))
        }
    }
}

/// Returns the server of rclone, started once.
pub(crate) fn rclone() -> Option<&'static WebServer> {
    static SERVER: OnceLock<Option<WebServer>> = OnceLock::new();
    SERVER.get_or_init(start).as_ref()
}

fn start() -> Option<WebServer> {
    let Some(rclone) = program::of_python("rclone") else {
        skipped("no rclone (.ci/run installs it into target/python)");
        return None;
    };
    // It outlives the process, whose statics are never dropped: the temporary folder of cargo is the place for that.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rclone-webdav-{}", std::process::id()));
    let (folder, credentials, log) = (home.join("data"), home.join("netrc"), home.join("log"));
    // It keeps the listing of a folder for five minutes. So all of them are there from the start.
    for number in 0..FOLDERS {
        std::fs::create_dir_all(folder.join(format!("my files {number}"))).expect("a folder can be made");
    }
    let login = format!("machine 127.0.0.1 login ann password {PASSWORD}\n");
    std::fs::write(&credentials, login).expect("a file can be written");
    let [port] = program::free_ports();
    let address = format!("127.0.0.1:{port}");
    let command = [
        rclone.to_str()?,
        "serve",
        "webdav",
        "--config=",
        "--addr",
        &address,
        "--user=ann",
        &format!("--pass={PASSWORD}"),
        folder.to_str()?,
    ];
    let server = program::start(&command, &log).expect("a server can be started");
    program::await_port(port, &log);
    Some(WebServer { address, credentials, _server: server })
}
