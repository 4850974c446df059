//! What the last verify said of the archives that exist.

use std::collections::HashMap;

use crate::model::history::ledger::archives::Archives;
use crate::model::history::ledger::checkpoint::Checkpoint;
use crate::model::history::ledger::noted::Noted;
use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{MadeBy, RunRecord, made_by};
use crate::model::history::verification::Verification;

/// The last verify of each archive, where that found something wrong; archives that are gone included.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    verifications: HashMap<MadeBy, Noted<Verification>>,
}

impl Flaws {
    pub(super) fn apply(&mut self, place: u64, verification: &Verification) {
        let archive = (verification.key.clone(), verification.began);
        if verification.flaw.is_some() {
            self.verifications.insert(archive, Noted::new(place, verification.clone()));
        } else {
            self.verifications.remove(&archive);
        }
    }

    pub(super) fn of(&self, run: &RunRecord) -> Option<&Verification> {
        self.verifications.get(&made_by(run)).map(|noted| &noted.what)
    }

    /// Adds the notes of what was found wrong with archives that exist.
    pub(super) fn add_to(&self, archives: &Archives, checkpoint: &mut Checkpoint) {
        for (_, noted) in self.verifications.iter().filter(|(made_by, _)| archives.has_of(made_by)) {
            checkpoint.add(noted.place, HistoryNote::Verified(noted.what.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::ledger::Ledger;
    use crate::model::history::verification::Flaw;
    use crate::testing::{at, run_record};

    fn made(began: &str, set_aside: Option<&'static str>) -> RunRecord {
        run_record("docs;16:07;docs")
            .began(at(began))
            .archive("docs.tar", 0)
            .set_aside(set_aside)
            .sum(1)
            .build()
    }

    fn verified(run: &RunRecord, is_good: bool) -> HistoryNote {
        let flaw = (!is_good).then(|| Flaw::Damaged("at byte 7".to_owned()));
        let (key, archive) = (run.key.clone(), "docs.tar".to_owned());
        HistoryNote::Verified(Verification { key, began: run.began, archive, at: run.ended, flaw })
    }

    #[test]
    fn what_the_last_verify_said_stays_with_the_archive() {
        let first = made("2026-03-01 16:07", None);
        let second = made("2026-03-02 16:07", Some("docs.2026-03-01T16-07+0000.tar"));
        let ended = |run: &RunRecord| HistoryNote::Ended(run.clone());
        let cases = [
            (vec![ended(&first), ended(&second)], [false, false]),
            // It is set aside under another name, and the same bytes are made anew.
            (vec![ended(&first), verified(&first, false), ended(&second)], [true, false]),
            (vec![ended(&first), ended(&second), verified(&first, false)], [true, false]),
            (vec![ended(&first), ended(&second), verified(&second, false)], [false, true]),
            (
                vec![ended(&first), verified(&first, false), ended(&second), verified(&first, true)],
                [false, false],
            ),
            (
                vec![ended(&first), verified(&first, false), ended(&second), verified(&second, true)],
                [true, false],
            ),
        ];
        for (notes, flawed) in cases {
            for ledger in [Ledger::new(&notes), Ledger::new(notes.iter().chain(&notes))] {
                let is_flawed = [&first, &second].map(|run| ledger.flaw_of(run).is_some());
                assert_eq!(is_flawed, flawed, "{notes:#?}");
            }
        }
    }
}
