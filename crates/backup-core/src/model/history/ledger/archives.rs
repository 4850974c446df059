//! The archives that stand, and the runs that made them: found by file name, by backup and by run.

use std::collections::{BTreeSet, HashMap};

use crate::model::archive::{ArchiveName, BackupName};
use crate::model::history::ledger::made::Made;
use crate::model::history::run_record::{MadeBy, made_by};

/// Each archive that stands by what is known, by its file name.
#[derive(Debug, Default)]
pub(super) struct StandingArchives {
    made: HashMap<String, Made>,
    file_names: HashMap<BackupName, BTreeSet<String>>,
    /// How many of them each run has made.
    runs: HashMap<MadeBy, usize>,
}

impl StandingArchives {
    pub(super) fn get(&self, file_name: &str) -> Option<&Made> {
        self.made.get(file_name)
    }

    /// Returns the archives of that backup, in the order of their file names.
    pub(super) fn of(&self, name: &BackupName) -> impl Iterator<Item = (&str, &Made)> {
        let file_names = self.file_names.get(name).into_iter().flatten();
        file_names.filter_map(|file_name| Some((file_name.as_str(), self.made.get(file_name)?)))
    }

    /// Returns the file names of all, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Made)> {
        self.made.iter()
    }

    /// Returns whether an archive of that run stands, under whatever name.
    pub(super) fn has_of(&self, run: &MadeBy) -> bool {
        self.runs.contains_key(run)
    }

    /// Takes in an archive, in the place of another of that file name.
    pub(super) fn insert(&mut self, file_name: &str, made: Made) {
        *self.runs.entry(made_by(&made.run)).or_default() += 1;
        match self.made.insert(file_name.to_owned(), made) {
            Some(before) => self.forget_run(&before),
            None => self.index(file_name),
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
        Made { run: run_record("docs;16:07;docs").began(at(began)).build(), order: 1 }
    }

    #[test]
    fn what_is_found_by_backup_and_by_run_is_what_stands() {
        let mut archives = StandingArchives::default();
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
        assert_eq!(archives.remove("docs.2026-03-01T16-07+0000.tar").map(|made| made.order), Some(1));
        assert!(!archives.has_of(&run(first)) && archives.remove("docs.old.tar").is_none());
        assert_eq!(archives.of(&docs()).count(), 1);
        for name in ["docs.tar", "music.tar"] {
            archives.remove(name);
            assert!(archives.has_of(&run(second)), "another one stands");
        }
        archives.remove("no archive");
        assert!(!archives.has_of(&run(second)) && archives.all().next().is_none());
    }
}
