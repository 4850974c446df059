//! The folder that entries are restored to.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::error::{Failure, PortError};
use backup_core::restore::{Existing, RestoreRequest, RestoreTarget};
use rustix::fs::{FileType, FlockOperation, Mode, OFlags, Stat, flock, open};
use rustix::io::Errno;

use super::look::look;
use super::own::Own;
use super::staging::{Begun, Staging};
use crate::failure::{port_error, refused, taken};

/// The folder that entries are restored to, opened and locked.
#[derive(Debug)]
pub(super) struct Target {
    /// The folder itself.
    pub(super) folder: OwnedFd,
    pub(super) is_hidden: bool,
    pub(super) is_continued: bool,
    /// It was made for this, so that it gets the source's own metadata. One that has its name already gets nothing else
    /// that would replace what is in it.
    pub(super) is_new: bool,
    path: PathBuf,
    staging: Option<Staging>,
}

pub(super) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Target {
    /// Opens the target, and begins it where it is missing. `is_folder` says whether a source in whose place it goes is
    /// a folder; otherwise the target is the folder that it is in.
    pub(super) fn open(request: &RestoreRequest, path: &Path, own: Own) -> Result<Self, PortError> {
        let failed = |error| port_error(format!("restore to {}", path.display()), error);
        let follows = !matches!(request.target, RestoreTarget::Beside(_));
        match Self::begin(path, &request.identity).map_err(failed)? {
            Some(target) => Ok(target),
            None if request.existing == Existing::Refuse => Err(there_already(path)),
            None => Self::open_existing(path, follows, own).map_err(failed),
        }
    }

    /// Returns the target that is to be made, or was begun; `None` where there is one.
    fn begin(path: &Path, identity: &str) -> io::Result<Option<Self>> {
        let Some(name) = path.file_name() else { return Ok(None) };
        let parent_path = path.parent().unwrap_or(Path::new("/"));
        // A link that leads nowhere is something, too.
        let exists = path.symlink_metadata().is_ok();
        if !exists {
            std::fs::create_dir_all(parent_path)?;
        }
        let parent = open(parent_path, FOLDER, Mode::empty())?;
        let name = CString::new(name.as_bytes())?;
        let own_name = CString::new([b".", name.as_bytes(), b".restoring"].concat())?;
        if exists && look(parent.as_fd(), &own_name)?.is_none() {
            return Ok(None);
        }
        let begun = Staging::open(parent, name, own_name)?.go_on(path, exists, identity)?;
        Ok(begun.map(|Begun { staging, folder, is_continued }| Self {
            folder,
            is_hidden: !staging.is_revealed,
            is_continued,
            is_new: true,
            path: path.to_owned(),
            staging: Some(staging),
        }))
    }

    fn open_existing(path: &Path, follows: bool, own: Own) -> io::Result<Self> {
        let flags = if follows { OFlags::empty() } else { OFlags::NOFOLLOW };
        let folder = open(path, FOLDER | flags, Mode::empty()).map_err(|errno| match errno {
            Errno::NOTDIR | Errno::LOOP => refused("it is no folder"),
            errno => errno.into(),
        })?;
        // A service of an older version holds the lock of its home.
        if !own.is_home_itself(&folder) {
            lock(&folder)?;
        }
        let (is_hidden, is_continued, is_new) = (false, false, false);
        Ok(Self { folder, is_hidden, is_continued, is_new, path: path.to_owned(), staging: None })
    }

    /// Gives the target its name, where it doesn't have it yet. Whoever took it meanwhile keeps it.
    pub(super) fn reveal(&mut self) -> Result<(), PortError> {
        let Some(staging) = self.staging.as_mut().filter(|staging| !staging.is_revealed) else {
            return Ok(());
        };
        let revealed = staging.reveal();
        revealed.map_err(|error| port_error(format!("make {}", self.path.display()), error))
    }

    /// Leaves nothing behind where nothing was made.
    pub(super) fn abandon(&self) {
        if let Some(staging) = &self.staging {
            staging.abandon();
        }
    }

    /// Removes what tells of an attempt. What can't be removed does no harm.
    pub(super) fn tidy(&self) {
        if let Some(staging) = &self.staging {
            staging.tidy();
        }
    }
}

fn there_already(path: &Path) -> PortError {
    PortError::new(Failure::Refused, format!("make {}", path.display()))
        .because("it is there already; name another with --to DIR, or add --overwrite to restore over it")
}

/// Refuses what [`Target::open`] would refuse to begin, without touching anything.
pub(super) fn refuse_existing(request: &RestoreRequest, path: &Path) -> Result<(), PortError> {
    let begun = path.file_name().map(|name| {
        let own_name = [b".", name.as_bytes(), b".restoring"].concat();
        path.with_file_name(OsStr::from_bytes(&own_name))
    });
    let exists = |path: &Path| path.symlink_metadata().is_ok();
    let is_refused = request.existing == Existing::Refuse && exists(path);
    if is_refused && !begun.is_some_and(|begun| exists(&begun)) { Err(there_already(path)) } else { Ok(()) }
}

/// Locks a folder as long as it is open. Where folders can't be locked, nobody else ever has.
pub(super) fn lock(folder: &OwnedFd) -> io::Result<()> {
    match flock(folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(busy()),
        _ => Ok(()),
    }
}

pub(super) fn busy() -> io::Error {
    taken("another restore is at work there, or a service has its home there")
}

/// Returns the folder that entries go to, and the name of a source that is a single file there.
pub(super) fn place(target: &RestoreTarget, top_is_folder: bool) -> (PathBuf, Option<Vec<u8>>) {
    let path = target.path();
    match (target, path.parent(), path.file_name()) {
        (RestoreTarget::Source(_), Some(parent), Some(name)) if !top_is_folder => {
            // A link that was named as the source was followed, and is followed back.
            let real = path.canonicalize().ok();
            let real = real.as_deref().and_then(|real| Some((real.parent()?, real.file_name()?)));
            let (parent, name) = real.unwrap_or((parent, name));
            (parent.to_owned(), Some(name.as_bytes().to_owned()))
        }
        _ => (path.to_owned(), None),
    }
}

/// Returns whether that is a folder.
pub(super) fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// Opens a folder to look at, if there is one.
pub(super) fn open_to_look(path: &Path) -> io::Result<Option<OwnedFd>> {
    match open(path, FOLDER, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}
