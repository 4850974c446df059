//! A root folder in which dpkg works, as small as it can be.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::call::{Outcome, doing, read};

/// What the scripts of the package call, of busybox.
const APPLETS: [&str; 10] = ["sh", "mkdir", "rm", "rmdir", "echo", "cat", "ls", "test", "[", "chmod"];

/// What notes that it was called, and with which arguments.
const NOTED: [&str; 3] = ["systemctl", "deb-systemd-helper", "deb-systemd-invoke"];

/// The packages that ours needs, as the real machine has them.
const FOUND: [&str; 2] = ["libc6", "libgcc-s1"];

pub(super) struct DebianRoot {
    folder: PathBuf,
}

impl DebianRoot {
    /// Makes a root for a system with systemd, which is a stand-in.
    pub(super) fn make(folder: &Path) -> Outcome<Self> {
        let root = Self { folder: folder.to_owned() };
        for part in [
            "dev",
            "bin",
            "usr/bin",
            "usr/sbin",
            "run/systemd/system",
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
        ] {
            fs::create_dir_all(root.path(part)).map_err(doing("make a root"))?;
        }
        // No device: a file takes everything as well.
        fs::write(root.path("dev/null"), "").map_err(doing("make a root"))?;
        let busybox = read(Command::new("sh").args(["-c", "command -v busybox"]))?;
        fs::copy(busybox, root.path("bin/busybox")).map_err(doing("copy busybox"))?;
        for applet in APPLETS {
            symlink("busybox", root.path(&format!("bin/{applet}"))).map_err(doing("make a link"))?;
        }
        for program in NOTED {
            root.script(&format!("usr/bin/{program}"), "#!/bin/sh\necho \"${0##*/} $*\" >>/asked\n")?;
        }
        let mut known = String::new();
        for package in FOUND {
            // A machine of another distribution has none of them.
            known += &read(Command::new("dpkg-query").args(["--status", package])).unwrap_or_default();
            known += "\n\n";
        }
        fs::write(root.path("var/lib/dpkg/status"), known).map_err(doing("write what is installed"))?;
        Ok(root)
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Writes a program.
    pub(super) fn script(&self, path: &str, text: &str) -> Outcome {
        let path = self.path(path);
        let write = fs::write(&path, text);
        let executable = || fs::set_permissions(&path, fs::Permissions::from_mode(0o755));
        write.and_then(|()| executable()).map_err(doing("write a program"))
    }

    /// Runs dpkg, and returns what it said.
    pub(super) fn dpkg(&self, arguments: &[&str]) -> Outcome<String> {
        let mut call = Command::new("dpkg");
        call.arg("--root").arg(&self.folder).args(["--force-not-root", "--force-depends"]).args(arguments);
        call.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DPKG_FRONTEND_LOCKED", "1").env("LC_ALL", "C");
        read(&mut call)
    }

    /// Forgets what was asked so far.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(self.path("asked"));
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.path("asked")).unwrap_or_default()
    }

    /// Requires that systemd was asked for all of this.
    pub(super) fn expect_asked(&self, when: &str, lines: &[&str]) -> Outcome {
        let asked = self.asked();
        match lines.iter().find(|line| !asked.lines().any(|asked| asked == **line)) {
            Some(missing) => Err(format!("{when} should ask `{missing}`, and asked:\n{asked}")),
            None => Ok(()),
        }
    }

    /// Requires that systemd was asked for nothing like this.
    pub(super) fn expect_not_asked(&self, when: &str, parts: &[&str]) -> Outcome {
        let asked = self.asked();
        match parts.iter().find(|part| asked.contains(**part)) {
            Some(wrong) => Err(format!("{when} must not ask `{wrong}`, and asked:\n{asked}")),
            None => Ok(()),
        }
    }
}
