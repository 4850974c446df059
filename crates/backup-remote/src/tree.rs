//! Tree: a file system away from here, as a folder and SFTP have it.

use std::ops::Range;

use backup_core::time::Moment;

use crate::problem::Problem;
use crate::transfer::{Download, Upload};

/// The files below the folder of a destination. Paths are relative to it, with `/` between their names; the empty path is the
/// folder itself.
pub(crate) trait Tree: Send + Sync {
    /// Fails with `NoPlace` unless the folder of the destination exists.
    fn check_root(&self) -> Result<(), Problem>;

    /// Makes a folder and those above it. It is no error if it exists.
    fn make_folder(&self, path: &str) -> Result<(), Problem>;

    /// Writes a file that doesn't exist yet. It is durable then, as far as the other side can promise that.
    fn write(&self, path: &str, upload: &mut Upload<'_>) -> Result<(), Problem>;

    /// Gives a file its final name. Fails with `AlreadyExists` if there is a file of that name.
    fn place_new(&self, from: &str, to: &str) -> Result<(), Problem>;

    /// Gives a file its final name, in the place of the file that has it.
    fn place(&self, from: &str, to: &str) -> Result<(), Problem>;

    /// Returns whether [`place_new`](Self::place_new) can't replace a file even if two of them race.
    fn places_new_surely(&self) -> Result<bool, Problem>;

    /// Reads a part of a file.
    fn read(&self, path: &str, range: Range<u64>, download: &mut Download<'_>) -> Result<(), Problem>;

    /// Returns what is known about a file. Fails with `NotFound` if there is none, or a folder.
    fn stat(&self, path: &str) -> Result<FileState, Problem>;

    /// Returns what is in a folder, or nothing if there is no such folder.
    fn children(&self, path: &str) -> Result<Vec<Child>, Problem>;

    /// Removes a file. It is no error if there is none.
    fn remove(&self, path: &str) -> Result<(), Problem>;
}

/// What is known about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileState {
    pub(crate) size_bytes: u64,
    pub(crate) modified: Option<Moment>,
    pub(crate) version: Option<String>,
}

/// What a folder holds under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) kind: ChildKind,
}

/// What stands under a name. Links and devices are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChildKind {
    File(FileState),
    Folder,
}

/// Returns the path of what has this name in a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Returns the folder that holds a path.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
