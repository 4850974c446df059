//! Last names: what the archive of each run was called last, whether it still exists or not.

use std::collections::HashMap;

use crate::model::archive::ArchiveName;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{MadeBy, RunRecord, made_by};

/// The last file name of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastName {
    /// The name. A rotation may have given it to the archive.
    pub file_name: String,
    /// Whether the archive of a later run took this name without giving the earlier one another. That one is gone then.
    pub is_replaced: bool,
}

/// The last file names of all archives that the notes tell of.
#[derive(Debug, Default)]
pub struct LastNames {
    of_runs: HashMap<MadeBy, LastName>,
    /// Whose archive had each name last.
    owners: HashMap<String, RunRecord>,
}

impl LastNames {
    /// Reads the notes, oldest first.
    pub fn new<'a>(notes: impl IntoIterator<Item = &'a HistoryNote>) -> Self {
        let mut names = Self::default();
        for note in notes {
            match note {
                HistoryNote::Ended(run) => {
                    names.set_aside(run);
                    names.take(run);
                }
                HistoryNote::Found(run) => names.take(run),
                _ => {}
            }
        }
        names
    }

    /// Returns the last name of the archive that this run made, if it made one.
    #[must_use]
    pub fn of(&self, run: &RunRecord) -> Option<&LastName> {
        self.of_runs.get(&made_by(run))
    }

    /// The archive that had the name before goes on under a dated one.
    fn set_aside(&mut self, run: &RunRecord) {
        let Some(aside) = &run.set_aside else { return };
        let Some(name) = ArchiveName::parse(aside) else { return };
        let Some(stamp) = name.stamp else { return };
        let before = ArchiveName { stamp: None, ..name }.to_string();
        let is_it = |owner: &RunRecord| stamp.is_of(owner.made_for());
        if self.owners.get(&before).is_some_and(is_it)
            && let Some(owner) = self.owners.remove(&before)
        {
            self.name(owner, aside);
        }
    }

    /// The archive of this run has its name.
    fn take(&mut self, run: &RunRecord) {
        let Some(archive) = &run.archive else { return };
        let before = self.owners.get(archive).filter(|owner| !owner.is_same_run(run)).map(made_by);
        if let Some(replaced) = before.and_then(|before| self.of_runs.get_mut(&before)) {
            replaced.is_replaced = true;
        }
        self.name(run.clone(), archive);
    }

    fn name(&mut self, run: RunRecord, file_name: &str) {
        let last = LastName { file_name: file_name.to_owned(), is_replaced: false };
        self.of_runs.insert(made_by(&run), last);
        self.owners.insert(file_name.to_owned(), run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, run_record};

    fn made(day: u32, set_aside: Option<&'static str>) -> RunRecord {
        let began = at(&format!("2026-03-0{day} 16:07"));
        let run = run_record("docs;16:07;docs").planned(began).began(began).archive("docs.tar", 9);
        run.set_aside(set_aside).build()
    }

    #[test]
    fn an_archive_is_called_by_the_name_that_it_had_last() {
        let (first, second) = ("docs.2026-03-01T16-07+0000.tar", "docs.2026-03-02T16-07+0000.tar");
        // What the second, third and fourth run set aside, and what the archives of all four are called last.
        let cases = [
            ([None, None, None], [("docs.tar", true), ("docs.tar", true), ("docs.tar", true)]),
            ([Some(first), None, None], [(first, false), ("docs.tar", true), ("docs.tar", true)]),
            ([Some(first), Some(second), None], [(first, false), (second, false), ("docs.tar", true)]),
            // What was set aside is of another moment, so that nobody knows what it was.
            ([Some(second), None, None], [("docs.tar", true), ("docs.tar", true), ("docs.tar", true)]),
        ];
        for (aside, expected) in cases {
            let mut runs = vec![made(1, None)];
            runs.extend((2..).zip(aside).map(|(day, aside)| made(day, aside)));
            let mut notes: Vec<_> = runs.iter().cloned().map(HistoryNote::Ended).collect();
            notes.push(HistoryNote::Pruned { archive: first.to_owned(), at: at("2026-03-04 16:08") });
            let expected: Vec<_> = expected.into_iter().chain([("docs.tar", false)]).collect();
            for names in [LastNames::new(&notes), LastNames::new(notes.iter().chain(&notes))] {
                let last = runs.iter().filter_map(|run| names.of(run));
                let last: Vec<_> = last.map(|last| (last.file_name.as_str(), last.is_replaced)).collect();
                assert_eq!(last, expected, "{aside:?}");
            }
        }
    }
}
