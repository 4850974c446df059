//! Read back: checks a backup on the disk before it replaces the old one.

use crate::model::error::PortError;
use crate::operation::check::checked;
use crate::ports::{Archiver, Draft, EndCheck, Progress};

/// Reads a sealed draft back and checks that its bytes are the written ones and its structure is whole.
///
/// # Errors
/// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): other bytes came back, or the structure is damaged.
/// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
/// - Any failure to read.
pub(super) fn read_back(
    archiver: &dyn Archiver,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let ((), checked) =
        checked(archiver, EndCheck::Exact, progress, |read_tar| draft.verify(read_tar, progress))?;
    checked.map(drop)
}
