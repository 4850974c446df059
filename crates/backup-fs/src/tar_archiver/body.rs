//! What is written for the contents of an entry.

use std::io;

use backup_core::model::error::{Failure, PortError};

use crate::error::port_error;
use crate::posix::sparse::SparseMap;

/// What a member has besides its headers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    /// Nothing.
    None,
    /// This many bytes of contents.
    Contents(u64),
    /// Contents with holes.
    Sparse(&'a SparseMap),
    /// The way to wherever it points.
    SymbolicLink(&'a [u8]),
    /// The name of a member before it.
    HardLink(&'a [u8]),
}

/// Returns what a pack ends with when somebody asked for its end.
pub(super) fn cancelled(shown: &str) -> PortError {
    PortError::new(Failure::Interrupted, format!("pack {shown}")).because("it was interrupted")
}

/// Returns the failure to write the archive.
pub(super) fn out_failed(error: io::Error) -> PortError {
    port_error("write the archive", error)
}
