//! The extra entries of the target that the next backup would exclude.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;
use std::path::Path;

use backup_core::model::archive::Selection;
use backup_core::model::error::PortError;
use ignore::gitignore::Gitignore;
use rustix::fs::{FileType, Stat};

use crate::pattern::cache_tag::is_marked_cache;
use crate::pattern::compile::compile_exclude;
use crate::posix::disk::{is_apart, place_of};
use crate::posix::stat::{Place, is_folder};
use crate::tar_restorer::reserved_paths::ReservedPaths;

/// Decides what a backup of the target would exclude.
pub(super) struct Exclusions {
    patterns: Gitignore,
    one_file_system: bool,
    exclude_caches: bool,
    /// The file system of the target.
    place: Option<Place>,
}

impl Exclusions {
    pub(super) fn new(selection: &Selection) -> Result<Self, PortError> {
        let patterns = compile_exclude(&selection.exclude)?;
        let Selection { one_file_system, exclude_caches, .. } = *selection;
        Ok(Self { patterns, one_file_system, exclude_caches, place: None })
    }

    /// Stores the file system of the target.
    pub(super) fn set_target(&mut self, target: BorrowedFd<'_>) {
        self.place = place_of(target).ok();
    }

    /// Returns whether an entry of an open folder is on an excluded mount. An empty name means the folder itself.
    pub(super) fn crosses_mount(&self, folder: BorrowedFd<'_>, name: &CStr) -> bool {
        self.one_file_system && self.place.is_some_and(|place| is_apart(folder, name, &place))
    }

    /// Returns whether an open folder below the target is a cache: only the tag of a cache is stored.
    pub(super) fn is_cache(&self, folder: BorrowedFd<'_>) -> bool {
        self.exclude_caches && is_marked_cache(folder)
    }

    /// Returns whether an entry is excluded, by its path below the target. Sockets always are.
    pub(super) fn excludes(&self, below: &Path, stat: &Stat, reserved: &ReservedPaths) -> bool {
        let is_folder = is_folder(stat);
        FileType::from_raw_mode(stat.st_mode) == FileType::Socket
            || is_folder && reserved.is_folder(stat)
            || self.patterns.matched_path_or_any_parents(below, is_folder).is_ignore()
    }
}
