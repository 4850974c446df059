//! The configuration file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use backup_core::model::config::{ConfigFault, ConfigFaultKind, ConfigReading, FileProblem};
use backup_core::model::error::PortError;
use backup_core::model::restore::is_reserved_file;
use backup_core::ports::{ConfigState, ConfigStore};
use backup_core::text::size;
use rustix::fs::OFlags;
use rustix::process::geteuid;

use super::layout::Home;
use super::named_file::problem;
use super::names::RESERVED_FILES;
use crate::error::{port_error, refused};
use crate::file::atomic_file::{AtomicFile, remove_leftover};
use crate::file::dir::DirHandle;
use crate::file::state::state;

/// The largest file that is taken for a configuration.
const MAX_BYTES: u64 = 1 << 20;

/// `backup_manager.toml`, which belongs to the user: it is written once as an example, if that is asked for, and then only
/// read. A symbolic link in its place is refused.
#[derive(Debug)]
pub struct ConfigFile {
    home: Home,
}

impl ConfigFile {
    /// Returns the store in that home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self { home: home.clone() }
    }

    /// Writes a new file with this text. Replaces nothing.
    ///
    /// # Errors
    /// [`Failure::Refused`](backup_core::model::error::Failure::Refused) if there is one; any failure to write it.
    pub fn create(&self, text: &str) -> Result<(), PortError> {
        self.write_new(text).map_err(|error| {
            let error = match error.kind() {
                io::ErrorKind::AlreadyExists => refused("it exists, and is kept as it is"),
                _ => error,
            };
            port_error(format!("write {}", Home::CONFIG), error)
        })
    }

    /// Removes the temporary file of a process that was killed as it wrote the file.
    pub(crate) fn remove_leftovers(&self) -> Result<(), PortError> {
        let failed = |error| port_error(format!("clean up beside {}", Home::CONFIG), error);
        remove_leftover(self.home.held(), Home::CONFIG).map_err(failed)
    }

    fn write_new(&self, text: &str) -> io::Result<()> {
        let folder = self.home.folder()?;
        if folder.stat(Home::CONFIG)?.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut new = AtomicFile::begin(folder.try_clone()?, Home::CONFIG)?;
        new.write_all(text.as_bytes())?;
        new.publish_new(Home::CONFIG)
    }
}

impl ConfigStore for ConfigFile {
    fn load(&self) -> Result<ConfigReading, PortError> {
        let read =
            |folder| open(folder).and_then(|(file, metadata)| contents(file, &metadata, self.home.root()));
        self.home.folder().and_then(read).map_err(unread)
    }

    fn load_if_changed(&self, seen: &mut ConfigState) -> Result<Option<ConfigReading>, PortError> {
        let changed = |folder| read_if_changed(folder, seen, SystemTime::now(), self.home.root());
        self.home.folder().and_then(changed).map_err(unread)
    }

    fn file_problem(&self, file: &Path) -> Option<FileProblem> {
        problem(file)
    }
}

fn unread(error: io::Error) -> PortError {
    port_error(format!("read {}", Home::CONFIG), error)
}

/// Reads the file unless it is in the state that was seen. All checks are made in any case.
fn read_if_changed(
    folder: &DirHandle,
    seen: &mut ConfigState,
    now: SystemTime,
    home: &Path,
) -> io::Result<Option<ConfigReading>> {
    let (file, metadata) = open(folder)?;
    // If the file changes while it is read, this state is already an old one, and the next call reads the file again.
    let numbers = state(&metadata, now);
    if numbers.is_some() && numbers == seen.numbers {
        return Ok(None);
    }
    let reading = contents(file, &metadata, home)?;
    seen.numbers = numbers;
    Ok(Some(reading))
}

/// Opens the file, without waiting for a FIFO's other end.
fn open(folder: &DirHandle) -> io::Result<(File, Metadata)> {
    let file = folder.open_own_file(Home::CONFIG, OFlags::RDONLY)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

fn contents(file: File, metadata: &Metadata, home: &Path) -> io::Result<ConfigReading> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refused(format!("a configuration can't be larger than {}", size(MAX_BYTES))));
    }
    let mut reading = ConfigReading::from_toml(&bytes);
    refuse_own_files(&mut reading, home);
    // Nobody but the caller can have written the file, or else what is in it may be a secret of somebody else.
    let is_callers = metadata.uid() == geteuid().as_raw() && metadata.nlink() == 1;
    Ok(if is_callers { reading } else { reading.withheld() })
}

/// Adds a fault for each file that would take the place of one of Backup Manager's own files.
fn refuse_own_files(reading: &mut ConfigReading, home: &Path) {
    let service = &reading.config.service;
    let files =
        [("service.metrics_file", &service.metrics_file), ("service.report_file", &service.report_file)];
    let is_own = |file: &&PathBuf| is_reserved_file(file, home, &RESERVED_FILES);
    let refused = files.into_iter().filter(|(_, file)| file.as_ref().filter(is_own).is_some());
    let fault = |(key, _): (&str, _)| ConfigFault {
        line: reading.config.line_of(key).unwrap_or_default(),
        key: Some(key.to_owned()),
        kind: ConfigFaultKind::ReservedPath,
    };
    let faults: Vec<_> = refused.map(fault).collect();
    reading.faults.extend(faults);
    reading.faults.sort_by_key(|fault| fault.line);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::Duration;

    use backup_core::model::error::Failure;
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn store(home: &TempDir) -> ConfigFile {
        ConfigFile::new(&Home::open(home.path()).unwrap())
    }

    fn path(home: &TempDir) -> PathBuf {
        home.path().join(Home::CONFIG)
    }

    fn failure(home: &TempDir) -> (Failure, String) {
        let error = store(home).load().unwrap_err();
        (error.failure, error.to_string())
    }

    #[test]
    fn reads_nothing_that_others_can_write() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(path(&home), "# mine\n").unwrap();
        fs::set_permissions(path(&home), PermissionsExt::from_mode(0o644)).unwrap();
        store(&home).load().unwrap();
        fs::hard_link(path(&home), outside.path().join("other")).unwrap();
        let names = "can't read backup_manager.toml: it has 2 names (hard links)";
        assert_eq!(failure(&home), (Failure::Denied, names.to_owned()));
        let trusted = ConfigFile::new(&Home::open_trusted(home.path()).unwrap());
        fs::write(path(&home), "hunter2 = 1\n").unwrap();
        let faults = trusted.load().unwrap().faults;
        assert!(!faults[0].to_string().contains("hunter2"), "{faults:?}");
        fs::remove_file(outside.path().join("other")).unwrap();
        assert!(trusted.load().unwrap().faults[0].to_string().contains("hunter2"));
        fs::set_permissions(path(&home), PermissionsExt::from_mode(0o666)).unwrap();
        assert_eq!(failure(&home).1, "can't read backup_manager.toml: anybody may write to it");
        fs::remove_file(path(&home)).unwrap();
        symlink("/etc/passwd", path(&home)).unwrap();
        assert_eq!(failure(&home).0, Failure::Refused);
        fs::remove_file(path(&home)).unwrap();
        fs::create_dir(path(&home)).unwrap();
        assert_eq!(failure(&home).0, Failure::Refused);
    }

    #[test]
    fn reads_a_bounded_amount() {
        let home = tempdir().unwrap();
        let comment =
            |bytes: u64| fs::write(path(&home), "#".repeat(usize::try_from(bytes).unwrap())).unwrap();
        comment(MAX_BYTES);
        store(&home).load().unwrap();
        comment(MAX_BYTES + 1);
        let message = "can't read backup_manager.toml: a configuration can't be larger than 1.0 MB";
        assert_eq!(failure(&home), (Failure::Refused, message.to_owned()));
    }

    #[test]
    fn is_read_again_only_once_it_has_changed() {
        let home = tempdir().unwrap();
        fs::write(path(&home), "# one\n").unwrap();
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        let changed = path(&home).metadata().unwrap().modified().unwrap();
        let mut seen = ConfigState::default();
        let mut read = |seconds: u64| {
            let now = changed + Duration::from_secs(seconds);
            read_if_changed(&folder, &mut seen, now, home.path()).unwrap().is_some()
        };
        assert!(read(0) && read(1), "a change within the same tick could not be told");
        assert!(read(100) && !read(100) && !read(200));
        fs::write(path(&home), "# two\n").unwrap();
        File::open(path(&home)).unwrap().set_modified(changed).unwrap();
        assert!(read(100), "only the change of its inode tells");
    }

    #[test]
    fn no_file_takes_the_place_of_an_own_one() {
        let home = tempdir().unwrap();
        let root = Home::open(home.path()).unwrap().root().to_owned();
        let absolute = |path: &str| root.join(path).display().to_string();
        let faults = |file: &str| {
            fs::write(path(&home), format!("[service]\nmetrics_file = \"{file}\"\n")).unwrap();
            store(&home).load().unwrap().faults.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let own =
            "line 2: service.metrics_file: Backup Manager keeps its own files there; choose another place";
        for file in ["backups/a.prom", "logs/a", "./logs/b/c", "a/../backups/d", "backup_schedules.txt"] {
            assert_eq!(faults(file), [own], "{file}");
            assert_eq!(faults(&absolute(file)), [own], "{file}");
        }
        for file in ["a.prom", "backups.prom", "a/backups/b", "../logs/b", "/var/lib/backup_schedules.txt"] {
            assert_eq!(faults(file), [""; 0], "{file}");
        }
    }

    #[test]
    fn a_new_file_is_private_and_replaces_nothing() {
        let home = tempdir().unwrap();
        store(&home).create("# new\n").unwrap();
        assert_eq!(path(&home).metadata().unwrap().mode() & 0o7777, 0o600);
        let error = store(&home).create("# other\n").unwrap_err();
        let message = "can't write backup_manager.toml: it exists, and is kept as it is";
        assert_eq!((error.failure, error.to_string()), (Failure::Refused, message.to_owned()));
        assert_eq!(fs::read_to_string(path(&home)).unwrap(), "# new\n");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
