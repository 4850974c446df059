//! Read back: checks a backup on the disk before it replaces the old one.

use crate::model::error::{Failure, PortError};
use crate::operation::check::checked_by_catalog;
use crate::ports::{Archiver, Draft, EndCheck, Progress, ReadTar};

/// Reads a sealed draft back and checks that its bytes are the written ones, its structure is whole, and its entries are what
/// its catalog says. So damage in what was taken over from an earlier archive is found. Of an encrypted draft only the bytes are
/// compared: nobody here can read it, and nothing was taken over.
///
/// # Errors
/// - [`Failure::Damaged`](crate::model::error::Failure::Damaged): other bytes came back, or the structure or an entry is damaged.
/// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
/// - Any failure to read.
pub(super) fn read_back(
    archiver: &dyn Archiver,
    draft: &mut dyn Draft,
    progress: &dyn Progress,
) -> Result<(), PortError> {
    if draft.is_encrypted() {
        return draft.verify(&mut |_| {}, progress);
    }
    let catalog = draft.open_catalog();
    let read = |read_tar: ReadTar<'_>| draft.verify(read_tar, progress);
    let ((), checked) = checked_by_catalog(archiver, catalog, EndCheck::Exact, progress, read)?;
    checked.structure?;
    match checked.members {
        Some(members) if !members.damaged.is_empty() => {
            Err(PortError::new(Failure::Damaged, "read the backup back").because(members.damaged.to_string()))
        }
        _ => Ok(()),
    }
}
