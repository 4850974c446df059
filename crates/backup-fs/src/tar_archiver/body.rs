//! The data that follows the headers of a member, and the errors of writing it.

use std::io;

use backup_core::model::error::{Failure, PortError};

use rustix::fs::FileType;
use tar::EntryType;

use super::header::entry_type_of;
use crate::error::port_error;
use crate::posix::sparse::SparseMap;

/// The data of a member besides its headers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    /// Nothing.
    None,
    /// This many bytes of contents.
    Contents(u64),
    /// Contents with holes.
    Sparse(&'a SparseMap),
    /// The path that a symbolic link points to.
    SymbolicLink(&'a [u8]),
    /// The name of an earlier member.
    HardLink(&'a [u8]),
}

impl Body<'_> {
    /// Returns the type of the member of an entry of that kind, and where it leads.
    pub(super) fn entry_type(&self, kind: FileType) -> (EntryType, &[u8]) {
        match self {
            Self::None | Self::Contents(_) | Self::Sparse(_) => (entry_type_of(kind), b""),
            Self::SymbolicLink(target) => (EntryType::Symlink, target),
            Self::HardLink(member) => (EntryType::Link, member),
        }
    }

    /// Returns how many bytes are stored, how many of them are contents, and the full size of a sparse file.
    pub(super) fn sizes(&self) -> (u64, u64, Option<u64>) {
        match self {
            Self::Contents(bytes) => (*bytes, *bytes, None),
            Self::Sparse(map) => (map.stored_bytes(), map.data_bytes(), Some(map.size_bytes())),
            _ => (0, 0, None),
        }
    }
}

/// Returns the error of a pack that was cancelled.
pub(super) fn cancelled(shown: &str) -> PortError {
    PortError::new(Failure::Interrupted, format!("pack {shown}")).because("it was interrupted")
}

/// Returns the error of an archive that can't be written.
pub(super) fn write_failed(error: io::Error) -> PortError {
    port_error("write the archive", error)
}
