//! Drilled archive: does the archive still exist that was drilled?

use crate::model::archive::BackupRecord;
use crate::model::history::{DrillReceipt, DrilledArchive, Ledger};

/// Returns whether the archive that was drilled doesn't exist any more. Then its drill says nothing about what exists.
///
/// `existing` are the archives of that backup. Without them, what the history says counts. An archive that the history doesn't
/// know exists if a file has its name that isn't newer than the drill.
#[must_use]
pub fn is_drilled_archive_gone(
    ledger: &Ledger,
    drill: &DrillReceipt,
    existing: Option<&[BackupRecord]>,
) -> bool {
    let exists = |is_it: &dyn Fn(&BackupRecord) -> bool| existing.is_none_or(|all| all.iter().any(is_it));
    match ledger.drilled(drill) {
        DrilledArchive::Gone => true,
        DrilledArchive::Exists(file_name) => !exists(&|backup| backup.file_name == file_name),
        DrilledArchive::Unknown => {
            !exists(&|backup| backup.file_name == drill.archive && backup.finished <= drill.began)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::history::{DrillReport, HistoryNote, RunKey, RunRecord};
    use crate::testing::{at, run_record};

    const ASIDE: &str = "docs.2026-03-01T16-07+0000.tar";

    fn made(day: u32, aside: Option<&'static str>) -> HistoryNote {
        let began = at(&format!("2026-03-0{day} 16:07"));
        let run = run_record("docs;16:07;docs").planned(began).began(began).archive("docs.tar", 9);
        HistoryNote::Ended(run.set_aside(aside).build())
    }

    fn drill(made_by: Option<&HistoryNote>, began: &str) -> DrillReceipt {
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        let report = DrillReport::new(ArchiveDigest { archive_bytes: 9, sha256: [1; 32] });
        let times = (at(began), at(began));
        let made_by = made_by.map(|note| match note {
            HistoryNote::Ended(RunRecord { key, began, .. }) => (key.clone(), *began),
            other => panic!("{other:?}"),
        });
        DrillReceipt { made_by, ..DrillReceipt::new(key, "docs.tar".to_owned(), &report, &[], times) }
    }

    #[track_caller]
    fn check(notes: &[HistoryNote], drill: &DrillReceipt, existing: Option<&[(&str, &str)]>, is_gone: bool) {
        let record = |(file_name, finished): &(&str, &str)| BackupRecord {
            file_name: (*file_name).to_owned(),
            archive_bytes: 9,
            finished: at(finished),
            sha256: None,
        };
        let existing: Option<Vec<_>> = existing.map(|all| all.iter().map(record).collect());
        assert_eq!(is_drilled_archive_gone(&Ledger::new(notes), drill, existing.as_deref()), is_gone);
    }

    #[test]
    fn an_archive_that_was_replaced_or_removed_is_gone() {
        let (first, kept, replaced) = (made(1, None), made(2, Some(ASIDE)), made(2, None));
        let of_first = drill(Some(&first), "2026-03-01 17:00");
        let (newest, aside) = (("docs.tar", "2026-03-02 16:08"), (ASIDE, "2026-03-01 16:08"));
        let notes = [first.clone(), kept];
        check(&notes, &of_first, None, false);
        check(&notes, &of_first, Some(&[newest, aside]), false);
        check(&notes, &of_first, Some(&[newest]), true);
        let notes = [first, replaced];
        check(&notes, &of_first, None, true);
        check(&notes, &of_first, Some(&[newest]), true);
    }

    #[test]
    fn of_an_archive_that_no_run_is_known_of_the_file_tells() {
        let drill = drill(None, "2026-03-02 17:00");
        check(&[], &drill, None, false);
        check(&[], &drill, Some(&[("docs.tar", "2026-03-02 16:08")]), false);
        check(&[], &drill, Some(&[("docs.tar", "2026-03-03 16:08")]), true);
        check(&[], &drill, Some(&[]), true);
    }
}
