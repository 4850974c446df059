//! The schedules file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use backup_core::error::{Error, PortError};
use backup_core::ports::{Edit, ScheduleStore};
use backup_core::schedule::ScheduleBook;
use rustix::fs::OFlags;

use crate::durable::DurableFile;
use crate::failure::{port_error, refused};
use crate::folder::Folder;
use crate::home::Home;

/// The largest file that is taken for schedules: room for over 100,000 of them.
const MAX_BYTES: u64 = 16 << 20;

/// `backup_schedules.txt`, which belongs to the user: replaced whole, keeping its mode and owner, and followed where
/// it is a symbolic link.
///
/// Edits are kept apart by a lock on a second file that is never replaced; a lock on the schedules file itself would
/// go with the old file at the first rename.
#[derive(Debug)]
pub struct ScheduleFile {
    home: PathBuf,
}

impl ScheduleFile {
    /// Returns the store in that home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self { home: home.root().to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.home.join(Home::SCHEDULES)
    }

    /// Waits for whoever edits now. The lock goes with the file.
    fn lock(&self) -> io::Result<File> {
        let folder = Folder::open(&self.home, OFlags::empty())?;
        let lock = folder.open_file(Home::SCHEDULES_LOCK, OFlags::RDWR | OFlags::CREATE)?;
        lock.lock()?;
        Ok(lock)
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let path = real_path(&self.path())?;
        let old = path.metadata().ok();
        let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
        else {
            return Err(refused("it has no folder or no readable name"));
        };
        let mut new = DurableFile::begin(Folder::open(parent, OFlags::empty())?, name)?;
        if let Some(old) = old {
            keep_attributes(new.file(), &old)?;
        }
        new.write_all(bytes)?;
        new.publish(name, None)
    }
}

impl ScheduleStore for ScheduleFile {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        read_book(&self.path()).map_err(|error| port_error(format!("read {}", Home::SCHEDULES), error))
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        let failed = |error| port_error(format!("change {}", self.path().display()), error);
        let _lock = self.lock().map_err(failed)?;
        let mut book = match read_book(&self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => ScheduleBook::default(),
            book => book.map_err(failed)?,
        };
        edit(&mut book)?;
        Ok(self.replace(&book.to_bytes()).map_err(failed)?)
    }
}

fn read_book(path: &Path) -> io::Result<ScheduleBook> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(refused("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refused("it is larger than 16 MiB, so it can't be a file of schedules"));
    }
    Ok(ScheduleBook::parse(&bytes).changed_at(metadata.modified()?.into()))
}

/// Follows symbolic links to the file that shall be replaced; one that is missing is made where it is named.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(path.to_owned()),
        real => real,
    }
}

/// Gives the new file the old one's mode and, where we may, its owner.
fn keep_attributes(new: &File, old: &Metadata) -> io::Result<()> {
    // Only root may give files away; another user's edit makes the file theirs, as any editor's does.
    let _ = fchown(new, Some(old.uid()), Some(old.gid()));
    new.set_permissions(PermissionsExt::from_mode(old.mode() & 0o7777))
}
