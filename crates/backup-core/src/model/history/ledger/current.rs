//! What stands in the place for backups, and the runs that made it.

use crate::model::archive::{ArchiveName, BackupName, Compression, Grade};
use crate::model::history::ledger::Ledger;
use crate::model::history::ledger::made::Made;
use crate::model::history::run_record::RunRecord;

/// What stands in the place for backups under one name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing<'a> {
    /// The run that made the newest complete archive.
    pub complete: Option<&'a RunRecord>,
    /// The run that made an incomplete one, if that is newer.
    pub incomplete: Option<&'a RunRecord>,
}

impl Ledger {
    /// Returns what stands under that name, however it is stored and whatever runs failed since. A complete archive
    /// supersedes an incomplete one; which came later is told by the order of the notes.
    #[must_use]
    pub fn standing(&self, name: &BackupName) -> Standing<'_> {
        let complete = self.newest(name, Grade::Complete);
        let is_newer =
            |incomplete: &&Made| complete.is_none_or(|complete| complete.place() < incomplete.place());
        let incomplete = self.newest(name, Grade::Incomplete).filter(is_newer);
        Standing { complete: complete.map(|made| &made.run), incomplete: incomplete.map(|made| &made.run) }
    }

    /// Returns the runs that made the complete archives of that name, by their file names, in the order in which they
    /// were made: all generations that are known.
    #[must_use]
    pub fn generations(&self, name: &BackupName) -> Vec<(&str, &RunRecord)> {
        let is_complete = |file_name: &str| {
            ArchiveName::parse(file_name).is_some_and(|archive| archive.grade == Grade::Complete)
        };
        let mut made: Vec<_> = self.archives.of(name).filter(|(archive, _)| is_complete(archive)).collect();
        made.sort_by_key(|(_, made)| (made.order, made.run.made_for()));
        made.into_iter().map(|(archive, made)| (archive, &made.run)).collect()
    }

    /// Returns the place of the archive of that file name in the order in which archives were made: 0 for one that was only
    /// found, or that isn't known.
    #[must_use]
    pub fn order(&self, file_name: &str) -> u64 {
        self.archives.get(file_name).map_or(0, |made| made.order)
    }

    /// Returns whether any run is known that made an archive of that name which stands, by more than that archive.
    #[must_use]
    pub fn has_made(&self, name: &BackupName) -> bool {
        self.archives.of(name).any(|(_, made)| made.order > 0)
    }

    /// Returns the run that made the archive of that file name.
    #[must_use]
    pub fn made(&self, file_name: &str) -> Option<&RunRecord> {
        self.archives.get(file_name).map(|made| &made.run)
    }

    fn newest(&self, name: &BackupName, grade: Grade) -> Option<&Made> {
        let stored = |compression| self.archives.get(&name.archive(grade, compression).to_string());
        Compression::ALL.into_iter().filter_map(stored).max_by_key(|made| made.place())
    }
}
