//! A file of the user's own that a run writes its archive to.

use std::io;
use std::path::{Path, PathBuf};

use backup_core::model::archive::Compression;
use backup_core::model::error::PortError;
use backup_core::ports::Draft;
use rustix::fs::{AtFlags, Stat, statat};

use super::tar_draft::{TAKEN, TarDraft};
use super::zstd_draft::ZstdDraft;
use crate::error::{port_error, refused};
use crate::file::atomic_file::temporary_name;
use crate::file::dir::DirHandle;
use crate::file::given_dir::GivenDir;
use crate::home::layout::Home;
use crate::home::names::is_own_name;

/// A file that isn't there yet. It appears whole, for its owner alone, and never in the place of another.
#[derive(Debug)]
pub struct OutputFile {
    /// As it was given, for messages.
    shown: PathBuf,
    /// The folder it will be in, held open: whoever exchanges names on the way to it later leads nothing elsewhere.
    folder: DirHandle,
    name: String,
}

impl OutputFile {
    /// Looks where the file would be. Nothing is made yet.
    ///
    /// # Errors
    /// [`Failure::Missing`](backup_core::model::error::Failure::Missing) for a folder that isn't there;
    /// [`Failure::Refused`](backup_core::model::error::Failure::Refused) where something has that name, even a link that leads
    /// nowhere, where Backup Manager keeps its own files, or where a link of somebody else is on the way.
    pub fn find(home: &Home, file: &Path) -> Result<Self, PortError> {
        Self::look(home, file).map_err(failed(file))
    }

    fn look(home: &Home, file: &Path) -> io::Result<Self> {
        let name = file.file_name().filter(|_| !file.as_os_str().as_encoded_bytes().ends_with(b"/"));
        let name = name.ok_or_else(|| refused("it names a folder, and a file is wanted"))?;
        let name = name.to_str().ok_or_else(|| refused("its name is not valid UTF-8"))?.to_owned();
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let given = GivenDir::open(parent).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::new(error.kind(), format!("there is no folder {}", parent.display()))
            }
            _ => error,
        })?;
        refuse_own_place(home, &given, &name)?;
        let folder = given.folder;
        if folder.stat(&name)?.is_some() {
            return Err(refused(TAKEN));
        }
        Ok(Self { shown: file.to_owned(), folder, name })
    }

    /// Returns the file that is written until the archive is whole, to be left out of what is packed.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        self.folder.path_of(temporary_name(&self.name))
    }

    /// Begins the archive, to be stored in that way.
    ///
    /// # Errors
    /// [`Failure::Busy`](backup_core::model::error::Failure::Busy) while another process writes this very file; whatever else keeps it from being made.
    pub fn begin(&self, compression: Compression) -> Result<Box<dyn Draft>, PortError> {
        let draft = self.folder.again().and_then(|folder| {
            let shown = self.shown.display().to_string();
            TarDraft::begin_new(folder, &self.name, shown, compression)
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

/// What lies in the backups is for archives that the history knows. The
/// folders are told by what they are, not by their paths.
fn refuse_own_place(home: &Home, given: &GivenDir, name: &str) -> io::Result<()> {
    let GivenDir { folder, ancestry } = given;
    let identity = |stat: Stat| (stat.st_dev, stat.st_ino);
    let own = |name| statat(home.held(), name, AtFlags::empty()).map(identity).ok();
    let own = [own(Home::BACKUPS), own(Home::LOGS)];
    let is_below = ancestry.iter().any(|above| own.contains(&Some(identity(*above))));
    let is_home = identity(folder.own_stat()?) == identity(home.held().own_stat()?);
    if is_below || is_home && is_own_name(name.as_bytes()) {
        return Err(refused("it is where Backup Manager keeps its own files; name another folder"));
    }
    Ok(())
}
