//! Reserved paths: the parts of a home that no restore writes to.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::model::restore::request::RestoreTarget;

/// The folders in a home that belong to Backup Manager.
pub const RESERVED_FOLDERS: [&str; 2] = ["backups", "logs"];

/// The error that Backup Manager keeps its own files at a target. It is the cause of a [`PortError`].
///
/// [`PortError`]: crate::model::error::PortError
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedPath;

impl fmt::Display for ReservedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is where Backup Manager keeps its own files")
    }
}

impl StdError for ReservedPath {}

/// Returns whether a restore must not write to a target, because it is the home itself or one of [`RESERVED_FOLDERS`].
///
/// Only the text of the paths is compared. An adapter also refuses its own files when links or mounts lead to them.
///
/// A [`RestoreTarget::Source`] is never refused as a whole. It may contain the home, so an adapter refuses single entries.
#[must_use]
pub fn is_reserved(target: &RestoreTarget, home: &Path) -> bool {
    let (path, home) = (normalized(target.path()), normalized(home));
    let Ok(below) = path.strip_prefix(&home) else { return false };
    match below.components().next() {
        _ if matches!(target, RestoreTarget::Source(_)) => false,
        None => true,
        Some(first) => RESERVED_FOLDERS.iter().any(|own| first.as_os_str() == *own),
    }
}

/// Returns whether a file must not be written, because it is in one of [`RESERVED_FOLDERS`], or has one of these names in the
/// home.
///
/// Only the text of the paths is compared, as by [`is_reserved`]. A relative path is relative to the home.
#[must_use]
pub fn is_reserved_file(file: &Path, home: &Path, own_names: &[&str]) -> bool {
    let (path, home) = (normalized(&home.join(file)), normalized(home));
    let Ok(below) = path.strip_prefix(&home) else { return false };
    let Some(first) = below.components().next() else { return true };
    let is_one_of = |names: &[&str]| names.iter().any(|own| first.as_os_str() == *own);
    is_one_of(&RESERVED_FOLDERS) || is_one_of(own_names)
}

/// Returns a path without `.` and `..`, as if it contained no links.
fn normalized(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normalized, component| {
        match component {
            Component::ParentDir => drop(normalized.pop()),
            Component::CurDir => {}
            other => normalized.push(other),
        }
        normalized
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_and_its_own_folders_are_refused() {
        let cases = [
            ("/home", true),
            ("/home/.", true),
            ("/home/docs/..", true),
            ("/home/backups", true),
            ("/home/backups/a/b", true),
            ("/home/x/../logs", true),
            ("/home/backups2", false),
            ("/home/docs", false),
            ("/home/docs/backups", false),
            ("/", false),
            ("/other", false),
        ];
        for (path, expected) in cases {
            let home = Path::new("/home");
            assert_eq!(is_reserved(&RestoreTarget::Folder(path.into()), home), expected, "{path}");
            assert_eq!(is_reserved(&RestoreTarget::Beside(path.into()), home), expected, "{path}");
        }
        let source = |path: &str| is_reserved(&RestoreTarget::Source(path.into()), Path::new("/home"));
        assert_eq!([source("/home"), source("/home/logs"), source("/home/docs")], [false; 3]);
    }
}
