//! The use case that plans a restore.

use std::path::{Path, PathBuf};

use super::Manager;
use super::restore::Restore;
use super::restore_plan::RestorePlan;
use super::restore_request::{RestoreDestination, RestoreRequest};
use crate::manager::archive_query::{ArchiveQuery, FoundArchive};
use crate::model::archive::{ArchiveName, BackupRecord, Compression, Selection, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::restore::{
    IfExists, Links, OwnPlace, RestoreJob, RestoreTarget, is_own_place, restored_name,
};
use crate::model::schedule::ScheduleEntry;
use crate::policy::archive_choice::choosing;

impl Restore<'_> {
    /// Decides what an order comes to.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`], [`Error::SourceUnknown`] for a restore in place of what is in no schedule,
    /// [`Error::RestoreFailed`] for a target that is Backup Manager's own, or a failure of the stores.
    pub fn plan(&self, order: &RestoreRequest) -> Result<RestorePlan, Error> {
        Manager::new(self.ports).logged_error(self.decide(order))
    }

    fn decide(&self, order: &RestoreRequest) -> Result<RestorePlan, Error> {
        let order = &RestoreRequest { chosen: choosing(&order.chosen).to_vec(), ..order.clone() };
        let pick = ArchiveQuery {
            name: &order.name,
            generation: order.generation.as_deref(),
            at: order.at.as_deref(),
        };
        let FoundArchive { archive, made_for } = pick.from(&self.ports)?;
        let target = self.target(order)?;
        if is_own_place(&target, self.ports.home) {
            let cause = PortError::new(Failure::Refused, format!("restore to {}", lossy(target.path())));
            let (archive, cause) = (place_of(&archive.file_name), cause.because(OwnPlace));
            return Err(Error::RestoreFailed { archive, cause, older: None });
        }
        let existing = match (&order.place, order.overwrite) {
            (_, true) | (RestoreDestination::InPlace | RestoreDestination::Source, _) => IfExists::Replace,
            (RestoreDestination::Folder(_), false) => IfExists::Keep,
            (RestoreDestination::Beside(_), false) => IfExists::Refuse,
        };
        let (identity, digests) =
            (identity(&archive, order), self.has_a_sum(&archive) && order.chosen.is_empty());
        let RestoreRequest { chosen, keep_setuid, .. } = order.clone();
        let home = self.ports.home.to_owned();
        let selection = self.selection(order)?;
        let links = if order.place == RestoreDestination::Source { Links::All } else { Links::Trusted };
        let real_source = self.real_source(&archive, order);
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

    fn real_source(&self, archive: &BackupRecord, order: &RestoreRequest) -> Option<String> {
        let goes_back = order.place == RestoreDestination::InPlace;
        self.made(archive).into_iter().filter(|_| goes_back).find_map(|run| run.real_source)
    }

    /// Returns whether the history knows the sum of what is restored. A compressed archive has one only of its stored
    /// bytes, and tells by itself what is wrong with it.
    fn has_a_sum(&self, archive: &BackupRecord) -> bool {
        let is_plain = ArchiveName::parse(&archive.file_name)
            .is_some_and(|archive| archive.compression == Compression::None);
        is_plain && self.made(archive).iter().any(|run| run.sha256.is_some())
    }

    fn target(&self, order: &RestoreRequest) -> Result<RestoreTarget, Error> {
        Ok(match &order.place {
            RestoreDestination::Beside(folder) => {
                RestoreTarget::Beside(folder.join(restored_name(&order.name)))
            }
            RestoreDestination::Folder(folder) => RestoreTarget::Folder(folder.clone()),
            RestoreDestination::InPlace | RestoreDestination::Source => {
                RestoreTarget::Source(self.source(&order.name)?)
            }
        })
    }

    fn source(&self, name: &str) -> Result<PathBuf, Error> {
        Ok(self.entry(name)?.source_under(self.ports.home))
    }

    /// Nothing is known to be left out of any other folder than the source.
    fn selection(&self, order: &RestoreRequest) -> Result<Selection, Error> {
        match order.place {
            RestoreDestination::InPlace | RestoreDestination::Source => {
                Ok(self.entry(&order.name)?.options().selection())
            }
            RestoreDestination::Beside(_) | RestoreDestination::Folder(_) => Ok(Selection::default()),
        }
    }

    fn entry(&self, name: &str) -> Result<ScheduleEntry, Error> {
        let entry = Manager::new(self.ports).find_named(name)?;
        entry.ok_or_else(|| Error::SourceUnknown(name.to_owned()))
    }
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What must be the same for a restore to go on where another one stopped. A new archive of the same name differs in
/// when it was finished; one that has become an older generation since then is still the same.
fn identity(archive: &BackupRecord, order: &RestoreRequest) -> String {
    let BackupRecord { file_name, archive_bytes, finished, .. } = archive;
    let finished = finished.to_utc().timestamp_nanos_opt().unwrap_or_default();
    let newest = ArchiveName::parse(file_name).map(|name| ArchiveName { stamp: None, ..name }.to_string());
    let name = newest.as_ref().unwrap_or(file_name);
    format!("{name} {archive_bytes} {finished} {:?} {}\n", order.chosen, order.keep_setuid)
}
