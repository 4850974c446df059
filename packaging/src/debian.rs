//! Debian: the package, which cargo-deb makes of files that are ready.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::call::{Outcome, doing, read};
use crate::files::Place;
use crate::release::Release;
use crate::tree::{Programs, tree, write};

/// The version of cargo-deb that the package is made with.
const CARGO_DEB: &str = "3.8.0";

/// How much work is put into making a package small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    Small,
    Fast,
}

/// Makes the package in a folder, and returns its path.
pub(crate) fn make(
    release: &Release,
    programs: &Programs,
    effort: Effort,
    folder: &Path,
) -> Outcome<PathBuf> {
    let cargo_deb = installed(&release.root)?;
    // The manifest of this crate names this folder.
    write(&release.root.join("target/dist/debian"), &tree(release, programs, Place::Debian)?)?;
    let mut call = Command::new(cargo_deb);
    call.arg("--manifest-path").arg(release.root.join("packaging/Cargo.toml"));
    call.args(["--no-build", "--no-strip", "--quiet", "--deb-version", &version(release), "--output"]);
    call.arg(folder).arg(match effort {
        // Its own compression is slow in a debug build.
        Effort::Small => "--compress-system",
        Effort::Fast => "--fast",
    });
    call.env("SOURCE_DATE_EPOCH", release.seconds().to_string());
    call.current_dir(&release.root);
    let said = read(&mut call)?;
    let path = said.lines().last().map(PathBuf::from).filter(|path| path.is_file());
    path.or_else(|| only_package(folder, release))
        .ok_or_else(|| format!("cargo-deb made no package:\n{said}"))
}

/// Returns the version as Debian writes it.
fn version(release: &Release) -> String {
    format!("{}-1", release.version)
}

fn only_package(folder: &Path, release: &Release) -> Option<PathBuf> {
    let start = format!("backup-manager_{}_", version(release));
    let names = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    names.into_iter().find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&start) && name.ends_with(".deb")
    })
}

/// Returns cargo-deb, which is installed into target/tools first if it isn't there in this version.
fn installed(root: &Path) -> Outcome<PathBuf> {
    let tools = root.join("target/tools");
    let program = tools.join("bin/cargo-deb");
    let has_version = |said: String| said.split_whitespace().any(|word| word == CARGO_DEB);
    if read(Command::new(&program).arg("--version")).is_ok_and(has_version) {
        return Ok(program);
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // It works for seconds: to optimize it would take longer.
    let mut install = Command::new(cargo);
    install.args([
        "install",
        "cargo-deb",
        "--version",
        CARGO_DEB,
        "--locked",
        "--debug",
        "--no-default-features",
    ]);
    let status = install.arg("--force").arg("--root").arg(&tools).status().map_err(doing("start cargo"))?;
    if status.success() { Ok(program) } else { Err(format!("cargo-deb {CARGO_DEB} can't be installed")) }
}
