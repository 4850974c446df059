//! A single output file for an archive, at a path that the user gives.

use std::io;
use std::path::{Path, PathBuf};

use backup_core::model::archive::Compression;
use backup_core::model::encryption::EncryptionKeys;
use backup_core::model::error::PortError;
use backup_core::ports::Draft;

use super::draft_file::DraftFile;
use super::draft_form::DraftForm;
use super::naming::NAME_EXISTS;
use super::outside::find_outside;
use super::zstd_draft::packing;
use crate::age::keys::Keys;
use crate::error::{port_error, refused};
use crate::file::atomic_file::temporary_name;
use crate::file::dir::DirHandle;
use crate::home::layout::Home;

/// A file that will hold an archive. It appears only when it is complete, only its owner may read it, and it never
/// replaces another file.
#[derive(Debug)]
pub struct OutputFile {
    /// The path that the user gave, for messages.
    shown: PathBuf,
    /// The folder of the file. It stays open, so that nobody can redirect the file by changing its path.
    folder: DirHandle,
    name: String,
}

impl OutputFile {
    /// Opens the folder of the file and checks the name. Creates nothing.
    ///
    /// # Errors
    /// - [`Failure::Missing`](backup_core::model::error::Failure::Missing): the folder doesn't exist.
    /// - [`Failure::Refused`](backup_core::model::error::Failure::Refused): something has that name, even a broken link;
    ///   Backup Manager keeps its own files there; or another user's link is in the path.
    pub fn find(home: &Home, file: &Path) -> Result<Self, PortError> {
        Self::find_in(home, file).map_err(failed(file))
    }

    fn find_in(home: &Home, file: &Path) -> io::Result<Self> {
        let (folder, name) = find_outside(home, file)?;
        if folder.stat(&name)?.is_some() {
            return Err(refused(NAME_EXISTS));
        }
        Ok(Self { shown: file.to_owned(), folder, name })
    }

    /// Returns the path of the temporary file, which must be left out of the archive.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        self.folder.path_of(temporary_name(&self.name))
    }

    /// Begins the archive, which is encrypted if there are keys.
    ///
    /// # Errors
    /// - [`Failure::Refused`](backup_core::model::error::Failure::Refused): keys that are none.
    /// - [`Failure::Busy`](backup_core::model::error::Failure::Busy): another process writes the same file.
    /// - Any failure to begin.
    pub fn begin(
        &self,
        compression: Compression,
        keys: Option<&EncryptionKeys>,
    ) -> Result<Box<dyn Draft>, PortError> {
        let keys = keys.map(Keys::read).transpose().map_err(failed(&self.shown))?;
        let form = match keys {
            Some(keys) => DraftForm::encrypted(compression, keys),
            None => compression.into(),
        };
        let draft = self.folder.try_clone().and_then(|folder| {
            let shown = self.shown.display().to_string();
            DraftFile::begin_new(folder, &self.name, shown, &form)
        });
        draft.and_then(packing).map_err(failed(&self.shown))
    }
}

fn failed(file: &Path) -> impl Fn(io::Error) -> PortError {
    let action = format!("write {}", file.display());
    move |error| port_error(action.clone(), error)
}
