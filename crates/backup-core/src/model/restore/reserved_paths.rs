//! What in a home is Backup Manager's own, which no restore writes over.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::model::restore::request::RestoreTarget;

/// The folders in a home that are Backup Manager's own.
pub const OWN_FOLDERS: [&str; 2] = ["backups", "logs"];

/// Why a target is refused: Backup Manager keeps its own files there. It is the cause of a port's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnPlace;

impl fmt::Display for OwnPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is where Backup Manager keeps its own files")
    }
}

impl StdError for OwnPlace {}

/// Returns whether a restore must not go there, as far as the text of the paths tells: to the home itself, or to one of
/// its own folders. An adapter refuses its own files too. A source is told by its entries: it may be the home itself, and then
/// all but its own goes back.
#[must_use]
pub fn is_own_place(target: &RestoreTarget, home: &Path) -> bool {
    let (path, home) = (plain(target.path()), plain(home));
    let Ok(below) = path.strip_prefix(&home) else { return false };
    match below.components().next() {
        _ if matches!(target, RestoreTarget::Source(_)) => false,
        None => true,
        Some(first) => OWN_FOLDERS.iter().any(|own| first.as_os_str() == *own),
    }
}

/// Returns a path without `.` and `..`, as if nothing on its way were a link.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_and_what_is_its_own_are_no_targets() {
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
            assert_eq!(is_own_place(&RestoreTarget::Folder(path.into()), home), expected, "{path}");
            assert_eq!(is_own_place(&RestoreTarget::Beside(path.into()), home), expected, "{path}");
        }
        let source = |path: &str| is_own_place(&RestoreTarget::Source(path.into()), Path::new("/home"));
        assert_eq!([source("/home"), source("/home/logs"), source("/home/docs")], [false; 3]);
    }
}
