//! The path of the current entry, in the archive and below the source.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::restore::{MAX_COMPONENTS, components};

use crate::tar_reader::MAX_NAME_BYTES;

/// A path that follows the walk down and up.
#[derive(Debug)]
pub(super) struct EntryPath {
    bytes: Vec<u8>,
    source_bytes: usize,
}

impl EntryPath {
    /// Returns the path of the source itself.
    pub(super) fn new(member: &[u8]) -> Self {
        Self { bytes: member.to_vec(), source_bytes: member.len() }
    }

    /// Returns the path in the archive.
    pub(super) fn member(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the path below the source. It is empty for the source itself.
    pub(super) fn below_source(&self) -> &Path {
        let below = self.bytes.get(self.source_bytes + 1..).unwrap_or_default();
        Path::new(OsStr::from_bytes(below))
    }

    /// Returns whether no restore could create this entry.
    ///
    /// The path of a folder gets one more byte in the archive.
    pub(super) fn is_too_deep(&self) -> bool {
        let may_be = self.bytes.len() > MAX_COMPONENTS;
        may_be && (self.bytes.len() >= MAX_NAME_BYTES || components(&self.bytes).is_err())
    }

    pub(super) fn is_source(&self) -> bool {
        self.bytes.len() == self.source_bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the name of an entry.
    pub(super) fn push(&mut self, name: &CStr) {
        self.bytes.push(b'/');
        self.bytes.extend_from_slice(name.to_bytes());
    }

    /// Shortens the path to this length.
    pub(super) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_restore_could_create_is_too_deep() {
        let path = |name: &str, depth: usize| EntryPath::new(vec![name; depth].join("/").as_bytes());
        let cases = [
            (path("dd", MAX_COMPONENTS), false),
            (path("dd", MAX_COMPONENTS + 1), true),
            (path(&"d".repeat(255), 4_095), false),
            (path(&"d".repeat(255), 4_097), true),
        ];
        for (path, expected) in cases {
            assert_eq!(path.is_too_deep(), expected, "{} bytes", path.len());
        }
    }

    #[test]
    fn goes_down_and_back() {
        let mut path = EntryPath::new(b"docs");
        assert!(path.is_source());
        assert_eq!(path.below_source(), Path::new(""));
        path.push(c"a");
        let folder = path.len();
        path.push(c"\xff");
        assert_eq!(path.member(), b"docs/a/\xff");
        assert_eq!(path.below_source().as_os_str().as_bytes(), b"a/\xff");
        path.truncate(folder);
        assert_eq!(path.member(), b"docs/a");
        assert!(!path.is_source());
    }
}
