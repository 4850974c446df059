//! The folder that entries are restored to.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{IfExists, Links, ReservedPath, RestoreJob};

use super::reserved_paths::ReservedPaths;
use super::staging_dir::{StagedTarget, StagingDir};
use super::target_lock::lock;
use crate::error::port_error;
use crate::posix::resolved_path::ResolvedPath;
use crate::posix::stat::lstat_at;

/// The folder that entries are restored to, open and locked.
#[derive(Debug)]
pub(super) struct Target {
    /// The folder itself.
    pub(super) folder: OwnedFd,
    pub(super) is_hidden: bool,
    pub(super) is_continued: bool,
    /// Whether it was created for this restore and gets the source's metadata. A published one gets nothing that
    /// would replace its entries.
    pub(super) is_new: bool,
    path: PathBuf,
    staging: Option<StagingDir>,
}

impl Target {
    /// Opens the target, or starts a new one.
    pub(super) fn open(
        request: &RestoreJob,
        resolved: ResolvedPath,
        reserved: ReservedPaths,
    ) -> Result<Self, PortError> {
        let path = resolved.real_path();
        let failed = |error| restore_failed(request, error);
        match Self::find_or_start(resolved, &request.identity).map_err(failed)? {
            Ok(target) => Ok(target),
            Err(_) if request.existing == IfExists::Refuse => Err(already_exists(request)),
            Err(resolved) => Self::open_existing(&resolved, path, reserved).map_err(failed),
        }
    }

    /// Returns a new or an unfinished target, or else the path to an existing one.
    fn find_or_start(mut resolved: ResolvedPath, identity: &str) -> io::Result<Result<Self, ResolvedPath>> {
        let exists = resolved.exists();
        if !exists {
            resolved.make_parents()?;
        }
        let Some((parent, name)) = resolved.place()? else { return Ok(Err(resolved)) };
        let staging_name = staging_name(&name)?;
        if exists && lstat_at(parent.as_fd(), &staging_name)?.is_none() {
            return Ok(Err(resolved));
        }
        let path = resolved.real_path();
        let staged =
            StagingDir::open(parent, name, staging_name)?.resume_or_start(&path, exists, identity)?;
        Ok(staged.ok_or(resolved).map(|StagedTarget { staging, folder, is_continued }| Self {
            folder,
            is_hidden: !staging.is_published,
            is_continued,
            is_new: true,
            path,
            staging: Some(staging),
        }))
    }

    fn open_existing(resolved: &ResolvedPath, path: PathBuf, reserved: ReservedPaths) -> io::Result<Self> {
        let folder = resolved.open()?;
        // A service of an older version locks its home.
        if !reserved.is_home_itself(&folder) {
            lock(&folder)?;
        }
        let (is_hidden, is_continued, is_new) = (false, false, false);
        Ok(Self { folder, is_hidden, is_continued, is_new, path, staging: None })
    }

    /// Moves the target to its final name, unless it has it. If something has taken that name meanwhile, it fails.
    pub(super) fn publish(&mut self) -> Result<(), PortError> {
        let Some(staging) = self.staging.as_mut().filter(|staging| !staging.is_published) else {
            return Ok(());
        };
        staging.publish().map_err(|error| {
            let staged = self
                .path
                .file_name()
                .and_then(|name| staging_name(&CString::new(name.as_bytes()).ok()?).ok());
            let staged =
                staged.map(|name| self.path.with_file_name(OsStr::from_bytes(name.to_bytes())).join("tree"));
            let place = staged.unwrap_or_default();
            let reason = format!("{error}; everything was restored to {}; move it yourself", place.display());
            port_error(format!("make {}", self.path.display()), io::Error::new(error.kind(), reason))
        })
    }

    /// Removes the staging folder if nothing was restored.
    pub(super) fn abandon(&self) {
        if let Some(staging) = &self.staging {
            staging.abandon();
        }
    }

    /// Removes the staging folder. What can't be removed does no harm.
    pub(super) fn clean_up(&self) {
        if let Some(staging) = &self.staging {
            staging.clean_up();
        }
    }
}

/// Resolves the path of the target, and refuses a reserved one. Also returns the name of a source that is a single
/// file.
pub(super) fn resolve_target(
    request: &RestoreJob,
    links: Links,
    reserved: ReservedPaths,
    is_folder: bool,
) -> Result<(ResolvedPath, Option<Vec<u8>>), PortError> {
    let failed = |error| restore_failed(request, error);
    let (resolved, name) = ResolvedPath::of_target(&request.target, links, is_folder).map_err(failed)?;
    if reserved.is_on_way(&resolved, &request.target) {
        return Err(PortError::new(Failure::Refused, action(request)).because(ReservedPath));
    }
    Ok((resolved, name.map(OsStringExt::into_vec)))
}

/// Opens an existing target for a preview. Refuses what [`Target::open`] would refuse.
pub(super) fn open_for_preview(
    request: &RestoreJob,
    resolved: &ResolvedPath,
) -> Result<Option<OwnedFd>, PortError> {
    let failed = |error| restore_failed(request, error);
    if !resolved.exists() {
        return Ok(None);
    }
    let staged = || match resolved.place()? {
        Some((parent, name)) => Ok(lstat_at(parent.as_fd(), &staging_name(&name)?)?.is_some()),
        None => Ok(false),
    };
    if request.existing == IfExists::Refuse && !staged().map_err(failed)? {
        return Err(already_exists(request));
    }
    resolved.open().map(Some).map_err(failed)
}

/// Returns the path of the restored source, without symbolic links.
pub(super) fn real_target(resolved: &ResolvedPath, file_name: Option<&[u8]>) -> PathBuf {
    let folder = resolved.real_path();
    file_name.map_or_else(|| folder.clone(), |name| folder.join(OsStr::from_bytes(name)))
}

fn action(request: &RestoreJob) -> String {
    format!("restore to {}", request.target.path().display())
}

fn restore_failed(request: &RestoreJob, error: io::Error) -> PortError {
    port_error(action(request), error)
}

fn already_exists(request: &RestoreJob) -> PortError {
    PortError::new(Failure::Refused, format!("make {}", request.target.path().display())).because(
        "it exists already; choose another folder with --to DIR, or add --overwrite to restore over it",
    )
}

/// Returns the name of the staging folder of a target.
fn staging_name(name: &CStr) -> io::Result<CString> {
    Ok(CString::new([b".", name.to_bytes(), b".restoring"].concat())?)
}
