//! The home folder, opened once, and the names of everything in it.

mod names;
mod own_folder;
mod trust;
mod way;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backup_core::model::error::{Failure, PortError};
use rustix::fs::{OFlags, fstat};
use rustix::io::Errno;

pub use self::names::NAMES;
pub(crate) use self::names::is_own_name;
pub(crate) use self::own_folder::OwnFolder;
use self::trust::Caller;
pub(crate) use self::trust::{Role, Trust};
use crate::failure::{port_error, refused};
use crate::folder::Folder;

/// The folder below which all files of one Backup Manager live.
///
/// It is opened once, and everything in it from there: whatever takes its path later is another home. It has to belong to
/// root or the caller, and nobody else may write to it; a group may, unless the caller is root. Nobody else can swap a
/// part of the way to a home that root opens. The same goes for what is Backup Manager's own in it, each time that it is
/// opened. Who [vouches](Home::open_trusted) for a home has none of this checked, but symbolic links in it are never
/// followed.
#[derive(Debug, Clone)]
pub struct Home {
    folder: Arc<Folder>,
    is_trusted: bool,
}

impl Home {
    /// The environment variable that names the home.
    pub const VARIABLE: &'static str = "BACKUP_MANAGER_HOME";
    /// The environment variable that vouches for the home, by the value 1.
    pub const TRUST_VARIABLE: &'static str = "BACKUP_MANAGER_TRUST_HOME";
    /// The schedules, one a line.
    pub const SCHEDULES: &'static str = "backup_schedules.txt";
    /// Locked while the schedules are edited; never replaced, and empty.
    pub const SCHEDULES_LOCK: &'static str = ".backup_schedules.lock";
    /// Locked by the service while it runs; holds its number.
    pub const SERVICE_PID: &'static str = "backup_service.pid";
    /// Locked by the service while it runs, for people remove the other.
    pub const SERVICE_LOCK: &'static str = ".backup_service.lock";
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

    /// Opens the folder that a program is to take for its home: the one it was told, else that of the variable
    /// [`Home::VARIABLE`], else the current one. An empty variable is as good as none. `is_trusted` vouches for it, and so
    /// does [`Home::TRUST_VARIABLE`].
    ///
    /// # Errors
    /// As [`open`](Home::open).
    pub fn choose(told: Option<&Path>, is_trusted: bool) -> Result<Self, PortError> {
        let variable = || std::env::var_os(Self::VARIABLE).filter(|folder| !folder.is_empty());
        let folder = told.map(Path::to_owned).or_else(|| variable().map(PathBuf::from));
        let folder = folder.unwrap_or_else(|| PathBuf::from("."));
        let is_trusted = is_trusted || std::env::var_os(Self::TRUST_VARIABLE).is_some_and(|set| set == "1");
        if is_trusted { Self::open_trusted(&folder) } else { Self::open(&folder) }
    }

    /// Returns the home in an existing folder. The path is made absolute once, here, so that nothing depends on the
    /// current folder later.
    ///
    /// # Errors
    /// When the folder isn't there, can't be reached, or is none; [`Failure::Denied`] when it is not to be relied on.
    pub fn open(folder: &Path) -> Result<Self, PortError> {
        let opened = open_any(folder).and_then(|opened| relied_on(opened, folder));
        opened.map(|opened| Self::of(opened, false)).map_err(|error| not_opened(folder, error))
    }

    /// Returns the home in an existing folder for which somebody vouches.
    ///
    /// # Errors
    /// When the folder isn't there, can't be reached, or is none.
    pub fn open_trusted(folder: &Path) -> Result<Self, PortError> {
        let opened = open_any(folder).map_err(|error| not_opened(folder, error))?;
        Ok(Self::of(opened, true))
    }

    fn of(folder: Folder, is_trusted: bool) -> Self {
        Self { folder: Arc::new(folder), is_trusted }
    }

    /// Returns the path of the folder, absolute, as it was when it was opened.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of the folder of the finished backups.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.folder.path_of(Self::BACKUPS)
    }

    /// Returns the path of the folder of the logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.path_of(Self::LOGS)
    }

    /// Returns the path of the file of the schedules.
    #[must_use]
    pub fn schedules(&self) -> PathBuf {
        self.folder.path_of(Self::SCHEDULES)
    }

    /// Returns the path of the file that the service locks.
    #[must_use]
    pub fn service_pid(&self) -> PathBuf {
        self.folder.path_of(Self::SERVICE_PID)
    }

    /// Returns whether somebody vouches for it.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// Returns what tells the folder from all others as long as it is open.
    ///
    /// # Errors
    /// Whatever the kernel fails with.
    pub fn identity(&self) -> Result<String, PortError> {
        let stat = fstat(&*self.folder).map_err(|error| not_opened(self.root(), error.into()))?;
        Ok(format!("{}:{}", stat.st_dev, stat.st_ino))
    }

    /// Makes sure that it is still where it was opened, so that people who name its path mean this one.
    ///
    /// # Errors
    /// When it was moved, replaced or removed, or something is mounted over it.
    pub fn check_place(&self) -> Result<(), PortError> {
        // What can't be told now is told the next time.
        if self.folder.is_at(self.root()).unwrap_or(true) {
            return Ok(());
        }
        let moved = "this path leads somewhere else now; start the service again where its home is";
        Err(PortError::new(Failure::Missing, format!("go on in {}", self.root().display())).because(moved))
    }

    /// Returns the folder, where it is still to be relied on.
    pub(crate) fn folder(&self) -> io::Result<&Folder> {
        self.folder.check().map(|()| &*self.folder)
    }

    /// Returns the folder as it is.
    pub(crate) fn held(&self) -> &Folder {
        &self.folder
    }

    /// Returns the folder of that name in it.
    pub(crate) fn own(&self, name: &'static str) -> OwnFolder {
        OwnFolder::new(self.clone(), name)
    }
}

fn not_opened(folder: &Path, error: io::Error) -> PortError {
    port_error(format!("open home folder {}", folder.display()), error)
}

/// Opens a folder by its path, links included.
fn open_any(folder: &Path) -> io::Result<Folder> {
    let root = folder.canonicalize()?;
    Folder::open(&root, OFlags::empty()).or_else(|error| match Errno::from_io_error(&error) {
        // Who may not list it may still know what is in it.
        Some(Errno::ACCESS) => Folder::open(&root, OFlags::PATH),
        _ => Err(error),
    })
}

/// Returns the folder where the caller may rely on it, and on nobody else's leading him there by that path.
fn relied_on(opened: Folder, path: &Path) -> io::Result<Folder> {
    let stat = fstat(&opened)?;
    let caller = Caller::current()?;
    let is_root = caller.is_root();
    let mut trust = Trust::of(caller, &stat);
    if is_root {
        let (named, found) = way::walk(&std::path::absolute(path)?, &trust)?;
        trust = found;
        if (named.st_dev, named.st_ino) != (stat.st_dev, stat.st_ino) {
            return Err(refused("somebody has just put another folder in its place"));
        }
    }
    opened.trusted(trust)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use backup_core::model::archive::place_of;
    use backup_core::model::error::Failure;
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
            assert_eq!(Home::open_trusted(&path).unwrap().root(), real, "{}", path.display());
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

    /// Returns why root doesn't open a home; `None` where it does.
    fn refusal(path: &Path) -> Option<String> {
        let error = Home::open(path).err()?;
        assert_eq!(error.failure, Failure::Denied, "{error}");
        let text = error.to_string();
        let (reason, way_out) = text.split_once("; ").unwrap();
        assert!(way_out.contains("--trust-home") && way_out.contains(Home::TRUST_VARIABLE), "{text}");
        Home::open_trusted(path).unwrap();
        Some(reason.strip_prefix(&format!("can't open home folder {}: ", path.display())).unwrap().to_owned())
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn nobody_else_has_a_say_in_a_home_that_root_opens() {
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
        // Where nobody else gets, it doesn't matter what they may do there.
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
    fn nobody_else_has_a_link_on_the_way_to_a_home_that_root_opens() {
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
        let named =
            format!("it is a symbolic link to {}: name that folder", real.join("disk/home").display());
        assert_eq!(refusal(&real.join("home")), Some(named));
        for good in ["far/home", "near/home", "far/../disk/home", "theirs/link/home", "disk/home/."] {
            assert_eq!(refusal(&real.join(good)), None, "{good}");
        }
        assert!(Home::open(&real.join("round/home")).is_err());
        std::os::unix::fs::lchown(real.join("far"), Some(1234), None).unwrap();
        let far = format!("{}: it belongs to another user (1234)", real.join("far").display());
        assert_eq!(refusal(&real.join("far/home")), Some(far));
        // The folder that it leads to is root's, but not each step of the way.
        chown(real.join("theirs"), Some(1234), None).unwrap();
        let theirs = format!("{}: it belongs to another user (1234)", real.join("theirs").display());
        for bad in ["near/home", "theirs/link/home", "theirs/../disk/home"] {
            assert_eq!(refusal(&real.join(bad)), Some(theirs.clone()), "{bad}");
        }
    }

    #[test]
    fn knows_whether_it_is_still_where_it_was_opened() {
        let place = tempdir().unwrap();
        let real = place.path().canonicalize().unwrap();
        let (path, moved) = (real.join("home"), real.join("moved"));
        fs::create_dir(&path).unwrap();
        let home = Home::open(&path).unwrap();
        home.check_place().unwrap();
        fs::rename(&path, &moved).unwrap();
        let said = format!(
            "can't go on in {}: this path leads somewhere else now; start the service again where its home is",
            path.display()
        );
        let check = |is_there: bool| {
            let checked = home.check_place().map_err(|error| error.to_string());
            assert_eq!(checked, if is_there { Ok(()) } else { Err(said.clone()) });
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
