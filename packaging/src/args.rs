//! The command line, and the steps of a release.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use sha2::{Digest, Sha256};

use crate::call::{Outcome, doing};
use crate::debian::Effort;
use crate::release::Release;
use crate::tree::Programs;
use crate::{debian, proof, tarball};

/// Makes what a release consists of, in target/dist.
#[derive(Debug, Parser)]
struct Args {
    /// The folder of the built programs
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,

    /// Prove that the Debian package installs, upgrades and goes, and look at what is in it; leave target/dist alone
    #[arg(long)]
    check: bool,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let done = if args.check { proof::run(&args.programs, &mut say) } else { make(&args.programs) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(io::stderr(), "Error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn make(programs: &Path) -> Outcome {
    let (release, programs) = (Release::of_commit()?, Programs::stripped(programs)?);
    let folder = release.root.join("target/dist");
    fs::create_dir_all(&folder).map_err(doing("make target/dist"))?;
    let mut made = vec![tarball::make(&release, &programs, &folder)?];
    made.push(debian::make(&release, &programs, Effort::Small, &folder)?);
    made.push(list_sums(&folder, &made)?);
    made.iter().for_each(|file| say(&file.display().to_string()));
    Ok(())
}

/// Writes the SHA-256 of these files, for `sha256sum -c`.
fn list_sums(folder: &Path, files: &[PathBuf]) -> Outcome<PathBuf> {
    let mut list = String::new();
    for file in files {
        let bytes = fs::read(file).map_err(doing("read a file just made"))?;
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let name = file.file_name().unwrap_or_default().display();
        list += &format!("{sum}  {name}\n");
    }
    let path = folder.join("SHA256SUMS");
    fs::write(&path, list).map_err(doing("write SHA256SUMS"))?;
    Ok(path)
}

/// A reader that went away is no reason to panic.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
