//! The source of a pack, and the folders that no pack may contain.

use std::ffi::{CStr, CString, OsStr};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::Links;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::process::geteuid;

use crate::error::port_error;
use crate::file::dir::DirHandle;
use crate::home::layout::Home;
use crate::posix::disk::{Disk, System, stat_followed};
use crate::posix::path_steps::root;
use crate::posix::resolved_path::ResolvedPath;
use crate::posix::stat::{Identity, Meta};

/// A source that was found and isn't open yet.
#[derive(Debug)]
pub(super) struct Source {
    /// Its parent folder.
    pub(super) parent: OwnedFd,
    /// Its name in the parent folder.
    pub(super) name: CString,
    /// Its name in the archive.
    pub(super) member: Vec<u8>,
    /// Its path in error messages.
    pub(super) shown: String,
    /// Its path without symbolic links.
    pub(super) real: PathBuf,
}

impl Source {
    /// Finds the source.
    ///
    /// A source that is a symbolic link is followed. Root follows no link that somebody else could have made.
    ///
    /// # Errors
    /// A source that is a reserved folder, or inside one, is refused.
    pub(super) fn find(path: &Path, reserved: &ReservedDirs) -> Result<Self, PortError> {
        let shown = path.display().to_string();
        let failed = |cause| match io::Error::kind(&cause) {
            // If there is a file in the place of a parent folder, the source doesn't exist.
            ErrorKind::NotADirectory => {
                PortError::new(Failure::Missing, format!("find {shown}")).because(cause)
            }
            _ => port_error(format!("find {shown}"), cause),
        };
        let (parent, name, real) = find(path).map_err(failed)?;
        if !matches!(
            System.stat(parent.as_fd(), &name).map_err(failed)?.kind,
            FileType::RegularFile | FileType::Directory
        ) {
            let reason = "it is neither a folder nor a file";
            return Err(PortError::new(Failure::Refused, format!("pack {shown}")).because(reason));
        }
        if reserved.contains_path(&real) {
            let reason = "it lies where Backup Manager keeps its own files";
            return Err(PortError::new(Failure::Refused, format!("pack {shown}")).because(reason));
        }
        let member = path.file_name().or(real.file_name()).map_or(&b"."[..], OsStr::as_bytes).to_vec();
        Ok(Self { parent, name, member, shown, real })
    }
}

/// Finds an entry by its path: its open parent folder, its name there, and its path without symbolic links. The root has
/// no name, so it is `.` in itself.
///
/// Root packs the target of any link, so it only follows links that nobody else could have made. Other users can't
/// read more through a link than without it.
fn find(path: &Path) -> io::Result<(OwnedFd, CString, PathBuf)> {
    let links = if geteuid().is_root() { Links::Trusted } else { Links::All };
    let resolved = ResolvedPath::given(path, links)?;
    let (parent, name) = match resolved.place()? {
        Some(place) => place,
        None => (root()?, c".".to_owned()),
    };
    Ok((parent, name, resolved.real_path()))
}

/// The folders and files that belong to Backup Manager.
#[derive(Debug)]
pub(super) struct ReservedDirs {
    folders: Vec<ReservedDir>,
    names: Vec<CString>,
}

/// One reserved folder or file. It is recognized by its inode, and also by its path if inode numbers aren't reliable.
#[derive(Debug)]
struct ReservedDir {
    identity: Identity,
    real: PathBuf,
    is_exact: bool,
}

impl ReservedDir {
    fn find(path: &Path) -> io::Result<Self> {
        let real = path.canonicalize()?;
        Self::of(&rustix::fs::openat(CWD, &real, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?, real)
    }

    /// Finds a folder in an open home, even if the home has moved.
    fn find_in(home: &DirHandle, name: &str) -> io::Result<Self> {
        let opened = rustix::fs::openat(home, name, DIR_FLAGS | OFlags::NOFOLLOW, Mode::empty())?;
        Self::of(&opened, home.path_of(name))
    }

    fn of(opened: &OwnedFd, real: PathBuf) -> io::Result<Self> {
        let identity = System.stat_open(opened.as_fd())?.identity;
        Ok(Self { identity, real, is_exact: System.is_exact(opened.as_fd()) })
    }
}

impl ReservedDirs {
    /// Finds the reserved folders that exist.
    pub(super) fn find(paths: &[PathBuf], home: Option<&Home>) -> Self {
        let found = paths.iter().map(|path| ReservedDir::find(path));
        let in_home = home
            .into_iter()
            .flat_map(|home| [Home::BACKUPS, Home::LOGS].map(|name| ReservedDir::find_in(home.held(), name)));
        let folders: Vec<_> = found.chain(in_home).flatten().collect();
        let names = folders.iter().filter_map(|reserved| reserved.real.file_name());
        let names = names.filter_map(|name| CString::new(name.as_bytes()).ok()).collect();
        Self { folders, names }
    }

    /// Returns whether a path without symbolic links is reserved or inside a reserved folder.
    fn contains_path(&self, real: &Path) -> bool {
        let is_own =
            |path: &Path| stat_followed(path).is_ok_and(|meta| self.contains(&meta, || path.to_owned()));
        real.ancestors().any(is_own)
    }

    /// Returns the names of the reserved folders and files.
    pub(super) fn names(&self) -> &[CString] {
        &self.names
    }

    /// Returns whether this is the name of a reserved folder or file.
    pub(super) fn has_name(&self, name: &CStr) -> bool {
        self.names.iter().any(|reserved| **reserved == *name)
    }

    /// Returns whether an entry is reserved. `real` returns its path without symbolic links.
    pub(super) fn contains(&self, meta: &Meta, real: impl Fn() -> PathBuf) -> bool {
        let is_it = |reserved: &ReservedDir| {
            reserved.identity == meta.identity && (reserved.is_exact || reserved.real == real())
        };
        self.folders.iter().any(is_it)
    }
}

/// The flags to open a folder. It need not be readable.
const DIR_FLAGS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_the_path_of_a_reserved_folder_if_inode_numbers_repeat() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().canonicalize().unwrap();
        let meta = stat_followed(&real).unwrap();
        let mut reserved = ReservedDirs::find(&[home.path().to_owned(), home.path().join("missing")], None);
        for (is_exact, path, expected) in [
            (true, real.clone(), true),
            (true, PathBuf::from("/other"), true),
            (false, real.clone(), true),
            (false, PathBuf::from("/other"), false),
        ] {
            reserved.folders[0].is_exact = is_exact;
            assert_eq!(reserved.contains(&meta, || path.clone()), expected, "{is_exact} {}", path.display());
        }
    }
}
