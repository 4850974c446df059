//! Which archives stand, and whether their SHA-256 is known: an account of its own.
//!
//! - A sum that is noted must be that of the archive that stands under its name, and be noted for the run that made it. It must never
//!   be the sum of an earlier archive of that name.
//! - A service that has nothing else to do, and a clock that is right, has tried to verify each archive whose sum isn't known.
//! - Where nothing goes wrong meanwhile, a verify that ends has noted the sum.

use std::collections::{HashMap, HashSet};

use super::desk::State;
use super::judge::Honesty;
use crate::model::archive::BackupRecord;
use crate::model::history::{ArchiveSum, HistoryNote, RunKey, RunRecord};
use crate::ports::BackupStore;
use crate::time::Moment;

/// What is known of the archives that were published, by their file names.
#[derive(Debug, Default)]
pub(super) struct Sums {
    standing: HashMap<String, Standing>,
    /// The runs whose archives the service that runs has tried to verify. Where the clock lied, two runs may have begun at one moment.
    tried: HashSet<By>,
    /// The runs whose archives have a sum.
    summed: HashSet<By>,
}

/// A run, and when it began.
type By = (RunKey, Moment);

/// An archive, as it was published last.
#[derive(Debug)]
struct Standing {
    archive: BackupRecord,
    by: By,
    /// The history holds how its run ended, without a sum, and was told by a clock that is right.
    is_expected: bool,
}

impl Sums {
    /// An archive was published, of the run that its draft was told of.
    pub(super) fn published(&mut self, archive: &BackupRecord, run: Option<&RunRecord>) {
        let standing = run.map(|run| Standing {
            archive: archive.clone(),
            by: (run.key.clone(), run.began),
            is_expected: false,
        });
        let name = archive.file_name.clone();
        match standing {
            Some(standing) => _ = self.standing.insert(name, standing),
            None => _ = self.standing.remove(&name),
        }
    }

    /// A service begins.
    pub(super) fn service_started(&mut self) {
        self.tried.clear();
    }

    /// The service begins to verify the archive of that name.
    pub(super) fn tried(&mut self, name: &str, backups: &dyn BackupStore) {
        let by = self.find(name, backups).map(|standing| standing.by.clone());
        self.tried.extend(by);
    }

    /// A note is in the history.
    fn noted(&mut self, note: &HistoryNote, is_right: bool) {
        match note {
            HistoryNote::Ended(run) if run.sha256.is_none() && run.finished.is_some() => {
                let by = (run.key.clone(), run.began);
                let made = self.standing.values_mut().filter(|standing| standing.by == by);
                made.for_each(|standing| standing.is_expected = is_right);
            }
            // For the history, two runs that began at one moment are one, and that one's sum is known.
            HistoryNote::Ended(run) if run.sha256.is_some() => {
                _ = self.summed.insert((run.key.clone(), run.began));
            }
            HistoryNote::Summed(sum) => _ = self.summed.insert((sum.key.clone(), sum.began)),
            _ => {}
        }
    }

    /// Returns what is wrong with a sum that is about to be noted, if something is.
    fn wrong(&self, sum: &ArchiveSum, backups: &dyn BackupStore) -> Option<&'static str> {
        let found = backups.digest(&sum.archive, &crate::ports::SilentProgress);
        let Some(standing) = self.find(&sum.archive, backups) else {
            return Some("a sum is noted of an archive that doesn't stand");
        };
        if standing.by != (sum.key.clone(), sum.began) {
            return Some("the sum of another run's archive is noted");
        }
        found.is_ok_and(|found| found.sha256 != sum.sha256).then_some("the sum is that of another archive")
    }

    /// Returns the archive of that name, if it still stands.
    fn find(&self, name: &str, backups: &dyn BackupStore) -> Option<&Standing> {
        let listed = backups.list().unwrap_or_default();
        let stands = listed.iter().find(|backup| backup.file_name == name)?;
        self.standing.get(name).filter(|standing| standing.archive.id() == stands.id())
    }

    /// Returns the runs whose archives stand and should have been tried by now.
    fn untried(&self, backups: &dyn BackupStore) -> Vec<RunKey> {
        let listed = backups.list().unwrap_or_default();
        let stands = |standing: &&Standing| {
            listed.iter().any(|backup| {
                backup.file_name == standing.archive.file_name && backup.id() == standing.archive.id()
            })
        };
        let is_open = |standing: &&Standing| {
            let by = &standing.by;
            standing.is_expected && !self.summed.contains(by) && !self.tried.contains(by)
        };
        self.standing.values().filter(is_open).filter(stands).map(|standing| standing.by.0.clone()).collect()
    }
}

impl State {
    /// Somebody writes a note, which isn't in the history yet.
    pub(super) fn look_at_sum(&mut self, note: &HistoryNote, backups: &dyn BackupStore) {
        let HistoryNote::Summed(sum) = note else { return };
        let wrong = self.sums.wrong(sum, backups);
        wrong.into_iter().for_each(|what| self.judge.unverified(&sum.key, what));
    }

    /// The note is in the history now.
    pub(super) fn sum_noted(&mut self, note: &HistoryNote) {
        self.judge.verdicts.report.verified += u64::from(matches!(note, HistoryNote::Summed(_)));
        self.sums.noted(note, self.judge.honesty == Honesty::Right);
    }

    /// A verify has ended, and nothing was in its way.
    pub(super) fn look_for_sum_of(&mut self, name: &str, backups: &dyn BackupStore) {
        let Some(standing) = self.sums.find(name, backups) else { return };
        if standing.is_expected && !self.sums.summed.contains(&standing.by) {
            let key = standing.by.0.clone();
            self.judge.unverified(&key, "a verify has ended, and its sum isn't noted");
        }
    }

    /// The service waits, and nothing is under way.
    pub(super) fn look_for_untried(&mut self, backups: &dyn BackupStore) {
        if self.trouble.is_some() || !self.judge.has_looked_well() {
            return;
        }
        for key in self.sums.untried(backups) {
            self.judge.unverified(&key, "the service has nothing else to do, and doesn't verify it");
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::ports::SilentProgress;
    use crate::testing::{ManualClock, MemoryBackups, at, run_record};

    /// Returns an account in which an archive was published, its store, its record, and the run that made it.
    fn published() -> (Sums, MemoryBackups, BackupRecord, RunRecord) {
        let backups = MemoryBackups::new(ManualClock::utc(at("2026-03-01 00:00")));
        backups.put("docs.tar", b"letter".to_vec());
        let archive = backups.list().unwrap().remove(0);
        let run = run_record("docs;16:07;docs")
            .planned(at("2026-02-28 16:07"))
            .archive("docs.tar", archive.archive_bytes);
        let run = RunRecord { finished: Some(archive.finished), ..run.build() };
        let mut sums = Sums::default();
        sums.published(&archive, Some(&run));
        (sums, backups, archive, run)
    }

    #[test]
    fn a_sum_of_something_else_is_found() {
        let (sums, backups, archive, run) = published();
        let digest = backups.digest("docs.tar", &SilentProgress).unwrap();
        let (key, began, at) = (run.key, run.began, archive.finished);
        let right = ArchiveSum { key, began, archive: "docs.tar".to_owned(), at, sha256: digest.sha256 };
        let other = ArchiveSum { sha256: [7; 32], ..right.clone() };
        let earlier = ArchiveSum { began: began - TimeDelta::days(1), ..right.clone() };
        let gone = ArchiveSum { archive: "music.tar".to_owned(), ..right.clone() };
        assert_eq!(sums.wrong(&right, &backups), None);
        assert_eq!(sums.wrong(&other, &backups), Some("the sum is that of another archive"));
        assert_eq!(sums.wrong(&earlier, &backups), Some("the sum of another run's archive is noted"));
        assert_eq!(sums.wrong(&gone, &backups), Some("a sum is noted of an archive that doesn't stand"));
    }

    #[test]
    fn an_archive_that_nobody_verifies_is_found() {
        let (mut sums, backups, archive, run) = published();
        assert_eq!(sums.untried(&backups), []);
        sums.noted(&HistoryNote::Ended(run.clone()), true);
        assert_eq!(sums.untried(&backups).as_slice(), std::slice::from_ref(&run.key));
        sums.tried("docs.tar", &backups);
        assert_eq!(sums.untried(&backups), []);
        sums.service_started();
        assert_eq!(sums.untried(&backups).as_slice(), std::slice::from_ref(&run.key));
        let sum = ArchiveSum {
            key: run.key,
            began: run.began,
            archive: "docs.tar".to_owned(),
            at: archive.finished,
            sha256: [0; 32],
        };
        sums.noted(&HistoryNote::Summed(sum), true);
        assert_eq!(sums.untried(&backups), []);
    }
}
