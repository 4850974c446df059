//! Looks at a package with Debian's own tools.

use std::path::Path;
use std::process::Command;

use crate::call::{Outcome, is_there, read};

/// What lintian says of packages that Debian doesn't make itself.
const TOLERATED: [&str; 4] = [
    // The project has no address of its own.
    "bogus-mail-host",
    "initial-upload-closes-no-bugs",
    // deb-systemd-invoke knows neither signals nor restarts that nobody waits for.
    "maintainer-script-calls-systemctl",
    // Part of the description's own example.
    "spelling-error-in-description",
];

/// Looks at what is in a package, and with lintian for what is wrong with it.
pub(super) fn at_package(package: &Path, say: &mut dyn FnMut(&str)) -> Outcome {
    let depends = read(Command::new("dpkg-deb").arg("--field").arg(package).arg("Depends"))?;
    if !depends.contains("libc6 (>= ") {
        return Err(format!("the package should say which libc6 it needs, and says: {depends}"));
    }
    say(&format!("it depends on {depends}"));
    if !is_there("lintian") {
        say("skipped: no lintian on this machine");
        return Ok(());
    }
    let mut lintian = Command::new("lintian");
    lintian.args(["--no-cfg", "--allow-root", "--fail-on", "none"]).arg(package);
    let said = read(&mut lintian)?;
    let is_tolerated = |line: &&str| TOLERATED.iter().any(|known| line.contains(known));
    let faults: Vec<_> = said.lines().filter(|line| !is_tolerated(line)).collect();
    if faults.is_empty() {
        say("lintian has nothing to say");
        return Ok(());
    }
    Err(format!("lintian says:\n{}", faults.join("\n")))
}
