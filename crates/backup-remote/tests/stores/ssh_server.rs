//! OpenSSH's sshd, as the user who runs the tests.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use backup_core::model::destination::DestinationSettings;
use backup_core::testing::skipped;
use backup_remote::Patience;

use crate::program::{self, Server};
use crate::{patience, settings, unique};

const SSHD: &str = "/usr/sbin/sshd";

/// A running server, and an `ssh` whose configuration knows it.
pub(crate) struct SshServer {
    home: PathBuf,
    _server: Server,
}

impl SshServer {
    /// Returns the settings of a destination in a new folder.
    pub(crate) fn settings(&self) -> DestinationSettings {
        let folder = self.home.join(format!("data {}", unique()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        settings(format!("sftp://testhost{}", folder.display()))
    }

    /// Returns the patience of the tests, with an `ssh` that has a configuration of its own.
    pub(crate) fn patience(&self) -> Patience {
        Patience { ssh: self.home.join("ssh"), ..patience() }
    }

    /// Returns an `ssh` whose configuration has further lines.
    pub(crate) fn ssh_with(&self, name: &str, lines: &str) -> Patience {
        let config = std::fs::read_to_string(self.home.join("ssh_config")).expect("it was written");
        write_ssh(&self.home, name, &format!("{lines}\n{config}"));
        Patience { ssh: self.home.join(name), ..patience() }
    }
}

/// Returns the server, started once.
pub(crate) fn sshd() -> Option<&'static SshServer> {
    static SERVER: OnceLock<Option<SshServer>> = OnceLock::new();
    SERVER.get_or_init(start).as_ref()
}

fn start() -> Option<SshServer> {
    if !Path::new(SSHD).exists() {
        skipped("no sshd (.ci/run installs it)");
        return None;
    }
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sshd-{}", std::process::id()));
    std::fs::create_dir_all(&home).expect("a folder can be made");
    ["host_key", "user_key"].iter().for_each(|name| make_key(&home.join(name)));
    std::fs::copy(home.join("user_key.pub"), home.join("authorized_keys")).expect("a file can be copied");
    let [port] = program::free_ports();
    let at = |name: &str| home.join(name).display().to_string();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
         StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\n",
        at("host_key"),
        at("authorized_keys"),
    );
    std::fs::write(home.join("sshd_config"), config).expect("a file can be written");
    let host_key = std::fs::read_to_string(home.join("host_key.pub")).expect("it was made");
    std::fs::write(home.join("known_hosts"), format!("[127.0.0.1]:{port} {host_key}"))
        .expect("a file can be written");
    let client = format!(
        "Host testhost\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
         UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n",
        at("user_key"),
        at("known_hosts"),
    );
    std::fs::write(home.join("ssh_config"), &client).expect("a file can be written");
    write_ssh(&home, "ssh", &client);
    // As root, it wants this folder, which is there once the service of the system has run.
    let _ = std::fs::create_dir_all("/run/sshd");
    let log = home.join("log");
    let server =
        program::start(&[SSHD, "-D", "-e", "-f", &at("sshd_config")], &log).expect("sshd can be started");
    program::await_port(port, &log);
    Some(SshServer { home, _server: server })
}

fn make_key(path: &Path) {
    let mut keygen = Command::new("ssh-keygen");
    let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).output();
    assert!(made.is_ok_and(|output| output.status.success()), "a key can be made");
}

/// Writes a program that is `ssh` with a configuration of its own.
fn write_ssh(home: &Path, name: &str, config: &str) {
    let config_file = home.join(format!("{name}.config"));
    std::fs::write(&config_file, config).expect("a file can be written");
    let script = format!("#!/bin/sh\nexec ssh -F '{}' \"$@\"\n", config_file.display());
    std::fs::write(home.join(name), script).expect("a file can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(home.join(name), mode).expect("it can be made a program");
}
