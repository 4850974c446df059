//! Restores an archive with the system's tools.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::thread::Builder;
use std::time::{Duration, Instant};
use std::{io, thread};

use backup_core::model::archive::{Compression, Format};
use backup_core::model::error::{Failure, PortError};
use backup_core::policy::drill_capabilities::TarKind;
use backup_core::ports::Progress;

use super::archive::Archive;
use super::capabilities::ExtractOptions;
use super::pipeline::{Pipeline, write};
use super::tool_errors::ToolErrors;
use crate::error::port_error;
use crate::posix::disk::{Disk, System};

/// The programs that restore an archive.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) tar: OsString,
    pub(super) zstd: OsString,
    pub(super) age: OsString,
}

/// The size of one read of the archive.
const PIECE_BYTES: usize = 256 * 1024;

impl Tools {
    /// Verifies that the tools exist, and returns the kind of tar.
    ///
    /// # Errors
    /// [`Failure::Other`] if a tool doesn't exist or doesn't answer. [`Failure::Interrupted`] if `progress` cancels.
    pub(super) fn check(&self, format: Format, progress: &dyn Progress) -> Result<TarKind, PortError> {
        let output_text = version(&self.tar, "tar", progress)?;
        if format.compression == Compression::Zstd {
            version(&self.zstd, "zstd", progress)?;
        }
        if format.is_encrypted() {
            version(&self.age, "age", progress)?;
        }
        Ok(TarKind::of(&output_text))
    }
}

fn version(program: &OsStr, package: &str, progress: &dyn Progress) -> Result<String, PortError> {
    let started = Pipeline::single(Command::new(program).arg("--version"), program);
    let deadline = Deadline { progress, until: Instant::now() + VERSION_TIMEOUT };
    let exited = started.map_err(|error| start_failed(program, package, error))?.wait(&deadline);
    let exited =
        exited.map_err(|error| if progress.is_cancelled() { error } else { version_timed_out(program) })?;
    Ok(exited.into_iter().map(|exit| exit.output_text).collect())
}

/// The time within which a tool must print its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(60);

/// A progress that cancels at a point in time.
struct Deadline<'p> {
    progress: &'p dyn Progress,
    until: Instant,
}

impl Progress for Deadline<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled() || Instant::now() > self.until
    }
}

fn version_timed_out(program: &OsStr) -> PortError {
    let failed = PortError::new(Failure::Other, format!("use {}", program.to_string_lossy()));
    failed.because(format!("it didn't print its version within {} s", VERSION_TIMEOUT.as_secs()))
}

fn start_failed(program: &OsStr, package: &str, error: io::Error) -> PortError {
    let failed = PortError::new(Failure::Other, format!("run {}", program.to_string_lossy()));
    // The error is the latter also if a folder in the PATH may not be searched.
    if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) {
        return failed.because(error);
    }
    failed.because(format!(
        "it doesn't exist or isn't executable, and a drill needs it; install the package {package}"
    ))
}

/// Restores an archive to a folder. Returns the failures of the tools.
///
/// # Errors
/// Those of [`ToolErrors::of`]. [`Failure::Interrupted`] if `progress` cancels; then the tools are killed. Others if
/// the archive can't be read or a tool can't be started.
pub(super) fn extract(
    tools: &Tools,
    options: ExtractOptions,
    archive: &Archive<'_>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Option<ToolErrors>, PortError> {
    let mut pipeline = Pipeline::default();
    let mut tar = Command::new(&tools.tar);
    tar.args(arguments(options)).current_dir(folder).stdout(Stdio::null());
    let mut first = pipeline.prepend(&mut tar, &tools.tar)?;
    if archive.format().compression == Compression::Zstd {
        let mut zstd = Command::new(&tools.zstd);
        zstd.args(["--decompress", "--stdout"]).stdout(Stdio::from(first));
        first = pipeline.prepend(&mut zstd, &tools.zstd)?;
    }
    if archive.format().is_encrypted() {
        let mut age = Command::new(&tools.age);
        let identities = archive.identities.files().iter().flat_map(|file| [Path::new("-i"), file]);
        age.arg("-d").args(identities).stdout(Stdio::from(first));
        first = pipeline.prepend(&mut age, &tools.age)?;
    }
    let exits = thread::scope(|scope| {
        let feed = move || feed(archive, first, progress);
        let feeder = Builder::new().name("feed tar".to_owned()).spawn_scoped(scope, feed);
        let feeder = feeder.map_err(|error| port_error("start a thread", error))?;
        let exits = pipeline.wait(progress);
        let fed = feeder.join().map_err(|_| PortError::new(Failure::Other, "feed tar"))?;
        // If the tools were killed, that says nothing about the archive, so their error comes first.
        let exits = exits?;
        fed.map_err(|error| port_error(format!("read {}", archive.name), error)).map(|()| exits)
    })?;
    ToolErrors::of(exits)
}

/// Returns the arguments for tar. Only the short options work with every tar.
fn arguments(options: ExtractOptions) -> Vec<&'static str> {
    let with =
        |is_wanted: bool, arguments: &[&'static str]| if is_wanted { arguments.to_vec() } else { Vec::new() };
    if !options.tar.takes_owner_options() {
        return [vec!["-x", "-p"], with(!options.with_owners, &["-o"]), vec!["-f", "-"]].concat();
    }
    let owners = if options.with_owners { "--same-owner" } else { "--no-same-owner" };
    let attributes = with(options.with_attributes, &["--acls", "--xattrs", "--xattrs-include=*"]);
    [vec!["--extract", "--file=-", "--preserve-permissions", owners], attributes].concat()
}

/// Writes the stored archive to the first tool.
fn feed(archive: &Archive<'_>, mut first: ChildStdin, progress: &dyn Progress) -> io::Result<()> {
    let (mut piece, mut offset) = (vec![0; PIECE_BYTES], 0);
    while !progress.is_cancelled() {
        let read = System.read(archive.file.as_fd(), &mut piece, offset)?;
        if read == 0 || !write(&mut first, &piece[..read], progress)? {
            break;
        }
        offset += read as u64;
        progress.advanced(Path::new(archive.name), read as u64);
    }
    Ok(())
}
