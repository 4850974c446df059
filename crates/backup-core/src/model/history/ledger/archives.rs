//! The archives that exist, and the runs that made them: found by file name, by backup and by run.

use std::collections::{BTreeSet, HashMap};

use crate::model::archive::{ArchiveName, BackupName, Grade};
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{MadeBy, RunRecord, made_by};
use crate::time::Moment;

/// What stands in the place for backups under one name.
#[derive(Debug, Clone, Copy, Default)]
pub struct CurrentArchives<'a> {
    /// The run that made the newest complete archive.
    pub complete: Option<&'a RunRecord>,
    /// The run that made an incomplete one, if that is newer.
    pub incomplete: Option<&'a RunRecord>,
}

/// Each archive that exists as far as the history knows, by its file name.
#[derive(Debug, Default)]
pub(super) struct Archives {
    made: HashMap<String, Made>,
    file_names: HashMap<BackupName, BTreeSet<String>>,
    /// How many of them each run has made.
    runs: HashMap<MadeBy, usize>,
}

/// A run that made an archive.
#[derive(Debug)]
pub(super) struct Made {
    /// The run; its `archive` is what the archive is called by now.
    pub(super) run: RunRecord,
    /// The place of the note that told of it.
    place: u64,
    /// The place of the note of the run's beginning, where that must stay as well.
    begun_at: Option<u64>,
    /// Whether the archive is all that tells of the run.
    is_found: bool,
}

impl Made {
    /// Returns which of all archives it is, whatever the clock said. One that was only found was made before all others;
    /// of two of these, the clock alone can tell which came later.
    pub(super) fn order(&self) -> (u64, Moment) {
        (self.rank(), self.run.ended)
    }

    fn rank(&self) -> u64 {
        if self.is_found { 0 } else { self.place }
    }

    fn note(&self) -> HistoryNote {
        let run = self.run.clone();
        if self.is_found { HistoryNote::Found(run) } else { HistoryNote::Ended(run) }
    }
}

impl Archives {
    /// Takes in how a run ended: what it set aside, and what it made.
    pub(super) fn end(&mut self, place: u64, begun_at: Option<u64>, run: &RunRecord) {
        self.set_aside(run);
        if let Some(archive) = &run.archive {
            self.insert(archive, Made { run: run.clone(), place, begun_at, is_found: false });
        }
    }

    /// Takes in an archive that exists without a note of its run. Where one is known, that knows better.
    pub(super) fn find(&mut self, place: u64, archive: &ArchiveName, run: &RunRecord) {
        let file_name = archive.to_string();
        if self.get(&file_name).is_none() {
            self.insert(&file_name, Made { run: run.clone(), place, begun_at: None, is_found: true });
        }
    }

    /// The archive that had the name before goes on under another.
    fn set_aside(&mut self, run: &RunRecord) {
        let Some(aside) = &run.set_aside else { return };
        let Some(name) = ArchiveName::parse(aside) else { return };
        let Some(stamp) = name.stamp else { return };
        let before = ArchiveName { stamp: None, ..name };
        let Some(mut made) = self.remove(&before.to_string()) else { return };
        // Where the note of the run before is lost, what is left must not pass for its archive. Taken in twice, it is
        // there already.
        if stamp.is_of(made.run.made_for()) && self.get(aside).is_none() {
            made.run.archive = Some(aside.clone());
            self.insert(aside, made);
        }
    }

    pub(super) fn remove(&mut self, file_name: &str) -> Option<Made> {
        let made = self.made.remove(file_name)?;
        self.forget_run(&made);
        if let Some(name) = ArchiveName::parse(file_name).map(|archive| archive.backup)
            && let Some(file_names) = self.file_names.get_mut(&name)
        {
            file_names.remove(file_name);
        }
        Some(made)
    }

    pub(super) fn get(&self, file_name: &str) -> Option<&Made> {
        self.made.get(file_name)
    }

    /// Returns the run that made the archive of that file name.
    pub(super) fn made(&self, file_name: &str) -> Option<&RunRecord> {
        self.get(file_name).map(|made| &made.run)
    }

    /// Returns the place of that archive in the order in which archives were made; 0 for one that was only found, or that
    /// isn't known.
    pub(super) fn order(&self, file_name: &str) -> u64 {
        self.get(file_name).map_or(0, Made::rank)
    }

    /// Returns the archives of that backup, in the order of their file names.
    pub(super) fn of(&self, name: &BackupName) -> impl Iterator<Item = (&str, &Made)> {
        let file_names = self.file_names.get(name).into_iter().flatten();
        file_names.filter_map(|file_name| Some((file_name.as_str(), self.made.get(file_name)?)))
    }

    /// Returns whether the note at that place tells of the archive that has this file name.
    pub(super) fn is_of(&self, file_name: &str, place: u64) -> bool {
        self.get(file_name).is_some_and(|made| made.place == place)
    }

    /// Returns whether an archive of that run exists, under whatever name.
    pub(super) fn has_of(&self, run: &MadeBy) -> bool {
        self.runs.contains_key(run)
    }

    /// Returns the file name of that run's archive, which is one of that backup.
    pub(super) fn file_name_of(&self, name: &BackupName, run: &MadeBy) -> Option<&str> {
        self.of(name).find(|(_, made)| made_by(&made.run) == *run).map(|(file_name, _)| file_name)
    }

    /// See [`Ledger::has_made`](crate::model::history::Ledger::has_made).
    pub(super) fn has_made(&self, name: &BackupName) -> bool {
        self.of(name).any(|(_, made)| !made.is_found)
    }

    /// See [`Ledger::current_archives`](crate::model::history::Ledger::current_archives).
    pub(super) fn current_archives(&self, name: &BackupName) -> CurrentArchives<'_> {
        let complete = self.newest(name, Grade::Complete);
        let is_newer =
            |incomplete: &&Made| complete.is_none_or(|complete| complete.order() < incomplete.order());
        let incomplete = self.newest(name, Grade::Incomplete).filter(is_newer);
        CurrentArchives {
            complete: complete.map(|made| &made.run),
            incomplete: incomplete.map(|made| &made.run),
        }
    }

    /// See [`Ledger::generations`](crate::model::history::Ledger::generations).
    pub(super) fn generations(&self, name: &BackupName) -> Vec<(&str, &RunRecord)> {
        let is_complete = |file_name: &str| {
            ArchiveName::parse(file_name).is_some_and(|archive| archive.grade == Grade::Complete)
        };
        let mut made: Vec<_> = self.of(name).filter(|(archive, _)| is_complete(archive)).collect();
        made.sort_by_key(|(_, made)| (made.rank(), made.run.made_for()));
        made.into_iter().map(|(archive, made)| (archive, &made.run)).collect()
    }

    /// Adds the notes that tell of them. Each calls its archive by the name that it has now.
    pub(super) fn add_to(&self, checkpoint: &mut Checkpoint) {
        for made in self.made.values() {
            checkpoint.add(made.place, made.note());
            if let Some(place) = made.begun_at {
                checkpoint.add_beginning(place, &made.run);
            }
        }
    }

    fn newest(&self, name: &BackupName, grade: Grade) -> Option<&Made> {
        let newest = self.of(name).filter(|(file_name, _)| name.is_newest(grade, file_name));
        newest.map(|(_, made)| made).max_by_key(|made| made.order())
    }

    /// Takes in an archive, in the place of another of that file name.
    fn insert(&mut self, file_name: &str, made: Made) {
        *self.runs.entry(made_by(&made.run)).or_default() += 1;
        match self.made.insert(file_name.to_owned(), made) {
            Some(before) => self.forget_run(&before),
            None => self.index(file_name),
        }
    }

    fn index(&mut self, file_name: &str) {
        if let Some(archive) = ArchiveName::parse(file_name) {
            self.file_names.entry(archive.backup).or_default().insert(file_name.to_owned());
        }
    }

    fn forget_run(&mut self, made: &Made) {
        let run = made_by(&made.run);
        let left = self.runs.get(&run).map_or(0, |archives| archives - 1);
        if left == 0 {
            self.runs.remove(&run);
        } else {
            self.runs.insert(run, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, run_record};

    fn made(began: &str) -> Made {
        let run = run_record("docs;16:07;docs").began(at(began)).build();
        Made { run, place: 1, begun_at: None, is_found: false }
    }

    #[test]
    fn what_is_found_by_backup_and_by_run_is_what_stands() {
        let mut archives = Archives::default();
        let [first, second] = ["2026-03-01 16:07", "2026-03-02 16:07"];
        let run = |began: &str| made_by(&made(began).run);
        let docs = || "docs".parse::<BackupName>().expect("it is one");
        archives.insert("docs.tar", made(first));
        archives.insert("docs.2026-03-01T16-07+0000.tar", made(first));
        archives.insert("docs.tar", made(second));
        archives.insert("music.tar", made(second));
        archives.insert("no archive", made(second));
        let names: Vec<_> = archives.of(&docs()).map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["docs.2026-03-01T16-07+0000.tar", "docs.tar"]);
        assert!([first, second].iter().all(|began| archives.has_of(&run(began))));
        assert_eq!(archives.remove("docs.2026-03-01T16-07+0000.tar").map(|made| made.place), Some(1));
        assert!(!archives.has_of(&run(first)) && archives.remove("docs.old.tar").is_none());
        assert_eq!(archives.of(&docs()).count(), 1);
        for name in ["docs.tar", "music.tar"] {
            archives.remove(name);
            assert!(archives.has_of(&run(second)), "another one stands");
        }
        archives.remove("no archive");
        assert!(!archives.has_of(&run(second)) && archives.made.is_empty());
    }
}
