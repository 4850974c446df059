//! The files in an archive of the archiver in memory, as far as it can be read.

use std::path::{Path, PathBuf};

use super::faults::from_io_error;
use super::memory_check::parse;
use super::memory_format::END;
use crate::model::error::{Failure, PortError};
use crate::ports::{ArchiveBytes, Progress};
use crate::text::printable;

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct MemoryTar {
    pub(super) bytes: Vec<u8>,
    pub(super) files: Vec<(PathBuf, Vec<u8>)>,
    /// Where it breaks.
    pub(super) damage: Option<PortError>,
}

impl MemoryTar {
    /// # Errors
    /// Where not even its first line can be read.
    pub(super) fn read(archive: &mut dyn ArchiveBytes) -> Result<Self, PortError> {
        let mut tar = Self::default();
        archive.read_to_end(&mut tar.bytes).map_err(|error| from_io_error(ACTION, error))?;
        let mut rest = &tar.bytes[..];
        while rest != END {
            let Some((path, contents, after)) = file(rest) else {
                let at = tar.bytes.len() - rest.len();
                let damage =
                    PortError::new(Failure::Damaged, ACTION).because(format!("it breaks at byte {at}"));
                if tar.files.is_empty() {
                    return Err(damage);
                }
                tar.damage = Some(damage);
                return Ok(tar);
            };
            tar.files.push((path.to_owned(), contents.to_vec()));
            rest = after;
        }
        Ok(tar)
    }
}

const ACTION: &str = "read the archive";

fn file(rest: &[u8]) -> Option<(&Path, &[u8], &[u8])> {
    let end = rest.iter().position(|byte| *byte == b'\n')? + 1;
    let (path, length) = parse(&rest[..end])?;
    let (contents, after) = rest[end..].split_at_checked(usize::try_from(length).ok()?)?;
    Some((path, contents, after))
}

/// Lines that choose files: each a plain path, or a folder's; with a `!` it leaves out.
pub(super) struct MemoryLines {
    lines: Vec<(Vec<u8>, bool)>,
}

impl MemoryLines {
    /// # Errors
    /// [`Failure::Refused`] for a line with a `[`, since nobody closes it, unless it is the path of a file.
    pub(super) fn new(lines: &[Vec<u8>], tar: &MemoryTar) -> Result<Self, PortError> {
        let is_path = |line: &Vec<u8>| tar.files.iter().any(|(path, _)| starts_with(path, line));
        if let Some(line) = lines.iter().find(|line| line.contains(&b'[') && !is_path(line)) {
            let action = format!("choose {}", printable(line));
            return Err(PortError::new(Failure::Refused, action).because("the [ is not closed"));
        }
        Ok(Self { lines: lines.iter().map(|line| (line.clone(), false)).collect() })
    }

    pub(super) fn is_everything(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn takes(&mut self, path: &Path) -> bool {
        let mut is_taken = self.is_everything();
        for (line, is_used) in &mut self.lines {
            let pattern = line.strip_prefix(b"!").unwrap_or(line);
            if starts_with(path, pattern) {
                *is_used = true;
                is_taken = pattern == line;
            }
        }
        is_taken
    }

    pub(super) fn unmatched(&self) -> Vec<String> {
        self.lines.iter().filter(|(_, is_used)| !is_used).map(|(line, _)| printable(line)).collect()
    }

    /// # Errors
    /// [`Failure::Missing`] where no line chose anything.
    pub(super) fn require_any(&self) -> Result<(), PortError> {
        let chose = |(line, is_used): &(Vec<u8>, bool)| *is_used && !line.starts_with(b"!");
        if self.is_everything() || self.lines.iter().any(chose) {
            return Ok(());
        }
        Err(PortError::new(Failure::Missing, format!("find {}", self.unmatched().join(", "))))
    }
}

fn starts_with(path: &Path, line: &[u8]) -> bool {
    let rest = path.as_os_str().as_encoded_bytes().strip_prefix(line);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// # Errors
/// [`Failure::Interrupted`] when `progress` cancels.
pub(super) fn look(progress: &dyn Progress) -> Result<(), PortError> {
    if progress.is_cancelled() { Err(PortError::new(Failure::Interrupted, ACTION)) } else { Ok(()) }
}
