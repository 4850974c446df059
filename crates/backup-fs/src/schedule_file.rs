//! The schedules file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use backup_core::error::{Error, PortError};
use backup_core::ports::{Edit, ScheduleStore};
use backup_core::schedule::ScheduleBook;
use rustix::fs::{Mode, OFlags};

use crate::durable::DurableFile;
use crate::failure::{port_error, refused};
use crate::file_lock::wait_for_lock;
use crate::folder::Folder;
use crate::home::Home;

/// The largest file that is taken for schedules: room for over 100,000 of them.
const MAX_BYTES: u64 = 16 << 20;

/// `backup_schedules.txt`, which belongs to the user: replaced whole, keeping its mode and owner, and followed where
/// it is a symbolic link.
///
/// Edits are kept apart by a lock on a second file that is never replaced; a lock on the schedules file itself would
/// go with the old file at the first rename. It stands beside the file that a link leads to, so that homes that share
/// one file share its lock.
#[derive(Debug)]
pub struct ScheduleFile {
    path: PathBuf,
}

impl ScheduleFile {
    /// Returns the store in that home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self { path: home.schedules() }
    }
}

impl ScheduleStore for ScheduleFile {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        match read(&self.path) {
            Ok((book, _)) => Ok(book),
            Err(error) => Err(port_error(format!("read {}", Home::SCHEDULES), error)),
        }
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        let failed = |error| port_error(format!("change {}", self.path.display()), error);
        let path = real_path(&self.path).map_err(failed)?;
        let _lock = lock_beside(&path).map_err(failed)?;
        let (mut book, old) = match read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (ScheduleBook::default(), None),
            read => read.map(|(book, old)| (book, Some(old))).map_err(failed)?,
        };
        edit(&mut book)?;
        Ok(replace(&path, &book.to_bytes(), old.as_ref()).map_err(failed)?)
    }
}

/// Reads the file, without waiting for a FIFO's other end.
fn read(path: &Path) -> io::Result<(ScheduleBook, Metadata)> {
    let file = File::from(rustix::fs::open(path, OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(refused("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    check_size(&bytes)?;
    Ok((ScheduleBook::parse(&bytes).changed_at(metadata.modified()?.into()), metadata))
}

fn check_size(bytes: &[u8]) -> io::Result<()> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refused("a file of schedules can't be larger than 16 MiB"));
    }
    Ok(())
}

/// Follows symbolic links to the file that shall be replaced; one that is missing is made where it is named.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        // What it leads to may be on a disk that isn't there now.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            Err(refused("it is a symbolic link to a file that is not there"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        real => real,
    }
}

/// Waits for whoever edits now. The lock goes with the file.
fn lock_beside(path: &Path) -> io::Result<File> {
    let lock = folder_of(path)?.open_file(Home::SCHEDULES_LOCK, OFlags::RDWR | OFlags::CREATE)?;
    wait_for_lock(&lock)?;
    Ok(lock)
}

fn replace(path: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    check_size(bytes)?;
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| refused("its name is not valid UTF-8"))?;
    let mut new = DurableFile::begin(folder_of(path)?, name)?;
    if let Some(old) = old {
        keep_attributes(new.file(), old)?;
    }
    new.write_all(bytes)?;
    new.publish(name, None)
}

fn folder_of(path: &Path) -> io::Result<Folder> {
    Folder::open(path.parent().unwrap_or(path), OFlags::empty())
}

/// Gives the new file the old one's mode and, where we may, its owner.
fn keep_attributes(new: &File, old: &Metadata) -> io::Result<()> {
    // Only root may give files away; another user's edit makes the file theirs, as any editor's does. The group is
    // kept even then, if it can be, for its other members may know the file by it alone.
    if fchown(new, Some(old.uid()), Some(old.gid())).is_err() {
        let _ = fchown(new, None, Some(old.gid()));
    }
    new.set_permissions(PermissionsExt::from_mode(old.mode() & 0o7777))
}
