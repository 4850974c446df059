//! The run in a note.

use serde::{Deserialize, Serialize};

use super::baseline::{Files, Suspicion, into_anomalies};
use super::fields::{bounded, key, moment, unhex};
use crate::model::history::run_record::{Outcome, RunRecord};
use crate::text::hex;
use crate::time::rfc3339;

#[derive(Serialize, Deserialize)]
pub(super) struct Ended {
    entry: String,
    planned: Option<String>,
    #[serde(default)]
    missed: u32,
    began: String,
    ended: String,
    outcome: Word,
    archive: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aside: Option<String>,
    #[serde(default)]
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished: Option<String>,
    #[serde(default)]
    entries: u64,
    #[serde(default)]
    excluded: u64,
    sha256: Option<String>,
    #[serde(default)]
    problems: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<Files>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    anomalies: Vec<Suspicion>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    held: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    taken: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    full: Option<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome", rename_all = "lowercase")]
enum OutcomeWord {
    Done,
    Torn,
    Incomplete,
    Failed,
    Interrupted,
    Skipped,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Word(#[serde(with = "OutcomeWord")] Outcome);

impl From<&RunRecord> for Ended {
    fn from(run: &RunRecord) -> Self {
        Self {
            entry: run.key.entry.clone(),
            planned: run.key.planned.map(rfc3339),
            missed: run.missed_runs,
            began: rfc3339(run.began),
            ended: rfc3339(run.ended),
            outcome: Word(run.outcome),
            archive: run.archive.clone(),
            aside: run.set_aside.clone(),
            bytes: run.archive_bytes,
            finished: run.finished.map(rfc3339),
            entries: run.entries,
            excluded: run.excluded_entries,
            sha256: run.sha256.as_ref().map(|sum| hex(sum)),
            problems: run.problems.iter().map(|problem| bounded(problem)).collect(),
            hooks: run.hook_problems.iter().map(|problem| bounded(problem)).collect(),
            source: run.real_source.clone(),
            files: run.profile.as_ref().map(Files::from),
            anomalies: run.anomalies.iter().map(Suspicion::from).collect(),
            held: run.kept_by_hold,
            taken: run.shared_bytes,
            full: run.last_full.map(rfc3339),
        }
    }
}

impl Ended {
    pub(super) fn into_record(self) -> Option<RunRecord> {
        Some(RunRecord {
            key: key(self.entry, self.planned)?,
            missed_runs: self.missed,
            began: moment(&self.began)?,
            ended: moment(&self.ended)?,
            outcome: self.outcome.0,
            archive: self.archive,
            set_aside: self.aside,
            archive_bytes: self.bytes,
            finished: self.finished.as_deref().and_then(moment),
            sha256: self.sha256.as_deref().and_then(unhex),
            entries: self.entries,
            excluded_entries: self.excluded,
            problems: self.problems,
            hook_problems: self.hooks,
            real_source: self.source,
            profile: self.files.map(Files::into_profile),
            anomalies: into_anomalies(self.anomalies),
            kept_by_hold: self.held,
            shared_bytes: self.taken,
            last_full: self.full.as_deref().and_then(moment),
        })
    }
}
