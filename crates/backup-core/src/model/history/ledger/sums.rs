//! The SHA-256 of archives that were published without one.

use std::collections::HashMap;

use crate::model::archive::ArchiveName;
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
    /// The backups whose archives have no sum yet, and the places of the notes that told of them.
    unknown: HashMap<MadeBy, Noted<ArchiveName>>,
}

impl Sums {
    /// Takes in a run. An archive of which no more than the name is known isn't waited for: it may be somebody else's.
    pub(super) fn expect(&mut self, place: u64, run: &RunRecord) {
        let archive = made_by(run);
        if run.sha256.is_none() && run.finished.is_some() && !self.known.contains_key(&archive) {
            let name = run.archive.as_deref().and_then(ArchiveName::parse);
            self.unknown.extend(name.map(|name| (archive, Noted::new(place, name))));
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
        let mut unknown: Vec<_> = self.unknown.iter().collect();
        unknown.sort_by_key(|(_, noted)| std::cmp::Reverse(noted.place));
        let named = |(run, noted): (&MadeBy, &Noted<ArchiveName>)| {
            let file_name = archives.file_name_of(&noted.what.backup, run)?;
            Some((file_name, archives.made(file_name)?))
        };
        unknown.into_iter().filter_map(named).collect()
    }

    /// Adds the notes of archives that exist.
    pub(super) fn add_to(&self, archives: &Archives, checkpoint: &mut Checkpoint) {
        for (_, noted) in self.known.iter().filter(|(made_by, _)| archives.has_of(made_by)) {
            checkpoint.add(noted.place, HistoryNote::Summed(noted.what.clone()));
        }
    }
}
