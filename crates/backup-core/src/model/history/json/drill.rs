//! The receipt of a drill, as it stands in a line.

use crate::model::history::drill_receipt::{DrillOutcome, DrillReceipt};
use crate::model::history::run_record::RunKey;
use crate::text::hex;
use crate::time::{Moment, rfc3339};
use serde::{Deserialize, Serialize};

use super::fields::{bounded, key, moment, unhex};

#[derive(Serialize, Deserialize)]
pub(super) struct Drill {
    entry: String,
    planned: Option<String>,
    archive: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_by: Option<MadeBy>,
    sha256: String,
    summed: bool,
    began: String,
    ended: String,
    outcome: Word,
    entries: u64,
    bytes: u64,
    #[serde(default)]
    uncompared: u64,
    #[serde(default)]
    differences: u64,
    #[serde(default)]
    problems: Vec<String>,
}

/// The run that made the archive.
#[derive(Serialize, Deserialize)]
struct MadeBy {
    entry: String,
    planned: Option<String>,
    began: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Passed,
    Failed,
}

impl From<&DrillReceipt> for Drill {
    fn from(drill: &DrillReceipt) -> Self {
        let (outcome, differences, problems) = match &drill.outcome {
            DrillOutcome::Passed => (Word::Passed, 0, Vec::new()),
            DrillOutcome::Failed { differences, reported } => {
                (Word::Failed, *differences, reported.iter().map(|difference| bounded(difference)).collect())
            }
        };
        Self {
            entry: drill.key.entry.clone(),
            planned: drill.key.planned.map(rfc3339),
            archive: drill.archive.clone(),
            made_by: drill.made_by.as_ref().map(MadeBy::from),
            sha256: hex(&drill.sha256),
            summed: drill.is_summed,
            began: rfc3339(drill.began),
            ended: rfc3339(drill.ended),
            outcome,
            entries: drill.entries,
            bytes: drill.content_bytes,
            uncompared: drill.uncompared_entries,
            differences,
            problems,
        }
    }
}

impl Drill {
    pub(super) fn into_receipt(self) -> Option<DrillReceipt> {
        Some(DrillReceipt {
            key: key(self.entry, self.planned)?,
            archive: self.archive,
            made_by: self.made_by.and_then(MadeBy::into_run),
            sha256: unhex(&self.sha256)?,
            is_summed: self.summed,
            began: moment(&self.began)?,
            ended: moment(&self.ended)?,
            entries: self.entries,
            content_bytes: self.bytes,
            uncompared_entries: self.uncompared,
            outcome: match self.outcome {
                Word::Passed => DrillOutcome::Passed,
                Word::Failed => {
                    DrillOutcome::Failed { differences: self.differences, reported: self.problems }
                }
            },
        })
    }
}

impl From<&(RunKey, Moment)> for MadeBy {
    fn from((key, began): &(RunKey, Moment)) -> Self {
        Self { entry: key.entry.clone(), planned: key.planned.map(rfc3339), began: rfc3339(*began) }
    }
}

impl MadeBy {
    fn into_run(self) -> Option<(RunKey, Moment)> {
        Some((key(self.entry, self.planned)?, moment(&self.began)?))
    }
}
