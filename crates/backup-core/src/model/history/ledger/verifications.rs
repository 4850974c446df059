//! What the last verify said of the archives that stand.

use crate::model::history::ledger::Ledger;
use crate::model::history::run_record::{MadeBy, RunRecord, made_by};
use crate::model::history::verification::Verification;

/// Returns which archive was verified.
pub(super) fn verified(verification: &Verification) -> MadeBy {
    (verification.key.clone(), verification.began)
}

impl Ledger {
    /// Returns what the last verify found wrong with the archive that this run made, if it did.
    #[must_use]
    pub fn flaw_of(&self, run: &RunRecord) -> Option<&Verification> {
        self.flawed.get(&made_by(run))
    }

    /// Returns whether the archive that this run made stands, whatever it is called by now.
    #[must_use]
    pub fn knows_archive_of(&self, run: &RunRecord) -> bool {
        self.stands(&made_by(run))
    }

    pub(super) fn hear_of(&mut self, verification: &Verification) {
        let archive = verified(verification);
        match verification.flaw {
            Some(_) => drop(self.flawed.insert(archive, verification.clone())),
            None => drop(self.flawed.remove(&archive)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::note::HistoryNote;
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
