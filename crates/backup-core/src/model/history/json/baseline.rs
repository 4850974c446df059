//! What runs saw of a source, and what is suspicious about it, as it stands in a line.

use crate::model::archive::SourceProfile;
use crate::model::history::anomaly::Anomaly;
use crate::model::history::baseline::{Baseline, DayChange, Hold, SourceLevel};
use crate::time::rfc3339;
use serde::{Deserialize, Serialize};

use super::fields::moment;

#[derive(Serialize, Deserialize)]
pub(super) struct Files {
    files: u64,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<u64>,
    #[serde(default)]
    sampled: u64,
    #[serde(default)]
    incompressible: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Suspicion {
    kind: String,
    before: u64,
    now: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Saw {
    name: String,
    source: String,
    #[serde(default)]
    runs: Vec<Level>,
    /// A day and the thousandths that changed.
    #[serde(default)]
    changes: Vec<(i64, u16)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<Held>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kept: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Level {
    began: String,
    entries: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<Files>,
}

#[derive(Serialize, Deserialize)]
struct Held {
    began: String,
    since: String,
    anomalies: Vec<Suspicion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    latest: Level,
}

impl From<&SourceProfile> for Files {
    fn from(profile: &SourceProfile) -> Self {
        Self {
            files: profile.files,
            bytes: profile.file_bytes,
            changed: profile.changed_files,
            sampled: profile.sampled_files,
            incompressible: profile.incompressible_files,
        }
    }
}

impl Files {
    pub(super) fn into_profile(self) -> SourceProfile {
        SourceProfile {
            files: self.files,
            file_bytes: self.bytes,
            changed_files: self.changed,
            sampled_files: self.sampled,
            incompressible_files: self.incompressible,
        }
    }
}

impl From<&Anomaly> for Suspicion {
    fn from(anomaly: &Anomaly) -> Self {
        let (before, now) = anomaly.numbers();
        Self { kind: anomaly.word().to_owned(), before, now }
    }
}

/// Returns the anomalies. A kind that only a newer version knows is passed over.
pub(super) fn into_anomalies(suspicions: Vec<Suspicion>) -> Vec<Anomaly> {
    suspicions.into_iter().filter_map(|one| Anomaly::of(&one.kind, one.before, one.now)).collect()
}

impl Saw {
    pub(super) fn of(name: &str, baseline: &Baseline) -> Self {
        Self {
            name: name.to_owned(),
            source: baseline.source.clone(),
            runs: baseline.levels.iter().map(Level::from).collect(),
            changes: baseline.changes.iter().map(|change| (change.day, change.permille)).collect(),
            hold: baseline.hold.as_ref().map(Held::from),
            kept: baseline.kept.clone(),
        }
    }

    pub(super) fn into_baseline(self) -> Option<(String, Box<Baseline>)> {
        let levels = self.runs.into_iter().map(Level::into_level).collect::<Option<_>>()?;
        let changes = self.changes.into_iter().map(|(day, permille)| DayChange { day, permille }).collect();
        let hold = match self.hold {
            Some(hold) => Some(hold.into_hold()?),
            None => None,
        };
        let baseline = Baseline { source: self.source, levels, changes, hold, kept: self.kept };
        Some((self.name, Box::new(baseline)))
    }
}

impl From<&SourceLevel> for Level {
    fn from(level: &SourceLevel) -> Self {
        let files = level.profile.as_ref().map(Files::from);
        Self { began: rfc3339(level.began), entries: level.entries, files }
    }
}

impl Level {
    fn into_level(self) -> Option<SourceLevel> {
        let profile = self.files.map(Files::into_profile);
        Some(SourceLevel { began: moment(&self.began)?, entries: self.entries, profile })
    }
}

impl From<&Hold> for Held {
    fn from(hold: &Hold) -> Self {
        Self {
            began: rfc3339(hold.began),
            since: rfc3339(hold.since),
            anomalies: hold.anomalies.iter().map(Suspicion::from).collect(),
            before: hold.before.clone(),
            latest: Level::from(&hold.latest),
        }
    }
}

impl Held {
    fn into_hold(self) -> Option<Hold> {
        Some(Hold {
            began: moment(&self.began)?,
            since: moment(&self.since)?,
            anomalies: into_anomalies(self.anomalies),
            before: self.before,
            latest: self.latest.into_level()?,
        })
    }
}
