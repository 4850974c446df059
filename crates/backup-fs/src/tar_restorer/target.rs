//! The folder that entries are restored to.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{IfExists, Links, OwnPlace, RestoreJob};

use super::reserved_paths::ReservedPaths;
use super::staging_dir::{Begun, StagingDir};
use super::target_lock::lock;
use crate::error::port_error;
use crate::posix::approach::Approach;
use crate::posix::stat::lstat_at;

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
    staging: Option<StagingDir>,
}

impl Target {
    /// Opens the target, and begins it where it is missing.
    pub(super) fn open(
        request: &RestoreJob,
        approach: Approach,
        own: ReservedPaths,
    ) -> Result<Self, PortError> {
        let path = approach.real_path();
        let failed = |error| restore_failed(request, error);
        match Self::begin(approach, &request.identity).map_err(failed)? {
            Ok(target) => Ok(target),
            Err(_) if request.existing == IfExists::Refuse => Err(there_already(request)),
            Err(approach) => Self::open_existing(&approach, path, own).map_err(failed),
        }
    }

    /// Returns the target that is to be made, or was begun; the way to it where there is one.
    fn begin(mut approach: Approach, identity: &str) -> io::Result<Result<Self, Approach>> {
        let exists = approach.exists();
        if !exists {
            approach.make_parents()?;
        }
        let Some((parent, name)) = approach.place()? else { return Ok(Err(approach)) };
        let own_name = begun_name(&name)?;
        if exists && lstat_at(parent.as_fd(), &own_name)?.is_none() {
            return Ok(Err(approach));
        }
        let path = approach.real_path();
        let begun = StagingDir::open(parent, name, own_name)?.go_on(&path, exists, identity)?;
        Ok(begun.ok_or(approach).map(|Begun { staging, folder, is_continued }| Self {
            folder,
            is_hidden: !staging.is_revealed,
            is_continued,
            is_new: true,
            path,
            staging: Some(staging),
        }))
    }

    fn open_existing(approach: &Approach, path: PathBuf, own: ReservedPaths) -> io::Result<Self> {
        let folder = approach.open()?;
        // A service of an older version holds the lock of its home.
        if !own.is_home_itself(&folder) {
            lock(&folder)?;
        }
        let (is_hidden, is_continued, is_new) = (false, false, false);
        Ok(Self { folder, is_hidden, is_continued, is_new, path, staging: None })
    }

    /// Gives the target its name, where it doesn't have it yet. Whoever took it meanwhile keeps it.
    pub(super) fn reveal(&mut self) -> Result<(), PortError> {
        let Some(staging) = self.staging.as_mut().filter(|staging| !staging.is_revealed) else {
            return Ok(());
        };
        staging.reveal().map_err(|error| {
            let begun =
                self.path.file_name().and_then(|name| begun_name(&CString::new(name.as_bytes()).ok()?).ok());
            let begun =
                begun.map(|name| self.path.with_file_name(OsStr::from_bytes(name.to_bytes())).join("tree"));
            let place = begun.unwrap_or_default();
            let reason = format!("{error}; everything was restored to {}, move it yourself", place.display());
            port_error(format!("make {}", self.path.display()), io::Error::new(error.kind(), reason))
        })
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

/// Goes to the target, and refuses one that is Backup Manager's own. Returns the name of a source that is a single file
/// there, too.
pub(super) fn approach(
    request: &RestoreJob,
    links: Links,
    own: ReservedPaths,
    is_folder: bool,
) -> Result<(Approach, Option<Vec<u8>>), PortError> {
    let failed = |error| restore_failed(request, error);
    let (approach, name) = Approach::to(&request.target, links, is_folder).map_err(failed)?;
    if own.is_on_way(&approach, &request.target) {
        return Err(PortError::new(Failure::Refused, action(request)).because(OwnPlace));
    }
    Ok((approach, name.map(OsStringExt::into_vec)))
}

/// Opens the target to look at, if there is one, and refuses what [`Target::open`] would refuse to begin.
pub(super) fn open_to_look(request: &RestoreJob, approach: &Approach) -> Result<Option<OwnedFd>, PortError> {
    let failed = |error| restore_failed(request, error);
    if !approach.exists() {
        return Ok(None);
    }
    let begun = || match approach.place()? {
        Some((parent, name)) => Ok(lstat_at(parent.as_fd(), &begun_name(&name)?)?.is_some()),
        None => Ok(false),
    };
    if request.existing == IfExists::Refuse && !begun().map_err(failed)? {
        return Err(there_already(request));
    }
    approach.open().map(Some).map_err(failed)
}

/// Returns the path without symbolic links of what is restored.
pub(super) fn real_target(approach: &Approach, file_name: Option<&[u8]>) -> PathBuf {
    let folder = approach.real_path();
    file_name.map_or_else(|| folder.clone(), |name| folder.join(OsStr::from_bytes(name)))
}

fn action(request: &RestoreJob) -> String {
    format!("restore to {}", request.target.path().display())
}

fn restore_failed(request: &RestoreJob, error: io::Error) -> PortError {
    port_error(action(request), error)
}

fn there_already(request: &RestoreJob) -> PortError {
    PortError::new(Failure::Refused, format!("make {}", request.target.path().display()))
        .because("it is there already; name another with --to DIR, or add --overwrite to restore over it")
}

/// Returns the name of the folder in which a target of that name is begun.
fn begun_name(name: &CStr) -> io::Result<CString> {
    Ok(CString::new([b".", name.to_bytes(), b".restoring"].concat())?)
}
