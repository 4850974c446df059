//! Restores an archive with the tools of the system.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::thread::Builder;
use std::time::{Duration, Instant};
use std::{io, thread};

use backup_core::model::error::{Failure, PortError};
use backup_core::policy::drill_capabilities::TarKind;
use backup_core::ports::Progress;

use super::archive::Archive;
use super::capabilities::Manner;
use super::pipeline::{Pipeline, write};
use super::tool_errors::ToolErrors;
use crate::error::port_error;

/// The programs that restore.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) tar: OsString,
    pub(super) zstd: OsString,
}

/// How much is handed on at once.
const PIECE_BYTES: usize = 256 * 1024;

impl Tools {
    /// Finds out whether they are there, and returns what tar it is.
    ///
    /// # Errors
    /// [`Failure::Other`] when one isn't, or doesn't answer, [`Failure::Interrupted`] when `progress` cancels.
    pub(super) fn check(&self, needs_zstd: bool, progress: &dyn Progress) -> Result<TarKind, PortError> {
        let told = version(&self.tar, "tar", progress)?;
        if needs_zstd {
            version(&self.zstd, "zstd", progress)?;
        }
        Ok(TarKind::of(&told))
    }
}

fn version(program: &OsStr, package: &str, progress: &dyn Progress) -> Result<String, PortError> {
    let asked = Pipeline::of_one(Command::new(program).arg("--version"), program);
    let patience = Patience { progress, until: Instant::now() + MOST_PATIENCE };
    let answered = asked.map_err(|error| unstarted(program, package, error))?.wait(&patience);
    let answered = answered.map_err(|error| if progress.is_cancelled() { error } else { silent(program) })?;
    Ok(answered.into_iter().map(|ended| ended.said).collect())
}

/// How long a tool may take to say its version.
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// Cancels after a while.
struct Patience<'p> {
    progress: &'p dyn Progress,
    until: Instant,
}

impl Progress for Patience<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled() || Instant::now() > self.until
    }
}

fn silent(program: &OsStr) -> PortError {
    let failed = PortError::new(Failure::Other, format!("use {}", program.to_string_lossy()));
    failed.because(format!("it doesn't say its version within {} s", MOST_PATIENCE.as_secs()))
}

fn unstarted(program: &OsStr, package: &str, error: io::Error) -> PortError {
    let failed = PortError::new(Failure::Other, format!("run {}", program.to_string_lossy()));
    // It is the latter, too, where a folder in the PATH may not be looked into.
    if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) {
        return failed.because(error);
    }
    failed.because(format!(
        "it isn't there, or may not be run, and a drill restores with it; install the package {package}"
    ))
}

/// Restores an archive to a folder. Returns how the tools failed, where they did.
///
/// # Errors
/// Those of [`ToolErrors::of`]; [`Failure::Interrupted`] when `progress` cancels: then they are killed; and when the
/// archive can't be read or they can't be started.
pub(super) fn extract(
    tools: &Tools,
    manner: Manner,
    archive: &Archive<'_>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Option<ToolErrors>, PortError> {
    let mut line = Pipeline::default();
    let mut tar = Command::new(&tools.tar);
    tar.args(arguments(manner)).current_dir(folder).stdout(Stdio::null());
    let mut first = line.put_in_front(&mut tar, &tools.tar)?;
    if archive.is_packed() {
        let mut zstd = Command::new(&tools.zstd);
        zstd.args(["--decompress", "--stdout"]).stdout(Stdio::from(first));
        first = line.put_in_front(&mut zstd, &tools.zstd)?;
    }
    let ended = thread::scope(|scope| {
        let feed = move || feed(archive, first, progress);
        let feeding = Builder::new().name("feed tar".to_owned()).spawn_scoped(scope, feed);
        let feeding = feeding.map_err(|error| port_error("start a thread", error))?;
        let ended = line.wait(progress);
        let fed = feeding.join().map_err(|_| PortError::new(Failure::Other, "feed tar"))?;
        // Killed tools say nothing of the archive; one that can't be read says it all.
        let ended = ended?;
        fed.map_err(|error| port_error(format!("read {}", archive.name), error)).map(|()| ended)
    })?;
    ToolErrors::of(ended)
}

/// Returns what tar is told. Only the short options are those of every tar.
fn arguments(manner: Manner) -> Vec<&'static str> {
    let with =
        |is_wanted: bool, arguments: &[&'static str]| if is_wanted { arguments.to_vec() } else { Vec::new() };
    if !manner.tar.takes_owner_options() {
        return [vec!["-x", "-p"], with(!manner.with_owners, &["-o"]), vec!["-f", "-"]].concat();
    }
    let owners = if manner.with_owners { "--same-owner" } else { "--no-same-owner" };
    let attributes = with(manner.with_attributes, &["--acls", "--xattrs", "--xattrs-include=*"]);
    [vec!["--extract", "--file=-", "--preserve-permissions", owners], attributes].concat()
}

/// Hands the archive on as it is stored.
fn feed(archive: &Archive<'_>, mut first: ChildStdin, progress: &dyn Progress) -> io::Result<()> {
    let (mut piece, mut offset) = (vec![0; PIECE_BYTES], 0);
    while !progress.is_cancelled() {
        let read = match archive.file.read_at(&mut piece, offset) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        if !write(&mut first, &piece[..read], progress)? {
            break;
        }
        offset += read as u64;
        progress.advanced(Path::new(archive.name), read as u64);
    }
    Ok(())
}
