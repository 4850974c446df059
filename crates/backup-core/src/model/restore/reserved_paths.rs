//! What in a home is Backup Manager's own, which no restore writes over.

use std::path::{Component, Path, PathBuf};

use crate::model::restore::request::RestoreTarget;

/// The folders in a home that are Backup Manager's own.
pub const OWN_FOLDERS: [&str; 2] = ["backups", "logs"];

/// The files in it that are.
const OWN_FILES: [&str; 5] = [
    "backup_schedules.txt",
    ".backup_schedules.txt.partial",
    ".backup_schedules.lock",
    "backup_service.pid",
    ".backup_service.lock",
];

/// Why a target is refused.
pub const OWN_PLACE: &str =
    "it is where Backup Manager keeps its own files; name another folder with --to DIR";

/// Returns whether what has that name in a home is Backup Manager's own.
#[must_use]
pub fn is_own_name(name: &[u8]) -> bool {
    OWN_FOLDERS.iter().chain(&OWN_FILES).any(|own| own.as_bytes() == name)
}

/// Returns whether a restore must not go there, as far as the text of the paths tells: to the home itself, or to what is
/// Backup Manager's own in it. A source is told by its entries: it may be the home itself, and then
/// all but its own goes back.
#[must_use]
pub fn is_own_place(target: &RestoreTarget, home: &Path) -> bool {
    let (path, home) = (plain(target.path()), plain(home));
    let Ok(below) = path.strip_prefix(&home) else { return false };
    match below.components().next() {
        _ if matches!(target, RestoreTarget::Source(_)) => false,
        None => true,
        Some(first) => is_own_name(first.as_os_str().as_encoded_bytes()),
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
            ("/home/backup_schedules.txt", true),
            ("/home/.backup_schedules.txt.partial", true),
            ("/home/backup_service.pid", true),
            ("/home/.backup_service.lock", true),
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
