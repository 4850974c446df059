//! Installs both programs side by side: `backup_manager` looks for `backup_service` beside itself.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{self, Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Failure, Outcome};
use crate::{out, programs};

pub(crate) fn run(root: Option<PathBuf>) -> Outcome {
    let bin = folder(root)?;
    let programs = programs::build_release()?;
    for place in place(&bin, &[&programs.service, &programs.manager])? {
        out::say(&format!("Installed {}", place.display()));
    }
    for line in advice(&bin, env::var_os("PATH").as_deref()) {
        out::say(&line);
    }
    Ok(())
}

fn folder(root: Option<PathBuf>) -> Outcome<PathBuf> {
    let root = match root {
        Some(root) => root,
        None => default_root(rustix::process::geteuid().is_root(), env::var_os("HOME").as_deref())?,
    };
    path::absolute(root.join("bin")).map_err(Failure::doing("find out where to install"))
}

fn default_root(superuser: bool, home: Option<&OsStr>) -> Outcome<PathBuf> {
    if superuser {
        return Ok("/usr/local".into());
    }
    let home = home.filter(|home| !home.is_empty()).map(|home| Path::new(home).join(".local"));
    home.ok_or_else(|| Failure::new("HOME is not set").hint("say where: `cargo xtask install --root DIR`"))
}

/// Puts every program into the folder, or none: all are copied before the first one gets its name.
fn place(bin: &Path, programs: &[&PathBuf]) -> Outcome<Vec<PathBuf>> {
    fs::create_dir_all(bin).map_err(Failure::doing(format!("make {}", bin.display())))?;
    let copies: Vec<_> = programs.iter().map(|program| copy(bin, program)).collect::<Outcome<_>>()?;
    let names = programs.iter().map(|program| program.file_name().unwrap_or_default());
    copies.into_iter().zip(names).map(|(copy, name)| reveal(copy, bin.join(name))).collect()
}

fn reveal(copy: NamedTempFile, place: PathBuf) -> Outcome<PathBuf> {
    copy.persist(&place).map_err(Failure::doing(format!("install {}", place.display())))?;
    Ok(place)
}

/// A running program keeps its old file; overwriting that file in place would be refused, or worse.
fn copy(bin: &Path, program: &Path) -> Outcome<NamedTempFile> {
    let write = || -> io::Result<NamedTempFile> {
        let mut copy = NamedTempFile::new_in(bin)?;
        io::copy(&mut File::open(program)?, &mut copy)?;
        copy.as_file().set_permissions(Permissions::from_mode(0o755))?;
        copy.as_file().sync_all()?;
        Ok(copy)
    };
    write().map_err(Failure::doing(format!("copy {} into {}", program.display(), bin.display())))
}

/// Returns what to tell after an installation: what is missing, and what to try next.
fn advice(bin: &Path, path: Option<&OsStr>) -> Vec<String> {
    let known = path.is_some_and(|path| env::split_paths(path).any(|folder| folder == bin));
    let manager =
        if known { "backup_manager".into() } else { bin.join("backup_manager").display().to_string() };
    let mut lines = vec![
        "A service that is running keeps its old program until it is stopped and started again.".into(),
        format!("Try next: {manager} --help"),
    ];
    if !known {
        lines.insert(0, format!("Warning: {} is not on your PATH.", bin.display()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_place_depends_on_who_installs() {
        let home = |home| Some(OsStr::new(home));
        assert_eq!(default_root(true, home("/root")), Ok("/usr/local".into()));
        assert_eq!(default_root(false, home("/home/me")), Ok("/home/me/.local".into()));
        for unset in [None, home("")] {
            assert_eq!(default_root(false, unset).unwrap_err().message, "HOME is not set");
        }
    }

    #[test]
    fn a_root_of_ones_own_gets_a_bin_folder() {
        assert_eq!(folder(Some("/opt/tools".into())), Ok("/opt/tools/bin".into()));
        assert!(folder(Some("tools".into())).unwrap().is_absolute());
    }

    #[test]
    fn programs_replace_their_older_selves_and_leave_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (bin, built) = (folder.path().join("root/bin"), folder.path().join("backup_service"));
        for content in ["old", "new"] {
            fs::write(&built, content).unwrap();
            assert_eq!(place(&bin, &[&built]), Ok(vec![bin.join("backup_service")]));
        }
        let installed = bin.join("backup_service");
        assert_eq!(fs::read_to_string(&installed).unwrap(), "new");
        assert_eq!(fs::metadata(&installed).unwrap().permissions().mode() & 0o7777, 0o755);
        assert_eq!(fs::read_dir(&bin).unwrap().count(), 1);
    }

    #[test]
    fn one_missing_program_installs_none() {
        let folder = tempfile::tempdir().unwrap();
        let (bin, built) = (folder.path().join("bin"), folder.path().join("backup_service"));
        fs::write(&built, "new").unwrap();
        let failure = place(&bin, &[&built, &folder.path().join("backup_manager")]).unwrap_err();
        assert!(failure.message.contains("backup_manager into "), "{failure:?}");
        assert_eq!(fs::read_dir(&bin).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_on_the_path_is_reported() {
        let bin = Path::new("/home/me/.local/bin");
        let known = advice(bin, Some(OsStr::new("/usr/bin:/home/me/.local/bin")));
        assert_eq!(known.last().unwrap(), "Try next: backup_manager --help");
        assert!(!known[0].starts_with("Warning"), "{known:?}");
        for path in [None, Some(OsStr::new("/usr/bin"))] {
            let unknown = advice(bin, path);
            assert_eq!(unknown[0], "Warning: /home/me/.local/bin is not on your PATH.");
            assert_eq!(unknown.last().unwrap(), "Try next: /home/me/.local/bin/backup_manager --help");
        }
    }
}
