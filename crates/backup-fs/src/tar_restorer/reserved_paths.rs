//! The reserved folders of the home.
//!
//! They are recognized by device and inode, so that no link and no mount leads a restore there.

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::restore::{RESERVED_FOLDERS, RestoreTarget};
use rustix::fs::{Stat, fstat, stat};

use crate::home::names::is_own_name;
use crate::posix::resolved_path::ResolvedPath;

/// The home, and the folders in it that are reserved for Backup Manager.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReservedPaths {
    home: Option<Identity>,
    folders: [Option<Identity>; RESERVED_FOLDERS.len()],
}

/// Device and inode.
type Identity = (u64, u64);

impl ReservedPaths {
    /// Finds the reserved folders that exist.
    pub(super) fn find(home: &Path) -> Self {
        let identity = |path: &Path| stat(path).ok().map(|stat| identity(&stat));
        Self { home: identity(home), folders: RESERVED_FOLDERS.map(|name| identity(&home.join(name))) }
    }

    /// Returns whether the path ends at the home, or leads through something reserved.
    pub(super) fn is_on_way(&self, resolved: &ResolvedPath, target: &RestoreTarget) -> bool {
        let is_source = matches!(target, RestoreTarget::Source(_));
        let ends_here = resolved.is_at_folder() && !is_source;
        let is_home = ends_here && resolved.passed().next_back().is_some_and(|last| self.is_home(last));
        let is_below = resolved.passed().any(|passed| self.is_folder(passed));
        is_home || is_below || !is_source && self.is_own_file_on_way(resolved)
    }

    /// Returns whether the path leads through a reserved file name in the home, whether or not that file exists.
    fn is_own_file_on_way(&self, resolved: &ResolvedPath) -> bool {
        resolved.turns().any(|(above, name)| self.is_home(above) && is_own_name(name.as_bytes()))
    }

    /// Returns whether this is the metadata of the home.
    pub(super) fn is_home(&self, stat: &Stat) -> bool {
        self.home == Some(identity(stat))
    }

    /// Returns whether this open folder is the home.
    pub(super) fn is_home_itself(&self, folder: &OwnedFd) -> bool {
        fstat(folder).is_ok_and(|stat| self.is_home(&stat))
    }

    /// Returns whether this is the metadata of a reserved folder.
    pub(super) fn is_folder(&self, stat: &Stat) -> bool {
        self.folders.contains(&Some(identity(stat)))
    }
}

fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}
