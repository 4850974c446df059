//! A text for other programs or people, at a path that the user gives, written anew again and again.

use std::fmt::Display;
use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use backup_core::model::error::PortError;
use rustix::fs::FileType;

use super::outside::find_outside;
use crate::error::{port_error, refused};
use crate::file::atomic_file::AtomicFile;
use crate::file::dir::DirHandle;
use crate::home::layout::Home;

/// Who may read a new file. One that exists keeps its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Everybody who may enter its folder.
    Everybody,
}

/// A file that holds a text. It is replaced as a whole, so that a reader never sees half of it.
#[derive(Debug)]
pub struct TextFile {
    /// The path that the user gave, for messages.
    shown: PathBuf,
    folder: DirHandle,
    name: String,
}

impl TextFile {
    /// Opens the folder of the file and checks the name. Creates nothing. A relative path is relative to the home.
    ///
    /// # Errors
    /// - [`Failure::Missing`](backup_core::model::error::Failure::Missing): the folder doesn't exist.
    /// - [`Failure::Refused`](backup_core::model::error::Failure::Refused): something that is no regular file has that name;
    ///   Backup Manager keeps its own files there; or another user's link is in the path.
    pub fn find(home: &Home, file: &Path) -> Result<Self, PortError> {
        let find = || {
            let (folder, name) = find_outside(home, &home.root().join(file))?;
            let this = Self { shown: file.to_owned(), folder, name };
            this.mode()?;
            Ok(this)
        };
        find().map_err(|error| failed(file, error))
    }

    /// Replaces the text.
    ///
    /// # Errors
    /// Any failure. Then the file is what it was before.
    pub fn write(&self, text: &dyn Display, readers: Readers) -> Result<(), PortError> {
        self.replace(text, readers).map_err(|error| failed(&self.shown, error))
    }

    fn replace(&self, text: &dyn Display, readers: Readers) -> io::Result<()> {
        let new = match readers {
            Readers::Owner => 0o600,
            Readers::Everybody => 0o644,
        };
        let mode = self.mode()?.unwrap_or(new);
        let mut output =
            BufWriter::with_capacity(BUFFER_BYTES, AtomicFile::begin(self.folder.try_clone()?, &self.name)?);
        write!(output, "{text}")?;
        let file = output.into_inner()?;
        file.file().set_permissions(Permissions::from_mode(mode))?;
        file.publish(&self.name, &[])
    }

    /// Returns the mode of the file, if it exists.
    fn mode(&self) -> io::Result<Option<u32>> {
        let Some(stat) = self.folder.stat(&self.name)? else { return Ok(None) };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(Some(stat.st_mode & 0o777)),
            _ => Err(refused("something that is not a regular file has that name")),
        }
    }
}

/// How much is written at once.
const BUFFER_BYTES: usize = 64 << 10;

fn failed(file: &Path, error: io::Error) -> PortError {
    port_error(format!("write {}", file.display()), error)
}
