//! Looks for a program as the system does when it starts one.

use std::env::split_paths;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use backup_core::model::command::CommandObstacle;
use rustix::fs::{Access, access};

/// Where programs are looked for without a search path.
const USUAL: &str = "/bin:/usr/bin";

/// Returns what keeps a program from being started in a folder.
///
/// A name without `/` is looked for in the folders of the search path. A relative path is relative to the folder.
pub(crate) fn obstacle(program: &str, dir: &Path, search_path: Option<&OsStr>) -> Option<CommandObstacle> {
    match fs::metadata(dir) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Some(CommandObstacle::NoDir),
        Err(error) if is_missing(&error) => return Some(CommandObstacle::NoDir),
        Err(_) => return None,
    }
    let mut obstacle = Some(CommandObstacle::NoProgram);
    for path in candidates(program, dir, search_path) {
        match fs::metadata(&path) {
            Ok(found) if found.is_file() && access(&path, Access::EXEC_OK).is_ok() => return None,
            Ok(_) => obstacle = obstacle.and(Some(CommandObstacle::NotExecutable)),
            Err(error) if is_missing(&error) => {}
            // What can't be looked at may be the program.
            Err(_) => obstacle = None,
        }
    }
    obstacle
}

fn candidates(program: &str, dir: &Path, search_path: Option<&OsStr>) -> Vec<PathBuf> {
    if program.contains('/') {
        return vec![dir.join(program)];
    }
    let folders = split_paths(search_path.unwrap_or(OsStr::new(USUAL)));
    folders.map(|folder| dir.join(folder).join(program)).collect()
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_program_is_looked_for_as_the_system_does() {
        let root = tempdir().unwrap();
        let (bin, dir) = (root.path().join("bin"), root.path().join("dir"));
        for (path, mode) in [(bin.join("tool"), 0o755), (bin.join("text"), 0o644), (dir.join("own"), 0o755)] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(bin.join("folder")).unwrap();
        let absolute = bin.join("tool").display().to_string();
        let cases = [
            ("tool", &dir, None),
            (&absolute, &dir, None),
            ("./own", &dir, None),
            ("own", &dir, Some(CommandObstacle::NoProgram)),
            ("./tool", &dir, Some(CommandObstacle::NoProgram)),
            ("text", &dir, Some(CommandObstacle::NotExecutable)),
            ("folder", &dir, Some(CommandObstacle::NotExecutable)),
            ("tool", &root.path().join("nowhere"), Some(CommandObstacle::NoDir)),
            ("tool", &bin.join("text"), Some(CommandObstacle::NoDir)),
        ];
        for (program, dir, expected) in cases {
            assert_eq!(obstacle(program, dir, Some(bin.as_os_str())), expected, "{program} in {dir:?}");
        }
        assert_eq!(obstacle("sh", &dir, None), None, "the usual folders count without a search path");
    }
}
