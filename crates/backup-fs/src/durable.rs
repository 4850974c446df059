//! Temporary file, fsync, rename, fsync of the folder: the only way in which a file appears.
//!
//! Why nobody ever sees half a file under its final name: the rename comes after the file's own fsync, so whichever
//! of the two names a crash leaves, the bytes behind the final one are durable. Why a crash can't bring the old file
//! back once `publish` has returned: the folder is synced after the rename. A sync that failed is never tried again
//! on the same file, for the kernel has dropped the data and would say yes: the temporary file is thrown away.
//!
//! Why two processes never write the same temporary file: it is made with `O_EXCL` and locked by its maker as long as
//! it is open. Who finds one that nobody locks finds the remains of a dead process and may remove it. Between making
//! and locking, a finder may be faster; so the maker waits for the finder, and then looks whether the name still leads
//! to its file.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use rustix::fs::{FileType, OFlags};

use crate::failure::{located, refused};
use crate::file_lock::{try_lock, wait_for_lock};
use crate::folder::Folder;

/// The ending of temporary names.
const SUFFIX: &str = ".partial";

/// A file being written that has no final name yet. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct DurableFile {
    folder: Folder,
    temporary: String,
    file: File,
}

impl DurableFile {
    /// Begins a file that shall be called `name`, and removes what a dead process left of an earlier one.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while another process or thread is writing it; whatever else keeps it from being
    /// made. All name the temporary file.
    pub(crate) fn begin(folder: Folder, name: &str) -> io::Result<Self> {
        let temporary = temporary_name(name);
        match make(&folder, &temporary) {
            Ok(file) => Ok(Self { folder, temporary, file }),
            Err(error) => Err(located(&error, &folder.path_of(&temporary))),
        }
    }

    /// Returns the file, for its mode and owner.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the temporary path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path_of(&self.temporary)
    }

    /// Gives the file its final name, durably, and removes `superseded`, if it is there.
    ///
    /// # Errors
    /// The old file then still stands under that name. There is one exception: where only the folder's own sync
    /// failed, the new one stands there, as whole as the old one was, and a power cut may yet bring the old one back.
    pub(crate) fn publish(self, name: &str, superseded: Option<&str>) -> io::Result<()> {
        if let Some(stat) = self.folder.stat(name)?
            && FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        {
            return Err(refused("something that is not a regular file has that name"));
        }
        self.file.sync_all()?;
        self.folder.rename(&self.temporary, name)?;
        self.folder.sync()?;
        if let Some(superseded) = superseded {
            // Not before the new name is durable, or a power cut could leave neither. What can't be removed, or comes
            // back with a power cut, does no harm beside its better, and goes with the next publish.
            let _ = self.folder.remove(superseded);
        }
        Ok(())
    }
}

impl Write for DurableFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for DurableFile {
    /// Removes the temporary file while it is still locked. After a publish there is none, or it is another's.
    fn drop(&mut self) {
        if self.folder.leads_to(&self.temporary, &self.file).unwrap_or(false) {
            // What can't be removed now is swept later.
            let _ = self.folder.remove(&self.temporary);
        }
    }
}

/// Returns the name of the temporary file of `name`.
fn temporary_name(name: &str) -> String {
    format!(".{name}{SUFFIX}")
}

/// Makes the temporary file and locks it, and removes the one of a dead process.
fn make(folder: &Folder, temporary: &str) -> io::Result<File> {
    loop {
        match folder.open_file(temporary, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !remove_if_dead(folder, OsStr::new(temporary))? {
                    return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process is writing it"));
                }
            }
            made => {
                let file = made?;
                // Who found it first lets go as soon as it has removed it.
                wait_for_lock(&file)?;
                if folder.leads_to(temporary, &file)? {
                    return Ok(file);
                }
            }
        }
    }
}

/// Removes what dead processes left of files whose final name ends with `ending`, and returns how many.
///
/// # Errors
/// The first of all failures, once everything else is removed.
pub(crate) fn sweep(folder: &Folder, ending: &str) -> io::Result<usize> {
    let ending = format!("{ending}{SUFFIX}");
    let mut removed = Ok(0);
    for name in folder.names()?.iter().filter(|name| is_temporary(name, &ending)) {
        match remove_if_dead(folder, name) {
            Ok(is_gone) => removed = removed.map(|count| count + usize::from(is_gone)),
            Err(error) => removed = removed.and(Err(located(&error, &folder.path_of(name)))),
        }
    }
    removed
}

fn is_temporary(name: &OsStr, ending: &str) -> bool {
    let bytes = name.as_encoded_bytes();
    bytes.starts_with(b".") && bytes.ends_with(ending.as_bytes())
}

/// Removes a temporary file that nobody holds, and returns whether it is gone.
fn remove_if_dead(folder: &Folder, name: &OsStr) -> io::Result<bool> {
    let file = match open_to_lock(folder, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        file => file?,
    };
    if !try_lock(&file)? {
        return Ok(false);
    }
    if folder.leads_to(name, &file)? {
        folder.remove(name)?;
    }
    Ok(true)
}

/// Opens it for writing, for network filesystems lock nothing else; and for reading where the file it was to replace is
/// write-protected, and its temporary file therefore, too.
fn open_to_lock(folder: &Folder, name: &OsStr) -> io::Result<File> {
    match folder.open_file(name, OFlags::RDWR) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            folder.open_file(name, OFlags::RDONLY)
        }
        file => file,
    }
}
