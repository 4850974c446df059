//! Temporary file, fsync, rename, fsync of the folder: the only way in which a file appears.
//!
//! Why nobody ever sees half a file under its final name: the rename comes after the file's own fsync, so whichever
//! of the two names a crash leaves, the bytes behind the final one are durable. Why a crash can't bring the old file
//! back once `publish` has returned: the folder is synced after the rename. A sync that failed is never tried again
//! on the same file, for the kernel has dropped the data and would say yes: the temporary file is thrown away.
//!
//! Why two processes never write the same temporary file: it is made with `O_EXCL` and locked by its maker as long as
//! it is open. Who finds one that nobody locks finds the remains of a dead process and may remove it. Between making
//! and locking, a finder may be faster; so the maker looks once more whether the name still leads to its file.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::PathBuf;

use rustix::fs::{Advice, FileType, OFlags, fadvise, fcntl_getfl, fcntl_setfl};

use crate::block::Block;
use crate::failure::refused;
use crate::folder::Folder;

/// The ending of temporary names.
const SUFFIX: &str = ".partial";

/// A file being written that has no final name yet. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct DurableFile {
    folder: Folder,
    temporary: String,
    file: File,
    cache: Cache,
}

/// What becomes of what was written in the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cache {
    /// It stays: somebody may read it soon.
    Keep,
    /// It never gets there.
    Bypass,
    /// It is dropped at the end, as this file or this write can't bypass the cache.
    Drop,
}

impl DurableFile {
    /// Begins a file that shall be called `name`, and removes what a dead process left of an earlier one.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while another process or thread is writing it.
    pub(crate) fn begin(folder: Folder, name: &str) -> io::Result<Self> {
        let temporary = temporary_name(name);
        loop {
            match folder.open_file(&temporary, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL) {
                Ok(file) if try_lock(&file)? && folder.leads_to(&temporary, &file)? => {
                    return Ok(Self { folder, temporary, file, cache: Cache::Keep });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if !remove_if_dead(&folder, OsStr::new(&temporary))? {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the same file, and keeps what is written to it out of the page cache, as well as the file system can.
    ///
    /// Pieces of whole pages that begin at a page in memory go right to the disk; at the first other piece this ends.
    pub(crate) fn past_cache(mut self) -> Self {
        self.cache = if self.set_direct(true).is_ok() { Cache::Bypass } else { Cache::Drop };
        self
    }

    fn set_direct(&self, direct: bool) -> io::Result<()> {
        let mut flags = fcntl_getfl(&self.file)?;
        flags.set(OFlags::DIRECT, direct);
        Ok(fcntl_setfl(&self.file, flags)?)
    }

    /// Goes on through the page cache.
    fn end_bypass(&mut self) -> io::Result<()> {
        self.set_direct(false)?;
        self.cache = Cache::Drop;
        Ok(())
    }

    /// Returns the file, for its mode and owner.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the temporary path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path_of(&self.temporary)
    }

    /// Gives the file its final name, durably. `superseded` is removed in the same step, if it is there.
    ///
    /// # Errors
    /// The old file then still stands under that name; but where only the last sync failed, the new one may, whole.
    pub(crate) fn publish(self, name: &str, superseded: Option<&str>) -> io::Result<()> {
        if let Some(stat) = self.folder.stat(name)?
            && FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        {
            return Err(refused("something that is not a regular file has that name"));
        }
        self.file.sync_all()?;
        if self.cache != Cache::Keep {
            // Only advice, and the archive is durable without it.
            let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
        }
        self.folder.rename(&self.temporary, name)?;
        if let Some(superseded) = superseded {
            self.folder.remove(superseded)?;
        }
        self.folder.sync()
    }
}

impl Write for DurableFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cache == Cache::Bypass && !bytes.len().is_multiple_of(Block::ALIGNMENT) {
            self.end_bypass()?;
        }
        match self.file.write(bytes) {
            // This file system wants even larger pieces, or none.
            Err(error) if self.cache == Cache::Bypass && error.kind() == io::ErrorKind::InvalidInput => {
                self.end_bypass()?;
                self.file.write(bytes)
            }
            written => written,
        }
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

/// Removes what dead processes left of files whose final name ends with `ending`, and returns how many.
pub(crate) fn sweep(folder: &Folder, ending: &str) -> io::Result<usize> {
    let ending = format!("{ending}{SUFFIX}");
    let mut removed = 0;
    for name in folder.names()? {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".") && bytes.ends_with(ending.as_bytes()) && remove_if_dead(folder, &name)? {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes a temporary file that nobody holds, and returns whether it is gone.
fn remove_if_dead(folder: &Folder, name: &OsStr) -> io::Result<bool> {
    let file = match folder.open_file(name, OFlags::RDWR) {
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

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
