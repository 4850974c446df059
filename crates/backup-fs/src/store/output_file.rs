//! A single output file for an archive, at a path that the user gives.

use std::io;
use std::path::{Path, PathBuf};

use backup_core::model::archive::Compression;
use backup_core::model::error::PortError;
use backup_core::ports::Draft;
use rustix::fs::{AtFlags, Stat, statat};

use super::draft_file::{DraftFile, NAME_EXISTS};
use super::zstd_draft::ZstdDraft;
use crate::error::{port_error, refused};
use crate::file::atomic_file::temporary_name;
use crate::file::dir::DirHandle;
use crate::file::given_dir::GivenDir;
use crate::home::layout::Home;
use crate::home::names::is_own_name;

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
        let name = file.file_name().filter(|_| !file.as_os_str().as_encoded_bytes().ends_with(b"/"));
        let name = name.ok_or_else(|| refused("it is a folder, but a file is needed"))?;
        let name = name.to_str().ok_or_else(|| refused("its name is not valid UTF-8"))?.to_owned();
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let given = GivenDir::open(parent).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::new(error.kind(), format!("there is no folder {}", parent.display()))
            }
            _ => error,
        })?;
        refuse_home_files(home, &given, &name)?;
        let folder = given.folder;
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

    /// Begins the archive.
    ///
    /// # Errors
    /// - [`Failure::Busy`](backup_core::model::error::Failure::Busy): another process writes the same file.
    /// - Any failure to begin.
    pub fn begin(&self, compression: Compression) -> Result<Box<dyn Draft>, PortError> {
        let draft = self.folder.try_clone().and_then(|folder| {
            let shown = self.shown.display().to_string();
            DraftFile::begin_new(folder, &self.name, shown, compression)
        });
        let begun = draft.and_then(|file| match compression {
            Compression::None => Ok(Box::new(file) as Box<dyn Draft>),
            Compression::Zstd => Ok(Box::new(ZstdDraft::begin(file)?)),
        });
        begun.map_err(failed(&self.shown))
    }
}

fn failed(file: &Path) -> impl Fn(io::Error) -> PortError {
    let action = format!("write {}", file.display());
    move |error| port_error(action.clone(), error)
}

/// Refuses a file among Backup Manager's own files: `backups/` holds only archives that the history knows.
///
/// Folders are compared by device and inode, not by path.
fn refuse_home_files(home: &Home, given: &GivenDir, name: &str) -> io::Result<()> {
    let GivenDir { folder, ancestry } = given;
    let identity = |stat: Stat| (stat.st_dev, stat.st_ino);
    let folder_in_home = |name| statat(home.held(), name, AtFlags::empty()).map(identity).ok();
    let reserved = [folder_in_home(Home::BACKUPS), folder_in_home(Home::LOGS)];
    let is_below = ancestry.iter().any(|above| reserved.contains(&Some(identity(*above))));
    let is_home = identity(folder.own_stat()?) == identity(home.held().own_stat()?);
    if is_below || is_home && is_own_name(name.as_bytes()) {
        return Err(refused("Backup Manager keeps its own files there; choose another folder"));
    }
    Ok(())
}
