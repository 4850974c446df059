//! The use case that gets files back.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use super::Manager;
use super::restore_plan::RestorePlan;
use crate::manager::archive_query::{ArchiveQuery, FoundArchive};
use crate::manager::path_hint::{below_the_folder, explained};
use crate::model::archive::{
    ArchiveName, BackupRecord, CheckReport, Compression, Selection, newest_older, place_of,
};
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::{Flaw, RunRecord};
use crate::model::restore::{
    IfExists, Links, OwnPlace, RestoreFindingKind, RestoreJob, RestorePreview, RestoreReport, RestoreTarget,
    is_own_place, restored_name,
};
use crate::model::schedule::ScheduleEntry;
use crate::operation::recovery::made;
use crate::policy::archive_choice::choosing;
use crate::policy::verdict::{Verdict, judge};
use crate::ports::{Ports, Progress, Restorer};

/// Gets files back out of backups.
#[derive(Clone, Copy)]
pub struct Restore<'a> {
    ports: Ports<'a>,
    restorer: &'a dyn Restorer,
}

/// What somebody wants back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    /// The name of the backup.
    pub name: String,
    /// The archive's file name, where it isn't to be the newest complete one.
    pub generation: Option<String>,
    /// The moment for which the newest archive at or before it is taken, as [`RequestedMoment`](crate::policy::requested_moment::RequestedMoment) reads it.
    pub at: Option<String>,
    /// Which entries; see [`RestoreJob::chosen`].
    pub chosen: Vec<Vec<u8>>,
    /// Where to.
    pub place: RestoreDestination,
    /// Replace what stands there and differs.
    pub overwrite: bool,
    /// Keep setuid, setgid and the like.
    pub keep_setuid: bool,
}

/// Where somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreDestination {
    /// In the new folder `NAME.restored` in that folder.
    Beside(PathBuf),
    /// In that folder.
    Folder(PathBuf),
    /// Back over the source.
    InPlace,
    /// Nowhere: a preview compares the archive with its source.
    Source,
}

impl<'a> Restore<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>, restorer: &'a dyn Restorer) -> Self {
        Self { ports, restorer }
    }

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

    /// Without a history files come back all the same.
    fn made(&self, archive: &BackupRecord) -> Vec<RunRecord> {
        made(&self.ports, &archive.file_name).unwrap_or_default()
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

    /// Adds to a report whether the archive was what was made: what was known before it was opened, or what took its place
    /// just then.
    fn judged(&self, mut report: RestoreReport, plan: &RestorePlan, before: Vec<RunRecord>) -> RestoreReport {
        let Some(seal) = report.archive else { return report };
        let made: Vec<_> = self.made(&plan.archive).into_iter().chain(before).collect();
        let walked = Ok(CheckReport::default());
        if let Verdict::Flawed(Flaw::Changed(how)) = judge(&seal, walked, &made.iter().collect::<Vec<_>>()) {
            report.add(PathBuf::new(), RestoreFindingKind::NotAsMade(how));
        }
        report
    }

    /// Tells what a restore would change.
    ///
    /// # Errors
    /// [`Error::RestoreFailed`].
    pub fn preview(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestorePreview, Error> {
        let open = self.ports.backups.open(&plan.archive.file_name);
        let previewed =
            open.and_then(|mut archive| self.restorer.preview(&mut *archive, &plan.request, progress));
        let previewed = previewed.map(|mut preview| {
            plan.incompleteness(&self.made(&plan.archive)).into_iter().for_each(|it| preview.refuse(it));
            preview
        });
        Manager::new(self.ports).logged_error(previewed.map_err(|cause| self.failed(plan, cause)))
    }

    /// Carries a plan out.
    ///
    /// # Errors
    /// [`Error::RestoreFailed`], and [`Error::ReplacedMeanwhile`] where the archive isn't any more what was planned with,
    /// and may have been shown: then nothing is done.
    pub fn restore(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestoreReport, Error> {
        let said = |report: &RestoreReport| plan.event(report);
        Manager::new(self.ports).logged(self.carry_out(plan, progress), said)
    }

    fn carry_out(&self, plan: &RestorePlan, progress: &dyn Progress) -> Result<RestoreReport, Error> {
        let failed = |cause| self.failed(plan, cause);
        let made = self.made(&plan.archive);
        let mut archive = self.ports.backups.open(&plan.archive.file_name).map_err(failed)?;
        self.refuse_replaced(plan)?;
        let mut restored = self.restorer.restore(&mut *archive, &plan.request, progress).map_err(failed)?;
        plan.incompleteness(&made).into_iter().for_each(|it| restored.add(it.path, it.kind));
        Ok(self.judged(restored, plan, made))
    }

    /// Asked behind the opening: what has the name then, unless it has another again, is what was opened.
    fn refuse_replaced(&self, plan: &RestorePlan) -> Result<(), Error> {
        let records = Manager::new(self.ports).load_backups()?;
        let planned = &plan.archive;
        let is_it = |record: &&BackupRecord| {
            (record.archive_bytes, record.finished) == (planned.archive_bytes, planned.finished)
        };
        let name = |record: &BackupRecord| ArchiveName::parse(&record.file_name).map(|name| name.backup);
        let mut same = records.iter().filter(is_it).filter(|record| name(record) == name(planned));
        if same.clone().any(|record| record.file_name == planned.file_name) {
            return Ok(());
        }
        let before = same.next().map(|record| record.file_name.clone());
        Err(Error::ReplacedMeanwhile { archive: place_of(&planned.file_name), before })
    }

    /// Returns how the first of the lines that matched nothing is to be written, where it has the folder's own name in
    /// front.
    #[must_use]
    pub fn below_the_folder(&self, plan: &RestorePlan, unmatched: &[String]) -> Option<String> {
        let lines: Vec<_> = unmatched.iter().map(|line| line.as_bytes().to_vec()).collect();
        below_the_folder(&self.ports, &plan.archive, &lines).map(|(_, below)| below)
    }

    fn failed(&self, plan: &RestorePlan, cause: PortError) -> Error {
        explained(cause, &self.ports, &plan.archive, &plan.request.chosen).unwrap_or_else(|cause| {
            let older = (cause.failure == Failure::Damaged).then(|| self.older(plan)).flatten();
            Error::RestoreFailed { archive: place_of(&plan.archive.file_name), cause, older }
        })
    }

    /// Returns how many bytes of plain tar there are, where the archive tells: one that another tool has compressed
    /// doesn't.
    #[must_use]
    pub fn plain_bytes(&self, plan: &RestorePlan) -> Option<u64> {
        self.ports.backups.open(&plan.archive.file_name).ok()?.seek(SeekFrom::End(0)).ok()
    }

    /// Returns the file name of the newest older generation, where the archive of a plan is the newest one.
    #[must_use]
    pub fn older(&self, plan: &RestorePlan) -> Option<String> {
        let newest = ArchiveName::parse(&plan.archive.file_name).filter(|archive| archive.stamp.is_none())?;
        newest_older(&self.ports.backups.list().ok()?, &newest.backup)
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
