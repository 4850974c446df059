//! Files that are written by hand: units, rules and scripts, with what depends on the place of an installation left open.

use crate::release::Release;

/// Where an installation puts its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below `/usr/local`, by hand.
    Local,
    /// Below `/usr`, by Debian's package manager.
    Debian,
}

impl Place {
    /// Returns the folder of the programs.
    pub(crate) fn programs(self) -> &'static str {
        match self {
            Self::Local => "/usr/local/bin",
            Self::Debian => "/usr/bin",
        }
    }

    /// Returns what the paths in an installation begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Local => "",
            Self::Debian => "usr/",
        }
    }
}

/// The folder of the system's schedules and backups.
const HOME: &str = "/var/lib/backup-manager";

/// Returns the unit of the system's home.
pub(crate) fn unit(place: Place) -> String {
    filled(include_str!("../files/backup-manager.service"), place, HOME)
}

/// Returns the unit of which each instance has a home of its own.
pub(crate) fn template_unit(place: Place) -> String {
    filled(include_str!("../files/backup-manager@.service"), place, "%f")
}

/// Returns the script that calls the manager for the system's home.
pub(crate) fn system_backup(place: Place) -> String {
    filled(include_str!("../files/system_backup"), place, HOME)
}

fn filled(text: &str, place: Place, home: &str) -> String {
    let text = text.replace("@service@", include_str!("../files/service.conf"));
    text.replace("@bindir@", place.programs()).replace("@home@", home)
}

pub(crate) const TMPFILES: &str = include_str!("../files/backup-manager.tmpfiles");
pub(crate) const LOGROTATE: &str = include_str!("../files/backup-manager.logrotate");
pub(crate) const HOOKS_EXAMPLE: &str = include_str!("../files/hooks.conf");

/// Returns the licences in Debian's form.
pub(crate) fn debian_copyright() -> String {
    let mit = include_str!("../../LICENSE-MIT");
    let (_, mit) = mit.split_once("\n\nPermission").unwrap_or_default();
    let mit = format!("Permission{mit}");
    let lines =
        mit.lines().map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") });
    include_str!("../files/debian-copyright").replace("@mit@\n", &(lines.collect::<String>() + "\n"))
}

/// Returns the changes in Debian's form: what is new for users stands in the changelog of the product.
pub(crate) fn debian_changelog(release: &Release, version: &str) -> String {
    let date = release.moment.format("%a, %d %b %Y %H:%M:%S +0000");
    format!(
        "backup-manager ({version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n \
         -- The Backup Manager developers <backup-manager@localhost>  {date}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    use backup_core::testing::skipped;

    use super::*;
    use crate::call::{is_there, read};

    #[test]
    fn nothing_is_left_open() {
        for place in [Place::Local, Place::Debian] {
            for text in [unit(place), template_unit(place), system_backup(place)] {
                let is_open = ["@bindir@", "@home@", "@service@"].iter().any(|open| text.contains(open));
                assert!(!is_open && text.contains(place.programs()), "{text}");
            }
        }
        assert!(debian_copyright().contains("\n Permission is hereby granted"));
        assert!(!debian_copyright().contains('@'));
    }

    /// Writes both units, with programs that are there.
    fn write_units(folder: &Path) {
        for name in ["backup_manager", "backup_service"] {
            fs::write(folder.join(name), "#!/bin/sh\n").unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let here = folder.to_str().unwrap();
        let placed = |text: String| text.replace(Place::Debian.programs(), here);
        fs::write(folder.join("backup-manager.service"), placed(unit(Place::Debian))).unwrap();
        fs::write(folder.join("backup-manager@.service"), placed(template_unit(Place::Debian))).unwrap();
    }

    /// The worst score that is allowed, from 0 (locked up) to 10.
    const MOST_EXPOSED: f64 = 4.0;

    #[test]
    fn systemd_accepts_the_units_and_finds_them_hardened() {
        if !is_there("systemd-analyze") {
            return skipped("no systemd-analyze on this machine");
        }
        let folder = tempfile::tempdir().unwrap();
        write_units(folder.path());
        for name in ["backup-manager.service", r"backup-manager@srv-my\x20backup.service"] {
            let mut verify = Command::new("systemd-analyze");
            let output = verify.args(["verify", "--man=no"]).arg(folder.path().join(name)).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let ours: Vec<_> = said.lines().filter(|line| line.contains("backup-manager")).collect();
            assert!(ours.is_empty() && output.status.success(), "{name}: {said}");
        }
        for name in ["backup-manager.service", "backup-manager@.service"] {
            let mut security = Command::new("systemd-analyze");
            let said =
                read(security.args(["security", "--offline=yes"]).arg(folder.path().join(name))).unwrap();
            let score =
                said.rsplit_once(": ").and_then(|(_, end)| end.split(' ').next()?.parse::<f64>().ok());
            assert!(score.is_some_and(|score| score <= MOST_EXPOSED), "{name}: {said}");
        }
    }

    /// With these, parts of the machine would be missing from its backup without a word.
    #[test]
    fn the_whole_machine_stays_readable() {
        for unit in [unit(Place::Debian), template_unit(Place::Debian)] {
            let settings: Vec<_> = unit.lines().filter(|line| !line.starts_with('#')).collect();
            for hides in [
                "PrivateTmp=yes",
                "ProtectHome=yes",
                "ProtectHome=tmpfs",
                "ProtectKernelModules=yes",
                "InaccessiblePaths=",
                "TemporaryFileSystem=",
                "PrivateUsers=yes",
                "ProtectProc=",
                "ProcSubset=",
                "DynamicUser=yes",
            ] {
                assert!(!settings.iter().any(|line| line.starts_with(hides)), "{hides}");
            }
            assert!(settings.contains(&"CapabilityBoundingSet=CAP_DAC_READ_SEARCH"), "{unit}");
        }
    }

    #[test]
    fn logrotate_accepts_the_rules() {
        if !is_there("logrotate") {
            return skipped("no logrotate on this machine");
        }
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        fs::create_dir(&logs).unwrap();
        let log = logs.join("backup_service.log");
        fs::write(&log, "x".repeat(2 << 20)).unwrap();
        fs::write(logs.join("history.jsonl"), "x".repeat(2 << 20)).unwrap();
        let rules = folder.path().join("rules");
        let here = folder.path().to_str().unwrap();
        fs::write(&rules, LOGROTATE.replace("/var/lib/backup-manager", here)).unwrap();
        fs::set_permissions(&rules, fs::Permissions::from_mode(0o644)).unwrap();
        let mut logrotate = Command::new("logrotate");
        logrotate.arg("--force").arg("--state").arg(folder.path().join("state")).arg(&rules);
        assert_eq!(read(&mut logrotate), Ok(String::new()));
        let mut names: Vec<_> =
            fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["backup_service.log.1", "history.jsonl"]);
    }

    #[test]
    fn scripts_are_right_in_every_shell() {
        let scripts = [
            system_backup(Place::Debian),
            include_str!("../files/debian/postinst").to_owned(),
            include_str!("../files/debian/prerm").to_owned(),
            include_str!("../files/debian/postrm").to_owned(),
        ];
        for script in scripts {
            read(Command::new("sh").arg("-n").arg("-c").arg(&script)).unwrap();
            if is_there("shellcheck") {
                let file = tempfile::NamedTempFile::new().unwrap();
                fs::write(file.path(), &script).unwrap();
                assert_eq!(
                    read(Command::new("shellcheck").arg("--shell=sh").arg(file.path())),
                    Ok(String::new())
                );
            }
        }
    }
}
