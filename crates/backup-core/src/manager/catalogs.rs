//! Catalogs: the use case that makes the catalogs of archives that have none.

use std::collections::HashSet;

use super::Manager;
use super::archive_path::file_name_of;
use crate::model::archive::{ArchiveName, BackupRecord, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::Event;
use crate::model::history::{Flaw, RunRecord};
use crate::operation::check::{Inspected, inspect};
use crate::operation::recovery::made;
use crate::policy::verdict::verdict_of;
use crate::ports::{EndCheck, Ports, Progress};

/// Makes the catalogs of archives that have none.
#[derive(Clone, Copy)]
pub struct Catalogs<'a> {
    ports: Ports<'a>,
}

/// The archives whose catalogs are to be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogPlan {
    /// The archives.
    pub archives: Vec<BackupRecord>,
    /// Whether a catalog that is there is made anew.
    pub is_anew: bool,
}

/// What became of the catalog of one archive.
#[derive(Debug, Clone)]
pub enum CatalogState {
    /// It was made from the archive, which has so many entries.
    Made {
        /// The number of entries.
        entries: u64,
    },
    /// It was there, and can be read.
    Present,
    /// It could not be made. If there was one, it is as before.
    NotMade(PortError),
}

impl<'a> Catalogs<'a> {
    /// Returns the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>) -> Self {
        Self { ports }
    }

    /// Returns which archives these words mean. Their catalogs are made anew. Each word is the name of a backup, the index of
    /// its schedule, or the file name of an archive. Without a word, all archives are meant that have no catalog that can be
    /// read.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if no archive is meant by a word, [`Error::BackupsMissing`], or a
    /// failure of the stores.
    pub fn plan(&self, words: &[String]) -> Result<CatalogPlan, Error> {
        let manager = Manager::new(self.ports);
        if words.is_empty() {
            return Ok(CatalogPlan { archives: manager.archives_by_age(None)?, is_anew: false });
        }
        let (mut archives, mut seen) = (Vec::new(), HashSet::new());
        for word in words {
            archives.extend(self.meant(word)?);
        }
        archives.retain(|archive| seen.insert(archive.file_name.clone()));
        Ok(CatalogPlan { archives, is_anew: true })
    }

    fn meant(&self, word: &str) -> Result<Vec<BackupRecord>, Error> {
        let manager = Manager::new(self.ports);
        let file_name = file_name_of(word, self.ports.home);
        if ArchiveName::parse(file_name).is_none() {
            return manager.archives_by_age(Some(word));
        }
        let mut archives = manager.list_backups()?;
        archives.retain(|archive| archive.file_name == file_name);
        if archives.is_empty() { Err(Error::NoSuchBackup(file_name.to_owned())) } else { Ok(archives) }
    }

    /// Makes the catalog of an archive of that plan, and returns what became of it. `progress` is told of what is read.
    ///
    /// The result is logged, unless there was nothing to do. It keeps the run that the catalog before tells, or else the history.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] if `progress` cancels.
    pub fn rebuild(
        &self,
        plan: &CatalogPlan,
        archive: &BackupRecord,
        progress: &dyn Progress,
    ) -> Result<CatalogState, Error> {
        if !plan.is_anew && self.has_catalog(archive) {
            return Ok(CatalogState::Present);
        }
        let made = self.make(archive, progress).map_err(Error::Port);
        let event = |_: &u64| Event::CatalogMade(display_path(&archive.file_name));
        match Manager::new(self.ports).log_result(made, event) {
            Ok(entries) => Ok(CatalogState::Made { entries }),
            Err(Error::Port(error)) if error.failure != Failure::Interrupted => {
                Ok(CatalogState::NotMade(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns whether an archive has a catalog that can be read.
    fn has_catalog(&self, archive: &BackupRecord) -> bool {
        let opened = self.ports.backups.open(&archive.file_name);
        let catalog = opened.ok().and_then(|mut bytes| bytes.open_catalog());
        catalog.is_some_and(|mut catalog| self.ports.archiver.is_catalog(&mut *catalog))
    }

    /// Returns whether an archive has a catalog to be compared with.
    fn is_comparable(&self, archive: &BackupRecord) -> bool {
        let opened = self.ports.backups.open(&archive.file_name);
        opened.is_ok_and(|mut bytes| bytes.open_comparable_catalog().is_some())
    }

    fn make(&self, archive: &BackupRecord, progress: &dyn Progress) -> Result<u64, PortError> {
        let mut draft = self.ports.backups.draft_catalog(archive)?;
        let run = self.run_of(archive);
        self.refuse_damaged(archive, progress)?;
        let mut bytes = self.ports.backups.open(&archive.file_name)?;
        let entries = self.ports.archiver.write_catalog(&mut bytes, &mut draft, progress)?;
        draft.publish(run.as_ref())?;
        Ok(entries)
    }

    /// Refuses an archive that isn't what was made, as far as that can be told: the new catalog would vouch for the damage.
    fn refuse_damaged(&self, archive: &BackupRecord, progress: &dyn Progress) -> Result<(), PortError> {
        let mut runs = made(&self.ports, &archive.file_name).unwrap_or_default();
        // One of another size is somebody else's.
        runs.retain(|run| run.archive_bytes == archive.archive_bytes);
        let is_known = runs.iter().any(|run| run.sha256.is_some()) || self.is_comparable(archive);
        if !is_known {
            return Ok(());
        }
        let ports = (self.ports.backups, self.ports.archiver);
        let Inspected { digest, structure, members, locked } =
            inspect(ports, &archive.file_name, EndCheck::Tolerant, progress)?;
        if let Some(locked) = locked {
            return Err(locked);
        }
        if runs.iter().any(|run| run.sha256 == Some(digest.sha256)) {
            return Ok(());
        }
        let verdict = verdict_of(&digest, structure, members.as_ref(), &runs.iter().collect::<Vec<_>>());
        let Some(flaw) = verdict.flaw() else { return Ok(()) };
        let reason = match flaw {
            Flaw::Damaged(reason) => reason.clone(),
            flaw => flaw.to_string(),
        };
        let action = format!("make a catalog of {}", display_path(&archive.file_name));
        Err(PortError::new(Failure::Damaged, action).because(reason))
    }

    /// Returns the run that made an archive, if that is known. A history that can't be read knows nothing.
    fn run_of(&self, archive: &BackupRecord) -> Option<RunRecord> {
        let described = self.ports.backups.described(archive);
        described.or_else(|| {
            let known = made(&self.ports, &archive.file_name).unwrap_or_default();
            known.into_iter().find(|run| run.archive_bytes == archive.archive_bytes)
        })
    }
}
