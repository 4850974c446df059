//! Where a pack begins, and what it must leave alone.

use std::ffi::{CString, OsStr};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::error::{Failure, PortError};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::process::geteuid;

use crate::error::port_error;
use crate::file::dir::DirHandle;
use crate::home::layout::Home;
use crate::posix::approach::given::GivenEntry;
use crate::posix::disk::{Disk, System, stat_followed};
use crate::posix::stat::{Identity, Meta};

/// The source, found and still to be opened.
#[derive(Debug)]
pub(super) struct Source {
    /// The folder that it lies in.
    pub(super) parent: OwnedFd,
    /// Its name there.
    pub(super) name: CString,
    /// What it is called in the archive.
    pub(super) member: Vec<u8>,
    /// What to call it in a failure.
    pub(super) shown: String,
    /// Its path without links.
    pub(super) real: PathBuf,
}

impl Source {
    /// Finds the source, through a symbolic link when it is one itself; root follows none that somebody else could have put
    /// there. One that is in a folder of our own, or is one, is
    /// refused.
    pub(super) fn find(path: &Path, own: &OwnFolders) -> Result<Self, PortError> {
        let shown = path.display().to_string();
        let failed = |cause| match io::Error::kind(&cause) {
            // A file where a folder should be on the way: the source isn't there.
            ErrorKind::NotADirectory => {
                PortError::new(Failure::Missing, format!("find {shown}")).because(cause)
            }
            _ => port_error(format!("find {shown}"), cause),
        };
        let GivenEntry { parent, name, real } = find(path).map_err(failed)?;
        if !matches!(
            System.stat(parent.as_fd(), &name).map_err(failed)?.kind,
            FileType::RegularFile | FileType::Directory
        ) {
            let reason = "it is neither a folder nor a file";
            return Err(PortError::new(Failure::Refused, format!("pack {shown}")).because(reason));
        }
        if own.hold(&real) {
            let reason = "it lies where Backup Manager keeps its own files";
            return Err(PortError::new(Failure::Refused, format!("pack {shown}")).because(reason));
        }
        let member = path.file_name().unwrap_or(part(&real).1).as_bytes().to_vec();
        Ok(Self { parent, name, member, shown, real })
    }
}

/// Root packs whatever a link leads to, and follows only those that nobody else could have put there. Anybody else can read
/// no more through a link than without it.
fn find(path: &Path) -> io::Result<GivenEntry> {
    if geteuid().is_root() {
        return GivenEntry::find(path);
    }
    let real = path.canonicalize()?;
    let (parent, name) = part(&real);
    let parent = rustix::fs::openat(CWD, parent, PLACE, Mode::empty())?;
    let name = CString::new(name.as_bytes())?;
    Ok(GivenEntry { parent, name, real })
}

/// Parts a path into folder and name. The root has no name; it is `.` within itself.
fn part(path: &Path) -> (&Path, &OsStr) {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (parent, name),
        _ => (path, OsStr::new(".")),
    }
}

/// The folders and files of Backup Manager's own.
#[derive(Debug)]
pub(super) struct OwnFolders {
    folders: Vec<OwnDir>,
}

/// One of them: known by its inode under whatever path, and where inode numbers can't be relied on, by its path as well.
#[derive(Debug)]
struct OwnDir {
    identity: Identity,
    real: PathBuf,
    is_exact: bool,
}

impl OwnDir {
    fn look_up(path: &Path) -> io::Result<Self> {
        let real = path.canonicalize()?;
        Self::of(&rustix::fs::openat(CWD, &real, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?, real)
    }

    /// Looks up a folder in the home that is held open, wherever the home is by now.
    fn look_up_in(home: &DirHandle, name: &str) -> io::Result<Self> {
        let opened = rustix::fs::openat(home, name, PLACE | OFlags::NOFOLLOW, Mode::empty())?;
        Self::of(&opened, home.path_of(name))
    }

    fn of(opened: &OwnedFd, real: PathBuf) -> io::Result<Self> {
        let identity = System.stat_open(opened.as_fd())?.identity;
        Ok(Self { identity, real, is_exact: System.is_exact(opened.as_fd()) })
    }
}

impl OwnFolders {
    /// Finds those that are there.
    pub(super) fn look_up(paths: &[PathBuf], home: Option<&Home>) -> Self {
        let found = paths.iter().map(|path| OwnDir::look_up(path));
        let in_home = home
            .into_iter()
            .flat_map(|home| [Home::BACKUPS, Home::LOGS].map(|name| OwnDir::look_up_in(home.held(), name)));
        Self { folders: found.chain(in_home).flatten().collect() }
    }

    /// Returns whether a path without links leads into one of them, or to one.
    fn hold(&self, real: &Path) -> bool {
        let is_own =
            |path: &Path| stat_followed(path).is_ok_and(|meta| self.contain(&meta, || path.to_owned()));
        real.ancestors().any(is_own)
    }

    /// Returns whether an entry is one of them; `real` is its path without links.
    pub(super) fn contain(&self, meta: &Meta, real: impl Fn() -> PathBuf) -> bool {
        let is_it = |own: &OwnDir| own.identity == meta.identity && (own.is_exact || own.real == real());
        self.folders.iter().any(is_it)
    }
}

/// How a folder is opened as a place to start from: to search it is enough, it need not be readable.
const PLACE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_inode_numbers_repeat_an_own_folder_is_known_by_its_path_as_well() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().canonicalize().unwrap();
        let meta = stat_followed(&real).unwrap();
        let mut own = OwnFolders::look_up(&[home.path().to_owned(), home.path().join("missing")], None);
        for (is_exact, path, expected) in [
            (true, real.clone(), true),
            (true, PathBuf::from("/other"), true),
            (false, real.clone(), true),
            (false, PathBuf::from("/other"), false),
        ] {
            own.folders[0].is_exact = is_exact;
            assert_eq!(own.contain(&meta, || path.clone()), expected, "{is_exact} {}", path.display());
        }
    }
}
