//! Proof: that the Debian package installs, upgrades and goes, and that data outlives it.
//!
//! dpkg works in a root of its own, in which busybox runs the scripts of the package. systemd never runs: a stand-in notes
//! what it is asked for.

mod debian_root;
mod look;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::call::{Outcome, doing, is_there, read};
use crate::debian::{self, Effort};
use crate::release::Release;
use crate::tree::Programs;
use debian_root::DebianRoot;

/// The tools without which nothing can be tried.
const NEEDED: [&str; 4] = ["dpkg", "busybox", "chroot", "dpkg-shlibdeps"];

/// Tries what is promised of the package, with the programs in a folder.
pub(crate) fn run(programs: &Path, say: &mut dyn FnMut(&str)) -> Outcome {
    if let Some(missing) = NEEDED.iter().find(|tool| !is_there(tool)) {
        say(&format!("skipped: the proof of the Debian package needs {missing}"));
        return Ok(());
    }
    if read(Command::new("id").arg("-u")).is_ok_and(|id| id != "0") {
        say("skipped: the proof of the Debian package needs root, for a root of its own");
        return Ok(());
    }
    let scratch = tempfile::tempdir().map_err(doing("make a temporary folder"))?;
    let (old, new) = packages(programs, scratch.path())?;
    look::at_package(&new, say)?;
    Case::new(scratch.path(), "used")?.data_outlives_the_package(&old, &new)?;
    say("a home with data outlives an upgrade, a removal and a purge");
    Case::new(scratch.path(), "unused")?.an_unused_home_goes(&new)?;
    say("a home that nobody used goes with a purge");
    Case::new(scratch.path(), "forbidden")?.policy_is_obeyed(&old, &new)?;
    say("nothing is started where policy-rc.d forbids it");
    Ok(())
}

/// Makes the package in two versions.
fn packages(programs: &Path, folder: &Path) -> Outcome<(PathBuf, PathBuf)> {
    let (release, programs) = (Release::of_commit()?, Programs::stripped(programs)?);
    let next = Release { version: format!("{}+next", release.version), ..release.clone() };
    let make = |release| debian::make(release, &programs, Effort::Fast, folder);
    Ok((make(&release)?, make(&next)?))
}

struct Case {
    root: DebianRoot,
}

impl Case {
    fn new(scratch: &Path, name: &str) -> Outcome<Self> {
        Ok(Self { root: DebianRoot::make(&scratch.join(name))? })
    }

    fn home(&self) -> PathBuf {
        self.root.path("var/lib/backup-manager")
    }

    fn manager(&self, arguments: &[&str]) -> Outcome<String> {
        let mut call = Command::new(self.root.path("usr/bin/backup_manager"));
        read(call.arg("--home").arg(self.home()).args(arguments).env("TZ", "UTC"))
    }

    fn data_outlives_the_package(&self, old: &Path, new: &Path) -> Outcome {
        self.root.dpkg(&["--install", &old.display().to_string()])?;
        self.is_installed()?;
        self.root.expect_asked("an installation", &["deb-systemd-helper enable backup-manager.service"])?;
        self.root.expect_asked("an installation", &["deb-systemd-invoke start backup-manager.service"])?;
        fs::write(self.root.path("data"), "milk").map_err(doing("write a file"))?;
        let source = self.root.path("data").display().to_string();
        self.manager(&["create", &source, "16:07", "data"])?;
        self.manager(&["run", "data"])?;
        let before = self.archive()?;

        self.root.forget();
        self.root.dpkg(&["--install", &new.display().to_string()])?;
        let restart = "systemctl --no-block try-restart backup-manager.service backup-manager@*.service";
        self.root.expect_asked("an upgrade", &[restart])?;
        self.root.expect_not_asked("an upgrade", &[" stop ", " kill "])?;
        require(self.archive()? == before, "an upgrade leaves the archive alone")?;

        self.root.forget();
        self.root.dpkg(&["--remove", "backup-manager"])?;
        let stop = "deb-systemd-invoke stop backup-manager.service backup-manager@*.service";
        self.root.expect_asked("a removal", &[stop])?;
        require(!self.root.path("usr/bin/backup_manager").exists(), "a removal removes the programs")?;
        require(self.archive()? == before, "a removal leaves the archive alone")?;

        let said = self.root.dpkg(&["--purge", "backup-manager"])?;
        require(
            said.contains("stay. To remove them for good:"),
            &format!("a purge says what stays: {said}"),
        )?;
        require(self.archive()? == before, "a purge leaves the archive alone")?;
        require(!self.root.path("etc/logrotate.d/backup-manager").exists(), "a purge removes the settings")
    }

    fn archive(&self) -> Outcome<Vec<u8>> {
        fs::read(self.home().join("backups/data.tar")).map_err(doing("read the archive"))
    }

    /// What is installed is complete and works.
    fn is_installed(&self) -> Outcome {
        let home = fs::metadata(self.home()).map_err(doing("look at the home"))?;
        require(home.permissions().mode() & 0o7777 == 0o700, "the home is for root alone")?;
        for file in [
            "usr/bin/backup_service",
            "usr/sbin/system_backup",
            "usr/lib/systemd/system/backup-manager.service",
            "usr/lib/systemd/system/backup-manager@.service",
            "usr/lib/tmpfiles.d/backup-manager.conf",
            "usr/share/bash-completion/completions/backup_manager",
            "usr/share/man/man1/backup_manager-restore.1.gz",
            "usr/share/doc/backup-manager/copyright",
            "usr/share/doc/backup-manager/changelog.Debian.gz",
            "etc/logrotate.d/backup-manager",
        ] {
            require(self.root.path(file).is_file(), &format!("{file} is installed"))?;
        }
        let version = read(Command::new(self.root.path("usr/bin/backup_manager")).arg("--version"))?;
        require(version == format!("backup_manager {}", env!("CARGO_PKG_VERSION")), &version)
    }

    /// A service that has run in an empty home leaves some files there.
    fn an_unused_home_goes(&self, package: &Path) -> Outcome {
        self.root.dpkg(&["--install", &package.display().to_string()])?;
        self.manager(&["start"])?;
        self.manager(&["stop"])?;
        require(self.home().join("logs/backup_service.log").exists(), "the service ran in an empty home")?;
        self.root.dpkg(&["--purge", "backup-manager"])?;
        require(!self.home().exists(), "a purge removes a home that nobody used")
    }

    fn policy_is_obeyed(&self, old: &Path, new: &Path) -> Outcome {
        self.root.script("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")?;
        for package in [old, new] {
            self.root.dpkg(&["--install", &package.display().to_string()])?;
        }
        self.root.expect_not_asked("policy-rc.d", &["deb-systemd-invoke start", "try-restart"])
    }
}

fn require(is_so: bool, what: &str) -> Outcome {
    if is_so { Ok(()) } else { Err(format!("not so: {what}")) }
}
