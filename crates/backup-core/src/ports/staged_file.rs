//! A file that is written before it is packed.

use std::io::Write;

use super::pack_target::PackTarget;
use super::progress::Progress;
use crate::model::archive::PackReport;
use crate::model::error::PortError;

/// A file that is written before it is packed, because its length has to be known first.
///
/// If it is dropped without [`pack`](StagedFile::pack), nothing remains of it.
pub trait StagedFile: Write {
    /// Writes an archive to `out` that has the file as its only entry.
    ///
    /// The file is readable by its owner alone, and as old as what was written last. `progress` is told and asked as in
    /// [`Archiver::pack`](super::Archiver::pack).
    ///
    /// # Errors
    /// As [`Archiver::pack`](super::Archiver::pack).
    fn pack(
        self: Box<Self>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn StagedFile> = None;
