//! What is looked up in an archive before anything is restored.

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress};

use super::first_pass::FirstPass;
use crate::pattern::chosen::Chosen;
use crate::tar_reader::TarReader;
use crate::tar_reader::progress_reader::{read_failed, rewind};
use crate::tar_reader::source_root::SourceRoot;

/// Returns what the archive begins with. One of which nothing can be restored begins with a folder without a name.
pub(crate) fn first(archive: &mut dyn ArchiveBytes) -> Result<SourceRoot, PortError> {
    let mut reader = TarReader::new(&mut *archive);
    let mut top = SourceRoot::default();
    while let Some(member) = reader.next_member().map_err(read_failed)? {
        if top.see(&member).is_ok() {
            break;
        }
    }
    rewind(archive)?;
    Ok(top)
}

/// Looks over the archive where only some of it is wanted.
pub(crate) fn survey(
    archive: &mut dyn ArchiveBytes,
    chosen: &mut Chosen,
    progress: &dyn Progress,
) -> Result<FirstPass, PortError> {
    if chosen.is_everything() {
        return Ok(FirstPass::default());
    }
    let survey = FirstPass::make(archive, chosen, progress)?;
    rewind(archive)?;
    if chosen.took_anything() {
        return Ok(survey);
    }
    let action = format!("find {}", chosen.unmatched().join(", "));
    Err(match survey.broken {
        None => PortError::new(Failure::Missing, action).because("nothing in the archive matches"),
        Some(error) => {
            let reason = error.source.map_or_else(String::new, |source| source.to_string());
            let cause = format!("nothing matches in what can be read of the archive; {reason}");
            PortError::new(error.failure, action).because(cause)
        }
    })
}
