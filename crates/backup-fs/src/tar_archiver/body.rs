//! The data that follows the headers of a member, and the errors of writing it.

use std::io;

use backup_core::model::error::{Failure, PortError};

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

/// Returns the error of a pack that was cancelled.
pub(super) fn cancelled(shown: &str) -> PortError {
    PortError::new(Failure::Interrupted, format!("pack {shown}")).because("it was interrupted")
}

/// Returns the error of an archive that can't be written.
pub(super) fn write_failed(error: io::Error) -> PortError {
    port_error("write the archive", error)
}
