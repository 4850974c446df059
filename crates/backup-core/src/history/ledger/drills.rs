//! What drills say of the archives that stand.

use super::{Ledger, RunRecord};
use crate::drill::Drilled;

impl Ledger {
    /// Returns whether the last drill of the archive that this run made failed: of that archive, or of another with the
    /// very same bytes.
    #[must_use]
    pub fn has_failed_drill(&self, run: &RunRecord) -> bool {
        run.sha256.is_some_and(|sum| self.failed_drills.contains(&sum))
    }

    /// Returns whether it was the archive of this run that was drilled.
    #[must_use]
    pub fn is_drill_of(&self, drill: &Drilled, run: &RunRecord) -> bool {
        match run.sha256 {
            Some(sum) => self.drilled_sum(drill) == Some(sum),
            None => run.archive.as_deref() == Some(&drill.archive) && run.ended <= drill.began,
        }
    }

    /// Returns what the history has for the SHA-256 of the archive that was drilled. One that wasn't any more what had
    /// been made is told by its file name.
    pub(super) fn drilled_sum(&self, drill: &Drilled) -> Option<[u8; 32]> {
        if !drill.is_of_changed_bytes() {
            return Some(drill.sha256);
        }
        self.made(&drill.archive).filter(|run| run.ended <= drill.began)?.sha256
    }

    pub(super) fn judge_by(&mut self, drill: &Drilled) {
        let Some(sum) = self.drilled_sum(drill) else { return };
        if drill.passed() {
            self.failed_drills.remove(&sum);
        } else {
            self.failed_drills.insert(sum);
        }
    }

    /// Returns whether an archive stands with that SHA-256 and its last drill failed.
    pub(super) fn stands_failed(&self, sum: &[u8; 32]) -> bool {
        self.failed_drills.contains(sum)
            && self.archives.values().any(|made| made.run.sha256.as_ref() == Some(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::Seal;
    use crate::drill::{DifferenceKind, DrillReport};
    use crate::history::{HistoryNote, Outcome, RunKey};
    use crate::testing::at;

    fn key() -> RunKey {
        RunKey { entry: "docs;16:07;docs".to_owned(), planned: None }
    }

    fn made(sum: u8, ended: &str, set_aside: Option<&str>) -> RunRecord {
        RunRecord {
            archive: Some("docs.tar".to_owned()),
            set_aside: set_aside.map(str::to_owned),
            sha256: Some([sum; 32]),
            ..RunRecord::without_archive(key(), Outcome::Done, at(ended), at(ended))
        }
    }

    /// A drill that read an archive of that sum, of which the history has the other.
    fn drilled(read: u8, known: u8, passes: bool, began: &str) -> Drilled {
        let mut report = DrillReport::new(Seal { archive_bytes: 1, sha256: [read; 32] });
        (!passes).then(|| report.add("docs".to_owned(), DifferenceKind::Missing));
        Drilled::new(key(), "docs.tar".to_owned(), &report, &[[known; 32]], (at(began), at(began)))
    }

    #[test]
    fn what_a_drill_says_of_each_archive() {
        let aside = Some("docs.2026-03-01T16-07+0000.tar");
        let (first, second) = (made(1, "2026-03-01 16:07", None), made(2, "2026-03-02 16:07", aside));
        let hour_17 = "2026-03-02 17:00";
        // The drills, with the second made before the last of them; which are failed; which the last one is of.
        let cases = [
            (vec![drilled(2, 2, true, hour_17)], [false, false], [false, true]),
            (vec![drilled(2, 2, false, hour_17)], [false, true], [false, true]),
            (vec![drilled(1, 1, false, hour_17)], [true, false], [true, false]),
            (vec![drilled(3, 3, false, hour_17)], [false, false], [false, false]),
            // Its bytes have changed.
            (vec![drilled(9, 2, true, hour_17)], [false, true], [false, true]),
            (vec![drilled(9, 1, true, "2026-03-02 16:00")], [false, false], [false, false]),
            (
                vec![drilled(1, 1, false, "2026-03-01 17:00"), drilled(2, 2, true, hour_17)],
                [true, false],
                [false, true],
            ),
            (
                vec![drilled(1, 1, false, "2026-03-01 17:00"), drilled(1, 1, true, hour_17)],
                [false, false],
                [true, false],
            ),
        ];
        for (drills, failed, of) in cases {
            let (last, before) = drills.split_last().unwrap();
            let mut notes = vec![HistoryNote::Ended(first.clone())];
            notes.extend(before.iter().cloned().map(HistoryNote::Drilled));
            notes.extend([HistoryNote::Ended(second.clone()), HistoryNote::Drilled(last.clone())]);
            let ledger = Ledger::new(&notes);
            let runs = [&first, &second];
            assert_eq!(runs.map(|run| ledger.has_failed_drill(run)), failed, "{drills:#?}");
            assert_eq!(runs.map(|run| ledger.is_drill_of(last, run)), of, "{drills:#?}");
        }
    }

    #[test]
    fn without_a_sum_the_name_and_the_time_tell() {
        let rebuilt = RunRecord { sha256: None, ..made(1, "2026-03-01 16:07", None) };
        let ledger = Ledger::new(&[HistoryNote::Ended(rebuilt.clone())]);
        for (began, is_it) in [("2026-03-01 16:06", false), ("2026-03-01 16:07", true)] {
            assert_eq!(ledger.is_drill_of(&drilled(5, 5, true, began), &rebuilt), is_it, "{began}");
        }
        assert!(!ledger.has_failed_drill(&rebuilt));
    }
}
