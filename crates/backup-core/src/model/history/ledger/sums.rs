//! The SHA-256 of archives that were published without one.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::archive::{ArchiveName, BackupName};
use crate::model::history::archive_sum::ArchiveSum;
use crate::model::history::ledger::archives::Archives;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{MadeBy, RunRecord, made_by};

/// The sums that became known later, and those that are still to be found out; archives that are gone included.
#[derive(Debug, Default)]
pub(super) struct Sums {
    known: HashMap<MadeBy, Noted<ArchiveSum>>,
    /// The backups whose archives have no sum yet.
    unknown: HashMap<MadeBy, BackupName>,
}

impl Sums {
    /// Takes in a run.
    pub(super) fn expect(&mut self, run: &RunRecord) {
        let archive = made_by(run);
        if is_expected(run) && !self.known.contains_key(&archive) {
            let name = run.archive.as_deref().and_then(ArchiveName::parse);
            self.unknown.extend(name.map(|name| (archive, name.backup)));
        }
    }

    pub(super) fn apply(&mut self, place: u64, sum: &ArchiveSum) {
        let archive = (sum.key.clone(), sum.began);
        self.unknown.remove(&archive);
        self.known.insert(archive, Noted::new(place, sum.clone()));
    }

    pub(super) fn of(&self, run: &RunRecord) -> Option<[u8; 32]> {
        self.known.get(&made_by(run)).map(|noted| noted.what.sha256)
    }

    /// Returns the archives that exist and have no sum yet, newest first.
    pub(super) fn expected<'a>(&self, archives: &'a Archives) -> Vec<(&'a str, &'a RunRecord)> {
        let named = |(run, name): (&MadeBy, &BackupName)| {
            let file_name = archives.file_name_of(name, run)?;
            Some((file_name, archives.get(file_name).filter(|made| is_expected(&made.run))?))
        };
        let mut expected: Vec<_> = self.unknown.iter().filter_map(named).collect();
        expected.sort_by_key(|(file_name, made)| (Reverse(made.order()), *file_name));
        expected.into_iter().map(|(file_name, made)| (file_name, &made.run)).collect()
    }

    /// Adds the notes of archives that exist.
    pub(super) fn add_to(&self, archives: &Archives, checkpoint: &mut Checkpoint) {
        for (_, noted) in self.known.iter().filter(|(made_by, _)| archives.has_of(made_by)) {
            checkpoint.add(noted.place, HistoryNote::Summed(noted.what.clone()));
        }
    }
}

/// Returns whether an archive has no sum yet. One of which no more than the name is known may be somebody else's.
fn is_expected(run: &RunRecord) -> bool {
    run.sha256.is_none() && run.finished.is_some()
}
