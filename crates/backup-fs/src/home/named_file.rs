//! Named file: what is the matter with a file that the configuration names.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use backup_core::model::config::FileProblem;

/// Everybody may read a file with this bit, and enter a folder with [`ENTER`].
const READ: u32 = 0o004;
const ENTER: u32 = 0o001;

/// Returns what is the matter with a file, if that can be told.
pub(super) fn problem(file: &Path) -> Option<FileProblem> {
    let found = match fs::metadata(file) {
        Ok(found) => found,
        Err(error) => {
            return match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Some(FileProblem::Missing),
                ErrorKind::PermissionDenied => Some(FileProblem::Unreadable),
                _ => None,
            };
        }
    };
    // A FIFO would be waited for.
    if !found.is_file() {
        return Some(FileProblem::Missing);
    }
    if File::open(file).is_err() {
        return Some(FileProblem::Unreadable);
    }
    if found.len() == 0 {
        return Some(FileProblem::Empty);
    }
    let is_open = mode(file) & READ != 0 && file.ancestors().skip(1).all(|folder| mode(folder) & ENTER != 0);
    is_open.then_some(FileProblem::OpenToAll)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).map(|found| found.permissions().mode()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    fn allow(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_secret_is_in_a_file_that_not_everybody_can_read() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("token");
        assert_eq!(problem(&path), Some(FileProblem::Missing));
        assert_eq!(problem(folder.path()), Some(FileProblem::Missing), "a folder is no file");
        fs::write(&path, "").unwrap();
        assert_eq!(problem(&path), Some(FileProblem::Empty));
        fs::write(&path, "secret").unwrap();
        for (folder_mode, file_mode, expected) in [
            (0o755, 0o644, Some(FileProblem::OpenToAll)),
            (0o755, 0o640, None),
            // Nobody else gets that far.
            (0o700, 0o644, None),
        ] {
            allow(folder.path(), folder_mode);
            allow(&path, file_mode);
            assert_eq!(problem(&path), expected, "{folder_mode:o} {file_mode:o}");
        }
    }
}
