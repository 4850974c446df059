//! The home folder, and the names of everything below it.

use std::io;
use std::path::{Path, PathBuf};

use backup_core::error::PortError;

use crate::failure::port_error;

/// The folder below which all files of one Backup Manager live.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The environment variable that names the home.
    pub const VARIABLE: &'static str = "BACKUP_MANAGER_HOME";
    /// The schedules, one a line.
    pub const SCHEDULES: &'static str = "backup_schedules.txt";
    /// Locked while the schedules are edited; never replaced, and empty.
    pub const SCHEDULES_LOCK: &'static str = ".backup_schedules.lock";
    /// Locked by the service while it runs; holds its number.
    pub const SERVICE_PID: &'static str = "backup_service.pid";
    /// The finished backups.
    pub const BACKUPS: &'static str = "backups";
    /// The logs and the history.
    pub const LOGS: &'static str = "logs";
    /// The manager's log, in the logs folder.
    pub const MANAGER_LOG: &'static str = "backup_manager.log";
    /// The service's log, in the logs folder.
    pub const SERVICE_LOG: &'static str = "backup_service.log";
    /// The history, in the logs folder.
    pub const HISTORY: &'static str = "history.jsonl";

    /// Returns the folder that a program is to take for its home: the one it was told, else that of the variable
    /// [`Home::VARIABLE`], else the current one. An empty variable is as good as none.
    #[must_use]
    pub fn choose(told: Option<&Path>) -> PathBuf {
        let variable = || std::env::var_os(Self::VARIABLE).filter(|folder| !folder.is_empty());
        told.map(Path::to_owned)
            .or_else(|| variable().map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from("."))
    }

    /// Returns the home in an existing folder. The path is made absolute once, here, so that nothing depends on the
    /// current folder later.
    ///
    /// # Errors
    /// When the folder isn't there, can't be reached, or is none.
    pub fn open(folder: &Path) -> Result<Self, PortError> {
        let action = || format!("open home folder {}", folder.display());
        let root = folder.canonicalize().map_err(|error| port_error(action(), error))?;
        if !root.is_dir() {
            return Err(port_error(action(), io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self { root })
    }

    /// Returns the folder itself, absolute.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder of the finished backups.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.root.join(Self::BACKUPS)
    }

    /// Returns the folder of the logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join(Self::LOGS)
    }

    /// Returns the file of the schedules.
    #[must_use]
    pub fn schedules(&self) -> PathBuf {
        self.root.join(Self::SCHEDULES)
    }

    /// Returns the file that the service locks.
    #[must_use]
    pub fn service_pid(&self) -> PathBuf {
        self.root.join(Self::SERVICE_PID)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use backup_core::backup::place_of;
    use backup_core::error::Failure;
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn archives_lie_where_people_are_told() {
        let place = tempdir().unwrap();
        let home = Home::open(place.path()).unwrap();
        assert!(home.backups().join("docs.tar").ends_with(place_of("docs.tar")));
        assert_eq!(place_of("docs.tar"), "backups/docs.tar");
    }

    #[test]
    fn is_absolute_however_it_was_named() {
        let place = tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        let link = place.path().join("link");
        symlink(&real, &link).unwrap();
        for path in
            [real.clone(), real.join("."), link.clone(), link.join("link/..").join(real.file_name().unwrap())]
        {
            assert_eq!(Home::open(&path).unwrap().root(), real, "{}", path.display());
        }
        assert_eq!(Home::open(Path::new(".")).unwrap().root(), std::env::current_dir().unwrap());
    }

    #[test]
    fn is_an_existing_folder() {
        let place = tempdir().unwrap();
        let failure = |name: &str| Home::open(&place.path().join(name)).unwrap_err().failure;
        assert_eq!(failure("nowhere"), Failure::Missing);
        fs::write(place.path().join("file"), "").unwrap();
        assert_eq!(failure("file"), Failure::Refused);
        assert_eq!(failure("file/below"), Failure::Refused);
    }
}
