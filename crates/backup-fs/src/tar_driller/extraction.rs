//! Restores an archive with the tools of the system.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::thread::{self, Builder};

use backup_core::error::{Failure, PortError};
use backup_core::ports::Progress;

use super::Archive;
use super::complaint::Complaint;
use super::line::{Line, write};
use crate::failure::port_error;

/// The programs that restore.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) tar: OsString,
    pub(super) zstd: OsString,
}

/// How much is handed on at once.
const PIECE_BYTES: usize = 256 * 1024;

impl Tools {
    /// Finds out whether they are there, and returns whether tar is GNU tar.
    ///
    /// # Errors
    /// [`Failure::Other`] when one isn't, [`Failure::Interrupted`] when `progress` cancels.
    pub(super) fn check(&self, needs_zstd: bool, progress: &dyn Progress) -> Result<bool, PortError> {
        let told = version(&self.tar, "tar", progress)?;
        if needs_zstd {
            version(&self.zstd, "zstd", progress)?;
        }
        Ok(told.contains("GNU tar"))
    }
}

fn version(program: &OsStr, package: &str, progress: &dyn Progress) -> Result<String, PortError> {
    let asked = Line::of_one(Command::new(program).arg("--version"), program);
    let answered = asked.map_err(|error| unstarted(program, package, error))?.wait(progress)?;
    Ok(answered.into_iter().map(|ended| ended.said).collect())
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

/// Restores an archive to a folder, with the attributes only where GNU tar is told to. Returns what the tools complain
/// of, where they end with a failure.
///
/// # Errors
/// [`Failure::Full`] when they find no room, [`Failure::Interrupted`] when `progress` cancels: then they are killed; and
/// when the archive can't be read or they can't be started.
pub(super) fn extract(
    tools: &Tools,
    with_attributes: bool,
    archive: &Archive<'_>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Option<Complaint>, PortError> {
    let mut line = Line::default();
    let mut tar = Command::new(&tools.tar);
    tar.args(["--extract", "--file=-", "--preserve-permissions"]).current_dir(folder).stdout(Stdio::null());
    if with_attributes {
        tar.args(["--acls", "--xattrs", "--xattrs-include=*"]);
    }
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
    Complaint::of(ended)
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
