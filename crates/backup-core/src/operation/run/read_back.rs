//! Reading a backup back before it replaces the one before it.

use crate::model::error::PortError;
use crate::operation::check::checked;
use crate::ports::{Archiver, Draft, Ending, Progress};

/// Reads a sealed draft back: the same bytes, and an archive that is whole to its end.
///
/// # Errors
/// [`Failure::Damaged`](crate::model::error::Failure::Damaged) for other bytes and for an archive that breaks,
/// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels, and any failure to read.
pub(super) fn read_back(
    archiver: &dyn Archiver,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let ((), walked) = checked(archiver, Ending::Own, progress, |walk| draft.verify(walk, progress))?;
    walked.map(drop)
}
