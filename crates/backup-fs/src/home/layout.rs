//! The home folder, which is opened once, and the names of all files in it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backup_core::model::error::{Failure, PortError};
use rustix::fs::{OFlags, fstat};
use rustix::io::Errno;

use super::path_check;
use crate::error::{port_error, refused};
use crate::file::dir::DirHandle;
use crate::file::trust::{Caller, Trust};
use crate::posix::stat::is_same_file;

/// The folder that holds all files of one Backup Manager.
///
/// It is opened once, and everything in it is opened from there. A folder that gets its path later is another home.
///
/// Promises:
///
/// - It belongs to root or the caller, and nobody else may write to it. A group may, unless the caller is root.
/// - If root opens it, nobody else can swap a part of its path.
/// - Backup Manager's own files and folders in it are checked in the same way, each time that they are opened.
/// - Symbolic links in it are never followed.
///
/// A [trusted](Home::open_trusted) home is not checked. Symbolic links in it are not followed either.
#[derive(Debug, Clone)]
pub struct Home {
    folder: Arc<DirHandle>,
    is_trusted: bool,
}

impl Home {
    /// The environment variable with the path of the home.
    pub const VARIABLE: &'static str = "BACKUP_MANAGER_HOME";
    /// The environment variable that makes the home [trusted](Home::open_trusted) if it is 1.
    pub const TRUST_VARIABLE: &'static str = "BACKUP_MANAGER_TRUST_HOME";
    /// The file of the schedules, one a line.
    pub const SCHEDULES: &'static str = "backup_schedules.txt";
    /// The file of the configuration, which need not exist.
    pub const CONFIG: &'static str = "backup_manager.toml";
    /// The file that is locked while the schedules are edited. It is empty and never replaced.
    pub const SCHEDULES_LOCK: &'static str = ".backup_schedules.lock";
    /// The file that the service locks while it runs. It holds the service's process number.
    pub const SERVICE_PID: &'static str = "backup_service.pid";
    /// The second file that the service locks while it runs, because people remove the first one.
    pub const SERVICE_LOCK: &'static str = ".backup_service.lock";
    /// The folder of the finished backups.
    pub const BACKUPS: &'static str = "backups";
    /// The folder of the logs and the history.
    pub const LOGS: &'static str = "logs";
    /// The manager's log, in the logs folder.
    pub const MANAGER_LOG: &'static str = "backup_manager.log";
    /// The service's log, in the logs folder.
    pub const SERVICE_LOG: &'static str = "backup_service.log";
    /// The history, in the logs folder.
    pub const HISTORY: &'static str = "history.jsonl";
    /// The file in [`LOGS`](Self::LOGS) that says what was told to whom.
    pub const NOTICES: &'static str = "notifications.json";

    /// Opens the home of a program: the folder `given`, otherwise that of the variable [`Home::VARIABLE`], otherwise the
    /// current folder.
    ///
    /// An empty variable counts as unset. The home is [trusted](Home::open_trusted) if `is_trusted` is set, or
    /// [`Home::TRUST_VARIABLE`].
    ///
    /// # Errors
    /// As [`open`](Home::open).
    pub fn choose(given: Option<&Path>, is_trusted: bool) -> Result<Self, PortError> {
        let variable = || std::env::var_os(Self::VARIABLE).filter(|folder| !folder.is_empty());
        let folder = given.map(Path::to_owned).or_else(|| variable().map(PathBuf::from));
        let folder = folder.unwrap_or_else(|| PathBuf::from("."));
        let is_trusted = is_trusted || std::env::var_os(Self::TRUST_VARIABLE).is_some_and(|set| set == "1");
        if is_trusted { Self::open_trusted(&folder) } else { Self::open(&folder) }
    }

    /// Opens the home in an existing folder.
    ///
    /// The path is made absolute here, so that nothing depends on the current folder later.
    ///
    /// # Errors
    /// - [`Failure::Missing`]: the folder doesn't exist.
    /// - [`Failure::Denied`]: its owner or its mode is not safe.
    /// - Any other failure to open it as a folder.
    pub fn open(folder: &Path) -> Result<Self, PortError> {
        let opened = open_any(folder).and_then(|opened| checked(opened, folder));
        opened.map(|opened| Self::of(opened, false)).map_err(|error| not_opened(folder, error))
    }

    /// Opens the home in an existing folder without a check of owners and modes: the caller says that it is safe.
    ///
    /// # Errors
    /// [`Failure::Missing`] if the folder doesn't exist; any other failure to open it as a folder.
    pub fn open_trusted(folder: &Path) -> Result<Self, PortError> {
        let opened = open_any(folder).map_err(|error| not_opened(folder, error))?;
        Ok(Self::of(opened, true))
    }

    fn of(folder: DirHandle, is_trusted: bool) -> Self {
        Self { folder: Arc::new(folder), is_trusted }
    }

    /// Returns whether nothing tells that the folder is a home yet: it has no schedules, no configuration, no
    /// backups, no logs and no file of a service.
    ///
    /// If that can't be found out, the answer is no.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        let names = [Self::SCHEDULES, Self::CONFIG, Self::BACKUPS, Self::LOGS, Self::SERVICE_PID];
        names.iter().all(|name| matches!(self.folder.stat(name), Ok(None)))
    }

    /// Returns the absolute path that the folder had when it was opened.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of the folder that holds the finished backups.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.folder.path_of(Self::BACKUPS)
    }

    /// Returns the path of the folder that holds the logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.path_of(Self::LOGS)
    }

    /// Returns the path of the file that holds the schedules.
    #[must_use]
    pub fn schedules(&self) -> PathBuf {
        self.folder.path_of(Self::SCHEDULES)
    }

    /// Returns the path of the file that the service locks.
    #[must_use]
    pub fn service_pid(&self) -> PathBuf {
        self.folder.path_of(Self::SERVICE_PID)
    }

    /// Returns whether the caller message that the home is safe.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// Returns a text that identifies the folder while it is open. No other folder has the same one.
    ///
    /// # Errors
    /// Any failure to read its metadata.
    pub fn identity(&self) -> Result<String, PortError> {
        let stat = fstat(&*self.folder).map_err(|error| not_opened(self.root(), error.into()))?;
        Ok(format!("{}:{}", stat.st_dev, stat.st_ino))
    }

    /// Checks that its path still leads to this folder.
    ///
    /// # Errors
    /// [`Failure::Missing`] if the folder was moved, replaced or removed, or if something is mounted over it.
    pub fn check_place(&self) -> Result<(), PortError> {
        // If it can't be found out now, the next check will.
        if self.folder.is_at(self.root()).unwrap_or(true) {
            return Ok(());
        }
        let moved = "the home was moved, replaced or removed; start the service again where the home is now";
        Err(PortError::new(Failure::Missing, format!("go on in {}", self.root().display())).because(moved))
    }

    /// Returns the folder after another check of its owner and mode.
    ///
    /// # Errors
    /// As [`DirHandle::check`].
    pub(crate) fn folder(&self) -> io::Result<&DirHandle> {
        self.folder.check().map(|()| &*self.folder)
    }

    /// Returns the folder without a check.
    pub(crate) fn held(&self) -> &DirHandle {
        &self.folder
    }
}

fn not_opened(folder: &Path, error: io::Error) -> PortError {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    port_error(format!("open home folder {}", folder.display()), error)
}

/// Opens a folder by its path. Symbolic links are followed.
fn open_any(folder: &Path) -> io::Result<DirHandle> {
    let root = folder.canonicalize()?;
    DirHandle::open(&root, OFlags::empty()).or_else(|error| match Errno::from_io_error(&error) {
        // A user who may not list the folder may still open files in it by name.
        Some(Errno::ACCESS) => DirHandle::open(&root, OFlags::PATH),
        _ => Err(error),
    })
}

/// Returns the folder with its checks set, after it has passed them.
///
/// For root, the path is checked as well: nobody else may be able to lead root to another folder by it.
fn checked(opened: DirHandle, path: &Path) -> io::Result<DirHandle> {
    let stat = fstat(&opened)?;
    let caller = Caller::current()?;
    let is_root = caller.is_root();
    let mut trust = Trust::of(caller, &stat);
    if is_root {
        let (walked, walked_trust) = path_check::walk(&std::path::absolute(path)?, &trust)?;
        trust = walked_trust;
        if !is_same_file(&walked, &stat) {
            return Err(refused("somebody has just put another folder in its place"));
        }
    }
    opened.trusted(trust)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use backup_core::model::archive::display_path;
    use backup_core::model::error::{Failure, Remedy};
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn archives_are_where_the_messages_say() {
        let place = tempdir().unwrap();
        let home = Home::open(place.path()).unwrap();
        assert!(home.backups().join("docs.tar").ends_with(display_path("docs.tar")));
        assert_eq!(display_path("docs.tar"), "backups/docs.tar");
    }

    #[test]
    fn the_path_is_absolute_in_any_case() {
        let place = tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        let link = place.path().join("link");
        symlink(&real, &link).unwrap();
        for path in
            [real.clone(), real.join("."), link.clone(), link.join("link/..").join(real.file_name().unwrap())]
        {
            assert_eq!(Home::open_trusted(&path).unwrap().root(), real, "{}", path.display());
        }
        assert_eq!(Home::open(Path::new(".")).unwrap().root(), std::env::current_dir().unwrap());
    }

    #[test]
    fn refuses_anything_but_an_existing_folder() {
        let place = tempdir().unwrap();
        let failure = |name: &str| Home::open(&place.path().join(name)).unwrap_err().failure;
        assert_eq!(failure("nowhere"), Failure::Missing);
        fs::write(place.path().join("file"), "").unwrap();
        assert_eq!(failure("file"), Failure::Refused);
        assert_eq!(failure("file/below"), Failure::Refused);
    }

    /// Returns why root doesn't open a home, or `None` if it does.
    fn refusal(path: &Path) -> Option<String> {
        let error = Home::open(path).err()?;
        assert_eq!(error.failure, Failure::Denied, "{error}");
        let text = error.to_string();
        assert_eq!(error.remedy.as_deref(), Some(&Remedy::TrustHome), "{text}");
        Home::open_trusted(path).unwrap();
        Some(text.strip_prefix(&format!("can't open home folder {}: ", path.display())).unwrap().to_owned())
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn root_opens_only_homes_that_nobody_else_can_change() {
        if !rustix::process::geteuid().is_root() {
            return backup_core::testing::skipped("only root has such homes");
        }
        let place = tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        let (above, home) = (real.join("above"), real.join("above/home"));
        fs::create_dir_all(&home).unwrap();
        set_mode(&real, 0o711);
        let check = |expected: Option<&str>| assert_eq!(refusal(&home).as_deref(), expected);
        check(None);
        set_mode(&home, 0o775);
        check(Some("its group may write to it"));
        set_mode(&home, 0o777);
        check(Some("anybody may write to it"));
        set_mode(&home, 0o1777);
        check(None);
        set_mode(&home, 0o755);
        chown(&home, Some(1234), None).unwrap();
        check(Some("it belongs to another user (1234)"));
        chown(&home, Some(0), None).unwrap();
        let at_above = |reason: &str| format!("{}: {reason}", above.display());
        chown(&above, Some(1234), None).unwrap();
        check(Some(&at_above("it belongs to another user (1234)")));
        chown(&above, Some(0), None).unwrap();
        set_mode(&above, 0o777);
        check(Some(&at_above("anybody may write to it")));
        set_mode(&above, 0o1777);
        check(None);
        // If nobody else can reach the home, its mode doesn't matter.
        set_mode(&home, 0o777);
        check(Some("anybody may write to it"));
        set_mode(&real, 0o700);
        check(None);
        set_mode(&above, 0o777);
        check(None);
        chown(&home, Some(1234), None).unwrap();
        check(Some("it belongs to another user (1234)"));
    }

    #[test]
    fn root_follows_no_links_of_other_users_to_a_home() {
        if !rustix::process::geteuid().is_root() {
            return backup_core::testing::skipped("only root has such homes");
        }
        let place = tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        fs::create_dir_all(real.join("disk/home")).unwrap();
        fs::create_dir(real.join("theirs")).unwrap();
        let link = |name: &str, target: &Path| symlink(target, real.join(name)).unwrap();
        link("home", &real.join("disk/home"));
        link("far", &real.join("disk"));
        link("near", Path::new("theirs/../disk"));
        link("theirs/link", Path::new("../disk"));
        link("round", Path::new("round"));
        let named = format!(
            "it is a symbolic link to {}: give that folder instead",
            real.join("disk/home").display()
        );
        assert_eq!(refusal(&real.join("home")), Some(named));
        for good in ["far/home", "near/home", "far/../disk/home", "theirs/link/home", "disk/home/."] {
            assert_eq!(refusal(&real.join(good)), None, "{good}");
        }
        assert!(Home::open(&real.join("round/home")).is_err());
        std::os::unix::fs::lchown(real.join("far"), Some(1234), None).unwrap();
        let far = format!("{}: it belongs to another user (1234)", real.join("far").display());
        assert_eq!(refusal(&real.join("far/home")), Some(far));
        // The target is root's, but a folder in the path is not.
        chown(real.join("theirs"), Some(1234), None).unwrap();
        let theirs = format!("{}: it belongs to another user (1234)", real.join("theirs").display());
        for bad in ["near/home", "theirs/link/home", "theirs/../disk/home"] {
            assert_eq!(refusal(&real.join(bad)), Some(theirs.clone()), "{bad}");
        }
    }

    #[test]
    fn notices_when_its_path_leads_elsewhere() {
        let place = tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        let (path, moved) = (real.join("home"), real.join("moved"));
        fs::create_dir(&path).unwrap();
        let home = Home::open(&path).unwrap();
        home.check_place().unwrap();
        fs::rename(&path, &moved).unwrap();
        let message = format!(
            "can't go on in {}: the home was moved, replaced or removed; start the service again where the home is now",
            path.display()
        );
        let check = |is_in_place: bool| {
            let checked = home.check_place().map_err(|error| error.to_string());
            assert_eq!(checked, if is_in_place { Ok(()) } else { Err(message.clone()) });
        };
        check(false);
        fs::create_dir(&path).unwrap();
        check(false);
        fs::remove_dir(&path).unwrap();
        symlink("home", &path).unwrap();
        check(false);
        fs::remove_file(&path).unwrap();
        symlink(&moved, &path).unwrap();
        check(true);
        fs::remove_dir(&moved).unwrap();
        check(false);
    }
}
