//! One note as one line of JSON, and back.

use std::fmt::Write;
use std::io;

use backup_core::history::{HistoryNote, Outcome, RunKey, RunRecord};
use backup_core::ports::Moment;
use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "lowercase")]
enum Line {
    Adopted { entry: String, since: String, at: String },
    Began { entry: String, planned: Option<String>, at: String },
    Ended(Box<Ended>),
}

#[derive(Serialize, Deserialize)]
struct Ended {
    entry: String,
    planned: Option<String>,
    #[serde(default)]
    missed: u32,
    began: String,
    ended: String,
    outcome: Word,
    archive: Option<String>,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    entries: u64,
    #[serde(default)]
    excluded: u64,
    sha256: Option<String>,
    #[serde(default)]
    problems: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome", rename_all = "lowercase")]
enum OutcomeWord {
    Done,
    Torn,
    Incomplete,
    Failed,
    Interrupted,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Word(#[serde(with = "OutcomeWord")] Outcome);

/// Returns the line of a note, its line ending included.
pub(super) fn encode(note: &HistoryNote) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line::from(note))?;
    line.push(b'\n');
    Ok(line)
}

/// Returns the note on a line, or `None` when it isn't one.
pub(super) fn decode(line: &[u8]) -> Option<HistoryNote> {
    serde_json::from_slice::<Line>(line).ok()?.into_note()
}

impl From<&HistoryNote> for Line {
    fn from(note: &HistoryNote) -> Self {
        match note {
            HistoryNote::Adopted { entry, since, at } => {
                Self::Adopted { entry: entry.clone(), since: text(*since), at: text(*at) }
            }
            HistoryNote::Began { key, at } => {
                Self::Began { entry: key.entry.clone(), planned: key.planned.map(text), at: text(*at) }
            }
            HistoryNote::Ended(run) => Self::Ended(Box::new(Ended::from(run))),
        }
    }
}

impl From<&RunRecord> for Ended {
    fn from(run: &RunRecord) -> Self {
        Self {
            entry: run.key.entry.clone(),
            planned: run.key.planned.map(text),
            missed: run.missed_runs,
            began: text(run.began),
            ended: text(run.ended),
            outcome: Word(run.outcome),
            archive: run.archive.clone(),
            bytes: run.archive_bytes,
            entries: run.entries,
            excluded: run.excluded_entries,
            sha256: run.sha256.as_ref().map(hex),
            problems: run.problems.clone(),
        }
    }
}

impl Line {
    fn into_note(self) -> Option<HistoryNote> {
        Some(match self {
            Self::Adopted { entry, since, at } => {
                HistoryNote::Adopted { entry, since: moment(&since)?, at: moment(&at)? }
            }
            Self::Began { entry, planned, at } => {
                HistoryNote::Began { key: key(entry, planned)?, at: moment(&at)? }
            }
            Self::Ended(run) => HistoryNote::Ended(run.into_record()?),
        })
    }
}

impl Ended {
    fn into_record(self) -> Option<RunRecord> {
        Some(RunRecord {
            key: key(self.entry, self.planned)?,
            missed_runs: self.missed,
            began: moment(&self.began)?,
            ended: moment(&self.ended)?,
            outcome: self.outcome.0,
            archive: self.archive,
            archive_bytes: self.bytes,
            sha256: self.sha256.as_deref().and_then(unhex),
            entries: self.entries,
            excluded_entries: self.excluded,
            problems: self.problems,
        })
    }
}

/// Returns the key of a run. A planned moment that can't be read makes the whole note unreadable, for without it the
/// run would pass for one made by hand.
fn key(entry: String, planned: Option<String>) -> Option<RunKey> {
    let planned = match planned {
        Some(text) => Some(moment(&text)?),
        None => None,
    };
    Some(RunKey { entry, planned })
}

/// RFC 3339 with the offset of the wall clock, to the nanosecond where there are any. The format knows no seconds in
/// an offset; they are left out of the offset, never of the instant.
fn text(moment: Moment) -> String {
    let seconds = moment.offset().local_minus_utc();
    let whole_minutes = FixedOffset::east_opt(seconds - seconds % 60).unwrap_or(*moment.offset());
    moment.with_timezone(&whole_minutes).to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

fn moment(text: &str) -> Option<Moment> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}
