//! Plan restore: the use case that makes every decision of a restore.

use std::path::{Path, PathBuf};

use super::Manager;
use super::restore::Restore;
use super::restore_plan::RestorePlan;
use super::restore_request::{RestoreDestination, RestoreRequest};
use crate::manager::archive_query::{ArchiveQuery, FoundArchive};
use crate::manager::stored_digest::is_plain;
use crate::model::archive::{ArchiveName, BackupRecord, Selection, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::model::restore::{
    IfExists, Links, ReservedPath, RestoreJob, RestoreTarget, is_reserved, restored_name,
};
use crate::model::schedule::ScheduleEntry;
use crate::policy::archive_choice::choosing;

impl Restore<'_> {
    /// Returns the plan for a request.
    ///
    /// # Errors
    /// As [`ArchiveQuery::find`]. [`Error::SourceUnknown`] if the restore goes to the source and no schedule has that name.
    /// [`Error::RestoreFailed`] if the target is a place of Backup Manager itself. Any failure of the stores.
    pub fn plan(&self, request: &RestoreRequest) -> Result<RestorePlan, Error> {
        Manager::new(self.ports).log_error(self.make_plan(request))
    }

    fn make_plan(&self, request: &RestoreRequest) -> Result<RestorePlan, Error> {
        let query = ArchiveQuery {
            name: &request.name,
            generation: request.generation.as_deref(),
            at: request.at.as_deref(),
        };
        let backup = query.backup(&self.ports)?;
        let FoundArchive { archive, made_for } = query.find_of(&backup, &self.ports)?;
        let chosen = choosing(&request.chosen).to_vec();
        let request = &RestoreRequest { name: backup.name, chosen, ..request.clone() };
        let target = self.target(request)?;
        if is_reserved(&target, self.ports.home) {
            let cause = PortError::new(Failure::Refused, format!("restore to {}", lossy(target.path())));
            let (archive, cause) = (display_path(&archive.file_name), cause.because(ReservedPath));
            return Err(Error::RestoreFailed { archive, cause, older: None });
        }
        let existing = match (&request.place, request.overwrite) {
            (_, true) | (RestoreDestination::InPlace | RestoreDestination::Source, _) => IfExists::Replace,
            (RestoreDestination::Folder(_), false) => IfExists::Keep,
            (RestoreDestination::Beside(_), false) => IfExists::Refuse,
        };
        let (identity, digests) =
            (identity(&archive, request), self.has_known_digest(&archive) && request.chosen.is_empty());
        let RestoreRequest { chosen, keep_setuid, .. } = request.clone();
        let home = self.ports.home.to_owned();
        let selection = self.selection(request)?;
        let links = if request.place == RestoreDestination::Source { Links::All } else { Links::Trusted };
        let real_source = self.real_source(&archive, request);
        Ok(RestorePlan {
            archive,
            made_for,
            request: RestoreJob {
                target,
                chosen,
                links,
                existing,
                keep_setuid,
                identity,
                home,
                selection,
                digests,
            },
            real_source,
        })
    }

    /// Returns where the source was when the archive was made, for a restore to the source.
    fn real_source(&self, archive: &BackupRecord, request: &RestoreRequest) -> Option<String> {
        let is_in_place = request.place == RestoreDestination::InPlace;
        self.runs_behind(archive).into_iter().filter(|_| is_in_place).find_map(|run| run.real_source)
    }

    /// Returns whether the history knows the digest of the plain tar.
    ///
    /// For a compressed or encrypted archive it knows only the digest of the stored bytes, which are read once more.
    fn has_known_digest(&self, archive: &BackupRecord) -> bool {
        is_plain(&archive.file_name) && self.runs_behind(archive).iter().any(|run| run.sha256.is_some())
    }

    fn target(&self, request: &RestoreRequest) -> Result<RestoreTarget, Error> {
        Ok(match &request.place {
            RestoreDestination::Beside(folder) => {
                RestoreTarget::Beside(folder.join(restored_name(&request.name)))
            }
            RestoreDestination::Folder(folder) => RestoreTarget::Folder(folder.clone()),
            RestoreDestination::InPlace | RestoreDestination::Source => {
                RestoreTarget::Source(self.source(&request.name)?)
            }
        })
    }

    fn source(&self, name: &str) -> Result<PathBuf, Error> {
        let entry = self.entry(name)?;
        if entry.options().command().is_some() {
            return Err(Error::SourceIsCommand(name.to_owned()));
        }
        Ok(entry.source_under(self.ports.home))
    }

    /// Returns what the schedule leaves out. A folder other than the source has no such rules.
    fn selection(&self, request: &RestoreRequest) -> Result<Selection, Error> {
        match request.place {
            RestoreDestination::InPlace | RestoreDestination::Source => {
                Ok(self.entry(&request.name)?.options().selection())
            }
            RestoreDestination::Beside(_) | RestoreDestination::Folder(_) => Ok(Selection::default()),
        }
    }

    fn entry(&self, name: &str) -> Result<ScheduleEntry, Error> {
        let entry = Manager::new(self.ports).find_schedule_by_name(name)?;
        entry.ok_or_else(|| Error::SourceUnknown(name.to_owned()))
    }
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Returns what identifies a restore. Only a restore with the same identity may continue an unfinished one.
///
/// A new archive with the same name has another identity, because it was finished at another time. An archive that has
/// become an older generation keeps its identity.
fn identity(archive: &BackupRecord, request: &RestoreRequest) -> String {
    let BackupRecord { file_name, archive_bytes, finished, .. } = archive;
    let finished = finished.to_utc().timestamp_nanos_opt().unwrap_or_default();
    let newest = ArchiveName::parse(file_name).map(|name| ArchiveName { stamp: None, ..name }.to_string());
    let name = newest.as_ref().unwrap_or(file_name);
    format!("{name} {archive_bytes} {finished} {:?} {}\n", request.chosen, request.keep_setuid)
}
