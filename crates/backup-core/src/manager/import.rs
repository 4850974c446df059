//! Import: the use case that takes over the archives of another tool as older generations of a backup.

use std::path::Path;

use super::Manager;
use super::import_plan::{ImportFile, ImportPlan, ImportState};
use crate::model::error::Error;
use crate::model::event::Event;
use crate::operation::adopt::{Adopted, adopt, judge, note, reason, recognise};
use crate::operation::checksums::update_checksum_list;
use crate::operation::history_cache::HistoryCache;
use crate::policy::import::NotTaken;
use crate::ports::{EndCheck, ForeignFolder, Ports, Progress};

/// Takes over the archives in a folder.
#[derive(Clone, Copy)]
pub struct Import<'a> {
    pub(super) ports: Ports<'a>,
    pub(super) folder: &'a dyn ForeignFolder,
}

/// Called with each file, once it is known what became of it.
pub type VisitImport<'a> = &'a mut dyn FnMut(&ImportFile);

impl<'a> Import<'a> {
    /// Returns the use case over these ports and a folder.
    #[must_use]
    pub fn new(ports: Ports<'a>, folder: &'a dyn ForeignFolder) -> Self {
        Self { ports, folder }
    }

    /// Reads the archives that are to be taken over to their ends. `visit` gets every file of the plan. Nothing changes.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) if `progress` cancels.
    pub fn check(
        &self,
        plan: &ImportPlan,
        visit: VisitImport<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        for file in &plan.files {
            let mut file = file.clone();
            if let (ImportState::New, Some(packing)) = (&file.state, file.dated.packing) {
                let tar = self.folder.open_plain(&file.dated.file.file_name, packing);
                let checked = tar
                    .and_then(|mut tar| self.ports.archiver.check(&mut *tar, EndCheck::Tolerant, progress));
                if let Err(error) = &checked
                    && progress.is_cancelled()
                {
                    return Err(Error::Port(error.clone()));
                }
                if let Err(reason) = judge(checked) {
                    file.state = ImportState::NotTaken(reason);
                }
            }
            visit(&file);
        }
        Ok(())
    }

    /// Takes the archives over, one after another, oldest first. `visit` gets every file of the plan.
    ///
    /// Promises: the files in the folder stay as they are. An archive among the backups is a copy that was read back and
    /// found whole, and the history knows it. Whatever ends the import, it can be begun again: what was taken over is there
    /// already.
    ///
    /// # Errors
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) if `progress` cancels,
    /// [`Failure::Busy`](crate::model::error::Failure::Busy) while the same backup is being made, or a failure of the store or
    /// of the history. What was taken over before stays.
    pub fn carry_out(
        &self,
        plan: &ImportPlan,
        visit: VisitImport<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let mut taken = 0;
        let ended = plan.files.iter().try_for_each(|file| {
            let file = ImportFile { state: self.take(plan, file, progress)?, ..file.clone() };
            taken += usize::from(file.state == ImportState::Taken);
            visit(&file);
            Ok(())
        });
        let manager = Manager::new(self.ports);
        if taken > 0 {
            manager.log(&[Event::Imported { name: plan.name.to_string(), archives: taken }]);
        }
        let mut history = HistoryCache::new(self.ports.history);
        let listed = history.refresh().and_then(|_| update_checksum_list(&self.ports, &mut history));
        manager.log_error(ended.and(listed.map_err(Error::Port)))
    }

    /// Takes one file over. Returns what became of it.
    fn take(
        &self,
        plan: &ImportPlan,
        file: &ImportFile,
        progress: &dyn Progress,
    ) -> Result<ImportState, Error> {
        let adopted = match &file.state {
            ImportState::New => self.copy(file, progress)?,
            ImportState::InPlace(backup) => recognise(&self.ports, backup, progress)?,
            done => return Ok(done.clone()),
        };
        match adopted {
            Ok(adopted) => {
                let note = note(&plan.identity(), file.dated.moment, &adopted);
                Manager::new(self.ports).append_notes(&[note])?;
                Ok(ImportState::Taken)
            }
            Err(reason) => Ok(ImportState::NotTaken(reason)),
        }
    }

    fn copy(&self, file: &ImportFile, progress: &dyn Progress) -> Result<Result<Adopted, NotTaken>, Error> {
        let Some(packing) = file.dated.packing else { return Ok(Err(NotTaken::Packing)) };
        let name = &file.dated.file.file_name;
        match self.folder.open(name, packing) {
            Ok(mut source) => {
                Ok(adopt(&self.ports, &file.archive, (Path::new(name), &mut *source), progress)?)
            }
            Err(error) => Ok(Err(NotTaken::Unreadable(reason(&error)))),
        }
    }
}
