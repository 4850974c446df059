//! What drills say of the archives that exist.

use std::collections::HashMap;

use crate::model::archive::ArchiveName;
use crate::model::history::drill_receipt::DrillReceipt;
use crate::model::history::ledger::archives::{Archives, Made};
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{MadeBy, RunRecord, made_by};

/// The last drill of each archive that ever failed one; archives that are gone included.
#[derive(Debug, Default)]
pub(super) struct DrillVerdicts {
    drills: HashMap<MadeBy, Noted<DrillReceipt>>,
}

impl DrillVerdicts {
    /// Takes in a drill, where it is known which archive it was of.
    pub(super) fn apply(&mut self, place: u64, drill: &DrillReceipt) {
        let Some(made_by) = &drill.made_by else { return };
        // That one passes says something only where one failed.
        if !drill.passed() || self.drills.contains_key(made_by) {
            self.drills.insert(made_by.clone(), Noted::new(place, drill.clone()));
        }
    }

    pub(super) fn is_failed(&self, run: &RunRecord) -> bool {
        self.drills.get(&made_by(run)).is_some_and(|drill| !drill.what.passed())
    }

    /// Adds the notes of these drills, as far as the archives exist.
    pub(super) fn add_to(&self, archives: &Archives, checkpoint: &mut Checkpoint) {
        for (_, drill) in self.drills.iter().filter(|(made_by, _)| archives.has_of(made_by)) {
            checkpoint.add(drill.place, HistoryNote::Drilled(drill.what.clone()));
        }
    }
}

/// Returns which archive the drill is the verdict on, of those that are known by now, unless its note says so.
pub(super) fn judged(archives: &Archives, drill: &DrillReceipt) -> Option<MadeBy> {
    let by_name = || made_before(archives, drill).or_else(|| made_by_a_clock_ahead(archives, drill));
    drill.made_by.clone().or_else(|| by_name().map(made_by))
}

/// See [`Ledger::is_drill_of`](crate::model::history::Ledger::is_drill_of).
pub(super) fn is_of(archives: &Archives, drill: &DrillReceipt, run: &RunRecord) -> bool {
    judged(archives, drill) == Some(made_by(run))
}

/// Returns the run behind the archive that had the name when it was drilled: where another took that meanwhile, the
/// newest older one with these bytes.
fn made_before<'a>(archives: &'a Archives, drill: &DrillReceipt) -> Option<&'a RunRecord> {
    let was_there = |made: &Made| made.run.ended <= drill.began && may_be_of(drill, &made.run);
    let named = archives.get(&drill.archive).filter(|made| was_there(made));
    named.or_else(|| older_before(archives, drill, was_there)).map(|made| &made.run)
}

fn older_before<'a>(
    archives: &'a Archives,
    drill: &DrillReceipt,
    was_there: impl Fn(&Made) -> bool,
) -> Option<&'a Made> {
    let name = ArchiveName::parse(&drill.archive)?;
    let was_named = |archive: &str| newest_of(archive).as_deref() == Some(&drill.archive);
    let has_sum = |run: &RunRecord| run.sha256 == Some(drill.sha256);
    let of_these = archives
        .of(&name.backup)
        .filter(|(archive, made)| has_sum(&made.run) && was_there(made) && was_named(archive));
    of_these.map(|(_, made)| made).max_by_key(|made| made.order())
}

/// Returns the run behind the archive of that name, where it has these bytes and is of later than the drill, although
/// the history had it before: the clock was set back in between.
fn made_by_a_clock_ahead<'a>(archives: &'a Archives, drill: &DrillReceipt) -> Option<&'a RunRecord> {
    let run = archives.made(&drill.archive)?;
    (run.ended > drill.ended && run.sha256 == Some(drill.sha256)).then_some(run)
}

/// Returns whether the digests allow that the drilled archive is the one that this run made.
///
/// They also allow it if the drilled bytes had changed, or if the run has no digest. Then name and time alone decide.
fn may_be_of(drill: &DrillReceipt, run: &RunRecord) -> bool {
    drill.is_of_changed_bytes() || run.sha256.is_none_or(|sum| sum == drill.sha256)
}

/// Returns what an archive was called when it was the newest.
fn newest_of(archive: &str) -> Option<String> {
    Some(ArchiveName { stamp: None, ..ArchiveName::parse(archive)? }.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::history::drill_report::{DifferenceKind, DrillReport};
    use crate::model::history::ledger::Ledger;
    use crate::model::history::run_record::RunKey;
    use crate::testing::{at, run_record};

    fn key() -> RunKey {
        RunKey { entry: "docs;16:07;docs".to_owned(), planned: None }
    }

    fn made(sum: u8, ended: &str, set_aside: Option<&'static str>) -> RunRecord {
        let record = run_record("docs;16:07;docs").began(at(ended)).archive("docs.tar", 0);
        record.set_aside(set_aside).sum(sum).build()
    }

    /// A drill that read an archive with one SHA-256, while the history has another.
    fn drilled(read: u8, known: u8, passes: bool, began: &str) -> DrillReceipt {
        let mut report = DrillReport::new(ArchiveDigest { archive_bytes: 1, sha256: [read; 32] });
        (!passes).then(|| report.add("docs".to_owned(), DifferenceKind::Missing));
        DrillReceipt::new(key(), "docs.tar".to_owned(), &report, &[[known; 32]], (at(began), at(began)))
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

    const ASIDE: &str = "docs.2026-03-01T16-07+0000.tar";

    /// Takes the notes in, once and once more, and checks which of two archives failed their drill, and which of them the
    /// last drill is of.
    #[track_caller]
    fn check(notes: &[HistoryNote], runs: [&RunRecord; 2], failed: [bool; 2], of: [bool; 2]) {
        for ledger in [Ledger::new(notes), Ledger::new(notes.iter().chain(notes))] {
            assert_eq!(runs.map(|run| ledger.has_failed_drill(run)), failed, "{notes:#?}");
            let last = ledger.last_drill(&"docs;16:07;docs".parse().unwrap()).unwrap();
            assert_eq!(runs.map(|run| ledger.is_drill_of(last, run)), of, "{notes:#?}");
        }
    }

    #[test]
    fn of_two_with_the_same_bytes_each_has_its_own_verdict() {
        let (first, second) = (made(1, "2026-03-01 16:07", None), made(1, "2026-03-02 16:07", Some(ASIDE)));
        let runs = [&first, &second];
        let ended = |run: &RunRecord| HistoryNote::Ended(run.clone());
        let drill = |read, passes, began| HistoryNote::Drilled(drilled(read, 1, passes, began));
        let (hour_17, later) = ("2026-03-01 17:00", "2026-03-02 17:00");
        let mut notes = vec![ended(&first), drill(9, false, hour_17), ended(&second)];
        check(&notes, runs, [true, false], [true, false]);
        notes.push(drill(1, true, later));
        check(&notes, runs, [true, false], [false, true]);
        notes.push(drill(1, false, later));
        check(&notes, runs, [true, true], [false, true]);
        // Another took the name while it was drilled.
        let meanwhile = "2026-03-02 16:06";
        check(
            &[ended(&first), ended(&second), drill(1, false, meanwhile)],
            runs,
            [true, false],
            [true, false],
        );
        let failed = [ended(&first), drill(1, false, hour_17), ended(&second), drill(1, true, meanwhile)];
        check(&failed, runs, [false, false], [true, false]);
    }

    #[test]
    fn an_older_one_of_another_name_is_not_what_was_drilled() {
        let music = RunRecord { archive: Some("music.tar".to_owned()), ..made(1, "2026-03-01 16:07", None) };
        let docs = made(2, "2026-03-01 16:08", None);
        let drill = HistoryNote::Drilled(drilled(1, 1, false, "2026-03-01 17:00"));
        let notes = [HistoryNote::Ended(music.clone()), HistoryNote::Ended(docs.clone()), drill];
        check(&notes, [&music, &docs], [false, false], [false, false]);
    }

    #[test]
    fn the_archive_of_a_clock_that_was_ahead_has_its_verdict() {
        let (ahead, before) = (made(1, "2036-03-01 16:07", None), made(2, "2026-03-01 16:07", None));
        let drill = |passes, began| HistoryNote::Drilled(drilled(1, 1, passes, began));
        let ended = [&before, &ahead].map(|run| HistoryNote::Ended(run.clone()));
        let mut notes = ended.to_vec();
        notes.push(drill(false, "2026-03-02 17:00"));
        assert!(Ledger::new(&notes).has_failed_drill(&ahead));
        notes.push(drill(true, "2026-03-03 17:00"));
        assert!(!Ledger::new(&notes).has_failed_drill(&ahead));
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

    #[test]
    fn what_was_rebuilt_without_a_sum_fails_and_passes() {
        let rebuilt = RunRecord { sha256: None, ..made(1, "2026-03-01 16:07", None) };
        let mut notes = vec![HistoryNote::Found(rebuilt.clone())];
        for (passes, began) in [(false, "2026-03-01 17:00"), (true, "2026-03-01 18:00")] {
            notes.push(HistoryNote::Drilled(drilled(5, 5, passes, began)));
            assert_eq!(Ledger::new(&notes).has_failed_drill(&rebuilt), !passes, "{began}");
        }
    }
}
