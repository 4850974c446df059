//! Plan import: decides what becomes of each file of a folder.

use super::Manager;
use super::import::Import;
use super::import_plan::{ImportFile, ImportPlan, ImportRequest, ImportState};
use crate::model::archive::{
    ArchiveDigest, ArchiveName, ArchiveTimestamp, BackupName, BackupRecord, CheckReport, Compression, Grade,
    Packing,
};
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::{Ledger, RunRecord};
use crate::model::schedule::{EntryError, ScheduleEntry};
use crate::operation::adopt::{note, reason};
use crate::operation::prune::would_go;
use crate::policy::import::{DatedFile, NoImport, NotTaken, conflicts, dated_files};
use crate::ports::{Progress, SilentProgress};
use crate::text::invisible_in;
use crate::time::Moment;

/// Why nothing is imported beside encrypted archives.
fn not_encrypted(name: &BackupName) -> PortError {
    let reason = "its schedule has encrypt=, and an imported archive stays as it is, not encrypted; import under another name";
    PortError::new(Failure::Other, format!("import archives as {name}")).because(reason)
}

/// What exists already.
struct Existing {
    listed: Vec<BackupRecord>,
    ledger: Ledger,
}

impl Import<'_> {
    /// Returns what an import would do with each tar archive in the folder. Nothing changes.
    ///
    /// Reads the files whose moment an existing archive has, to compare them.
    ///
    /// # Errors
    /// [`Error::MalformedName`], [`Error::NameAlias`], [`Error::NothingToImport`], [`Error::SeveralBackups`],
    /// [`Failure::Interrupted`] if `progress` cancels, or a failure of the folder or of the stores.
    pub fn plan(&self, request: &ImportRequest<'_>, progress: &dyn Progress) -> Result<ImportPlan, Error> {
        let manager = Manager::new(self.ports);
        let entries = manager.running_schedules()?;
        let name = self.check_name(request.name, &entries)?;
        let entry = entries.into_iter().find(|entry| *entry.name() == name);
        if entry.as_ref().is_some_and(|entry| entry.options().encrypts_for().is_some()) {
            return Err(Error::Port(not_encrypted(&name)));
        }
        let files = self.dated_files(request)?;
        let listed = match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Vec::new(),
            listed => listed?,
        };
        let existing = Existing { listed, ledger: manager.rebuilt_ledger()? };
        let mut files: Vec<_> = files
            .into_iter()
            .map(|dated| self.compare(&name, dated, &existing, progress))
            .collect::<Result<_, Error>>()?;
        self.refuse_conflicts(&mut files);
        let mut plan = ImportPlan { name, entry, files, goes: Vec::new() };
        plan.goes = self.goes(&plan, &existing)?;
        Ok(plan)
    }

    /// Checks a name as for a new schedule.
    fn check_name(&self, text: &str, entries: &[ScheduleEntry]) -> Result<BackupName, Error> {
        let malformed = |fault| Error::MalformedName { name: text.to_owned(), fault };
        if let Some(character) = invisible_in(text) {
            return Err(malformed(EntryError::InvisibleInName(character)));
        }
        let name: BackupName = text.parse().map_err(|fault| malformed(EntryError::Name(fault)))?;
        let mut names: Vec<_> =
            entries.iter().map(ScheduleEntry::name).filter(|other| **other != name).collect();
        names.sort();
        names.dedup();
        names.push(&name);
        match self.ports.backups.aliases(&names).pop().flatten() {
            Some(other) => Err(Error::NameAlias { name: text.to_owned(), other: other.to_string() }),
            None => Ok(name),
        }
    }

    fn dated_files(&self, request: &ImportRequest<'_>) -> Result<Vec<DatedFile>, Error> {
        let files = self.folder.list()?;
        let folder = request.folder.to_owned();
        dated_files(files, request.only, self.ports.clock).map_err(|reason| match reason {
            NoImport::NoArchives => Error::NothingToImport { folder, only: request.only.map(str::to_owned) },
            NoImport::SeveralBackups(files) => Error::SeveralBackups { folder, files },
        })
    }

    /// Compares a file with the archives that exist.
    fn compare(
        &self,
        name: &BackupName,
        dated: DatedFile,
        existing: &Existing,
        progress: &dyn Progress,
    ) -> Result<ImportFile, Error> {
        let stored = dated.packing.map_or(Compression::None, Packing::stored);
        let archive = name.archive(Grade::Complete, self.ports.backups.ending(stored.into()));
        let archive = archive.stamped(ArchiveTimestamp::of(dated.moment));
        let same_moment = existing.of_moment(name, &dated);
        let state = match dated.packing {
            Some(packing) if !same_moment.is_empty() => {
                match self.folder.digest(&dated.file.file_name, packing, progress) {
                    Ok(digest) => self.state_beside(&same_moment, &digest, existing)?,
                    Err(error) if error.failure == Failure::Interrupted => return Err(Error::Port(error)),
                    Err(error) => ImportState::NotTaken(NotTaken::Unreadable(reason(&error))),
                }
            }
            _ => ImportState::New,
        };
        Ok(ImportFile { dated, archive, state })
    }

    /// Returns the state of a file with this digest, given the archives that have its moment.
    fn state_beside(
        &self,
        same_moment: &[&BackupRecord],
        digest: &ArchiveDigest,
        existing: &Existing,
    ) -> Result<ImportState, PortError> {
        for backup in same_moment.iter().filter(|backup| backup.archive_bytes == digest.archive_bytes) {
            let file_name = backup.file_name.clone();
            let run =
                existing.ledger.made(&file_name).filter(|run| run.archive_bytes == backup.archive_bytes);
            let sha256 = match run.and_then(|run| run.sha256) {
                Some(sha256) => sha256,
                None => self.ports.backups.digest(&file_name, &SilentProgress)?.sha256,
            };
            if sha256 == digest.sha256 {
                let is_known = run.is_some();
                return Ok(if is_known {
                    ImportState::Known(file_name)
                } else {
                    ImportState::InPlace((*backup).clone())
                });
            }
        }
        let taken = same_moment.iter().map(|backup| backup.file_name.clone()).next();
        Ok(ImportState::NotTaken(NotTaken::Taken(taken.unwrap_or_default())))
    }

    /// Refuses the files that can't be taken over beside each other. Those that are there already take no part in that.
    fn refuse_conflicts(&self, files: &mut [ImportFile]) {
        let wanted: Vec<usize> = (0..files.len()).filter(|at| files[*at].is_wanted()).collect();
        let dated: Vec<_> = wanted.iter().map(|at| &files[*at].dated).collect();
        let conflicts = conflicts(&dated, self.ports.clock.now());
        for (at, conflict) in wanted.into_iter().zip(conflicts) {
            if let Some(reason) = conflict {
                files[at].state = ImportState::NotTaken(reason);
            }
        }
    }

    /// Returns what would be removed after the next run with this import, and wouldn't without it.
    fn goes(&self, plan: &ImportPlan, existing: &Existing) -> Result<Vec<String>, Error> {
        let Some(entry) = &plan.entry else { return Ok(Vec::new()) };
        let Some(rules) = entry.options().keep() else { return Ok(Vec::new()) };
        let now = self.ports.clock.now();
        let goes_anyway = would_go(&self.ports, (&existing.ledger, &existing.listed), &plan.name, rules, now);
        // Their sizes and digests aren't known yet. They only have to agree with each other.
        let mut listed = existing.listed.clone();
        let mut ledger = Manager::new(self.ports).rebuilt_ledger()?;
        for file in plan.files.iter().filter(|file| file.is_wanted()) {
            let file_name = file.archive.to_string();
            listed.retain(|backup| backup.file_name != file_name);
            let backup = BackupRecord { file_name, archive_bytes: 0, finished: now, sha256: Some([0; 32]) };
            ledger.apply(&note(
                &plan.identity(),
                file.dated.moment,
                &(backup.clone(), CheckReport::default()),
            ));
            listed.push(backup);
        }
        let goes = would_go(&self.ports, (&ledger, &listed), &plan.name, rules, now);
        Ok(goes.into_iter().filter(|file_name| !goes_anyway.contains(file_name)).collect())
    }
}

impl Existing {
    /// Returns the complete archives of a name that have the moment of a file, by their names or by the history.
    fn of_moment(&self, name: &BackupName, dated: &DatedFile) -> Vec<&BackupRecord> {
        let is_it = |backup: &&BackupRecord| {
            let Some(archive) = ArchiveName::parse(&backup.file_name) else { return false };
            let made_for = self.ledger.made(&backup.file_name).map(RunRecord::made_for);
            let moment = archive.stamp.map(|stamp| stamp.moment());
            let second = |moment: Moment| moment.timestamp() == dated.moment.timestamp();
            archive.backup == *name
                && archive.grade == Grade::Complete
                && made_for.into_iter().chain(moment).any(second)
        };
        self.listed.iter().filter(is_it).collect()
    }
}
