//! Reading a backup back before it replaces the one before it.

use crate::checked::checked;
use crate::error::PortError;
use crate::ports::{Archiver, Draft, Ending, Progress};

/// Reads a sealed draft back: the same bytes, and an archive that is whole to its end.
///
/// # Errors
/// [`Failure::Damaged`](crate::error::Failure::Damaged) for other bytes and for an archive that breaks,
/// [`Failure::Interrupted`](crate::error::Failure::Interrupted) when `progress` cancels, and any failure to read.
pub(super) fn read_back(
    archiver: &dyn Archiver,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let ((), walked) = checked(archiver, Ending::Own, progress, |walk| draft.verify(walk, progress))?;
    walked.map(drop)
}
