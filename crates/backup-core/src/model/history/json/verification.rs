//! What a verify has found out, as it stands in a line.

use crate::model::history::verification::{Flaw, Verification};
use crate::time::rfc3339;
use serde::{Deserialize, Serialize};

use super::fields::{bounded, key, moment};

#[derive(Serialize, Deserialize)]
pub(super) struct Verdict {
    entry: String,
    planned: Option<String>,
    began: String,
    archive: String,
    at: String,
    outcome: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Good,
    Damaged,
    Changed,
    Unreadable,
}

impl From<&Verification> for Verdict {
    fn from(verification: &Verification) -> Self {
        let (outcome, problem) = match &verification.flaw {
            None => (Word::Good, None),
            Some(Flaw::Damaged(reason)) => (Word::Damaged, Some(reason)),
            Some(Flaw::Changed(reason)) => (Word::Changed, Some(reason)),
            Some(Flaw::Unreadable(reason)) => (Word::Unreadable, Some(reason)),
        };
        Self {
            entry: verification.key.entry.clone(),
            planned: verification.key.planned.map(rfc3339),
            began: rfc3339(verification.began),
            archive: verification.archive.clone(),
            at: rfc3339(verification.at),
            outcome,
            problem: problem.map(|problem| bounded(problem)),
        }
    }
}

impl Verdict {
    pub(super) fn into_verification(self) -> Option<Verification> {
        let reason = self.problem.unwrap_or_default();
        Some(Verification {
            key: key(self.entry, self.planned)?,
            began: moment(&self.began)?,
            archive: self.archive,
            at: moment(&self.at)?,
            flaw: match self.outcome {
                Word::Good => None,
                Word::Damaged => Some(Flaw::Damaged(reason)),
                Word::Changed => Some(Flaw::Changed(reason)),
                Word::Unreadable => Some(Flaw::Unreadable(reason)),
            },
        })
    }
}
