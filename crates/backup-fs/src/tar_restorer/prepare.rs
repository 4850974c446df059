//! The reads of an archive before anything is restored.

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress};

use super::first_pass::FirstPass;
use crate::pattern::chosen::Chosen;
use crate::tar_reader::TarReader;
use crate::tar_reader::progress_reader::{read_failed, rewind};
use crate::tar_reader::source_root::SourceRoot;

/// Returns the source root of an archive. If nothing in it can be restored, that is a folder without a name.
pub(crate) fn find_source_root(archive: &mut dyn ArchiveBytes) -> Result<SourceRoot, PortError> {
    let mut reader = TarReader::new(&mut *archive);
    let mut source_root = SourceRoot::default();
    while let Some(member) = reader.next_member().map_err(read_failed)? {
        if source_root.see(&member.path, member.kind).is_ok() {
            break;
        }
    }
    rewind(archive)?;
    Ok(source_root)
}

/// Runs the first pass if only some entries are selected.
pub(crate) fn run_first_pass(
    archive: &mut dyn ArchiveBytes,
    chosen: &mut Chosen,
    progress: &dyn Progress,
) -> Result<FirstPass, PortError> {
    if chosen.is_everything() {
        return Ok(FirstPass::default());
    }
    let first_pass = FirstPass::make(archive, chosen, progress)?;
    rewind(archive)?;
    if chosen.took_anything() {
        return Ok(first_pass);
    }
    let action = format!("find {}", chosen.unmatched().join(", "));
    Err(match first_pass.damage {
        None => PortError::new(Failure::Missing, action).because("nothing in the archive matches"),
        Some(error) => {
            let reason = error.source.map_or_else(String::new, |source| source.to_string());
            let cause = format!("nothing in the readable part of the archive matches; {reason}");
            PortError::new(error.failure, action).because(cause)
        }
    })
}
