//! A note as one line of JSON, and back.

mod baseline;
mod drill;
mod ended;
mod fields;
mod sum;
mod verification;

use std::error::Error;
use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use self::baseline::Saw;
use self::drill::Drill;
use self::ended::Ended;
use self::fields::{key, moment};
use self::sum::Sum;
use self::verification::Verdict;
use crate::model::history::note::HistoryNote;
use crate::model::history::owed_hook::OwedHook;
use crate::text::printable;
use crate::time::rfc3339;

/// Why a text is no note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteError {
    /// It ends too early. It may be the beginning of a note, as a crash leaves it.
    Cut,
    /// It is a note of this kind, which only a newer version knows.
    UnknownKind(String),
    /// It is something else, or a field of it can't be read. This says what is wrong.
    Unreadable(String),
}

impl fmt::Display for NoteError {
    /// One line, safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("the note ends too early"),
            Self::UnknownKind(kind) => write!(f, "a note of an unknown kind: {}", printable(kind.as_bytes())),
            Self::Unreadable(reason) => write!(f, "no note of the history: {}", printable(reason.as_bytes())),
        }
    }
}

impl Error for NoteError {}

impl HistoryNote {
    /// Returns the note as one line of JSON, without a line ending: what `logs/history.jsonl` holds.
    ///
    /// Moments are in RFC 3339 with their offset, to the nanosecond. The format has no seconds in an offset: they are left
    /// out of the offset, and the instant stays the same. Digests are hexadecimal. The fields of each kind are described in
    /// `docs/formats.md`; a later version may add some.
    ///
    /// Sentences longer than 16 KiB are cut and end in `...`. There is no line break and no NUL in it.
    ///
    /// # Examples
    /// ```
    /// use backup_core::model::history::{HistoryNote, NoteError};
    ///
    /// let line = r#"{"note":"pruned","archive":"docs.tar","at":"2026-03-28T16:00:00+01:00"}"#;
    /// let note = HistoryNote::from_json(line)?;
    /// assert!(matches!(&note, HistoryNote::Pruned { archive, .. } if archive == "docs.tar"));
    /// assert_eq!(note.to_json(), line);
    ///
    /// assert_eq!(HistoryNote::from_json(&line[..40]), Err(NoteError::Cut));
    /// # Ok::<(), NoteError>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Line::from(self)).expect("a note is made of texts and numbers")
    }

    /// Returns the note that [`to_json`](Self::to_json) gave this text for; white space around it doesn't matter.
    ///
    /// Reads what earlier versions wrote. Fields that it doesn't know are passed over. The text may be of any length.
    ///
    /// # Errors
    /// [`NoteError::Cut`], [`NoteError::UnknownKind`] and [`NoteError::Unreadable`]. The first two are no damage: a store
    /// that is read after a crash, or by an older version, may pass over them.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, NoteError> {
        let text = text.as_ref();
        let unreadable = || NoteError::Unreadable("a field of it can't be read".to_owned());
        match serde_json::from_slice::<Line>(text) {
            Ok(line) => line.into_note().ok_or_else(unreadable),
            Err(error) => Err(why_none(text, &error)),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "lowercase")]
enum Line {
    Adopted { entry: String, since: String, at: String },
    Began { entry: String, planned: Option<String>, at: String },
    Sealed(Box<Ended>),
    Ended(Box<Ended>),
    Found(Box<Ended>),
    Pruned { archive: String, at: String },
    Resumed { name: String, at: String },
    Hooked { entry: String, planned: Option<String>, hook: String, at: String },
    Unhooked { entry: String, planned: Option<String>, at: String },
    Accepted { name: String, at: String },
    Baseline(Box<Saw>),
    Drilled(Box<Drill>),
    Verified(Box<Verdict>),
    Summed(Box<Sum>),
}

fn why_none(text: &[u8], error: &serde_json::Error) -> NoteError {
    if is_cut(text) {
        return NoteError::Cut;
    }
    match serde_json::from_slice::<Kind>(text) {
        Ok(Kind { note }) if !KINDS.contains(&note.as_str()) => NoteError::UnknownKind(note),
        _ => NoteError::Unreadable(error.to_string()),
    }
}

fn is_cut(line: &[u8]) -> bool {
    let is_beginning = line.starts_with(BEGINNING) || BEGINNING.starts_with(line);
    is_beginning && serde_json::from_slice::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

/// What every line begins with.
const BEGINNING: &[u8] = br#"{"note":""#;

const KINDS: [&str; 14] = [
    "adopted", "began", "pruned", "resumed", "hooked", "unhooked", "accepted", "baseline", "sealed", "ended",
    "found", "drilled", "verified", "summed",
];

/// A line. Only its kind matters.
#[derive(Deserialize)]
struct Kind {
    note: String,
}

impl From<&HistoryNote> for Line {
    fn from(note: &HistoryNote) -> Self {
        match note {
            HistoryNote::Adopted { entry, since, at } => {
                Self::Adopted { entry: entry.clone(), since: rfc3339(*since), at: rfc3339(*at) }
            }
            HistoryNote::Began { key, at } => {
                Self::Began { entry: key.entry.clone(), planned: key.planned.map(rfc3339), at: rfc3339(*at) }
            }
            HistoryNote::Pruned { archive, at } => {
                Self::Pruned { archive: archive.clone(), at: rfc3339(*at) }
            }
            HistoryNote::Resumed { name, at } => Self::Resumed { name: name.clone(), at: rfc3339(*at) },
            HistoryNote::HookBegan(owed) => {
                let (entry, planned) = (owed.key.entry.clone(), owed.key.planned.map(rfc3339));
                Self::Hooked { entry, planned, hook: owed.hook.clone(), at: rfc3339(owed.at) }
            }
            HistoryNote::HookEnded { key, at } => {
                let (entry, planned) = (key.entry.clone(), key.planned.map(rfc3339));
                Self::Unhooked { entry, planned, at: rfc3339(*at) }
            }
            HistoryNote::Accepted { name, at } => Self::Accepted { name: name.clone(), at: rfc3339(*at) },
            HistoryNote::Baseline { name, baseline } => Self::Baseline(Box::new(Saw::of(name, baseline))),
            HistoryNote::Drilled(drill) => Self::Drilled(Box::new(Drill::from(drill))),
            HistoryNote::Verified(verification) => Self::Verified(Box::new(Verdict::from(verification))),
            HistoryNote::Summed(sum) => Self::Summed(Box::new(Sum::from(sum))),
            HistoryNote::Sealed(run) => Self::Sealed(Box::new(Ended::from(run))),
            HistoryNote::Ended(run) => Self::Ended(Box::new(Ended::from(run))),
            HistoryNote::Found(run) => Self::Found(Box::new(Ended::from(run))),
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
            Self::Pruned { archive, at } => HistoryNote::Pruned { archive, at: moment(&at)? },
            Self::Resumed { name, at } => HistoryNote::Resumed { name, at: moment(&at)? },
            Self::Accepted { name, at } => HistoryNote::Accepted { name, at: moment(&at)? },
            Self::Baseline(saw) => {
                let (name, baseline) = saw.into_baseline()?;
                HistoryNote::Baseline { name, baseline }
            }
            Self::Hooked { entry, planned, hook, at } => {
                HistoryNote::HookBegan(OwedHook { key: key(entry, planned)?, hook, at: moment(&at)? })
            }
            Self::Unhooked { entry, planned, at } => {
                HistoryNote::HookEnded { key: key(entry, planned)?, at: moment(&at)? }
            }
            Self::Drilled(drill) => HistoryNote::Drilled(drill.into_receipt()?),
            Self::Verified(verdict) => HistoryNote::Verified(verdict.into_verification()?),
            Self::Summed(sum) => HistoryNote::Summed(sum.into_sum()?),
            Self::Sealed(run) => HistoryNote::Sealed(run.into_record()?),
            Self::Ended(run) => HistoryNote::Ended(run.into_record()?),
            Self::Found(run) => HistoryNote::Found(run.into_record()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, TimeDelta, TimeZone, Timelike};
    use insta::assert_snapshot;

    use super::fields::unhex;
    use super::*;
    use crate::model::archive::SourceProfile;
    use crate::model::history::run_record::{Outcome, RunRecord};
    use crate::model::history::{
        Anomaly, ArchiveSum, Baseline, DayChange, DrillOutcome, DrillReceipt, Flaw, Hold, RunKey,
        SourceLevel, Verification,
    };
    use crate::testing::{at, run_record};
    use crate::text::hex;
    use crate::time::Moment;

    fn planned(moment: &str) -> RunKey {
        RunKey { entry: "docs;16:07;docs".to_owned(), planned: Some(at(moment)) }
    }

    fn record(outcome: Outcome) -> RunRecord {
        let run = run_record("docs;16:07;docs")
            .planned(at("2026-03-28T16:07:00+01:00"))
            .began(began())
            .took(took());
        let run = run.outcome(outcome).missed(2).archive("docs.tar", 10_240).sum(0xab).entries(7, 3);
        run.problem("can't read a\\nb: \"denied\"").real_source("/data/docs").build()
    }

    fn bare() -> RunRecord {
        run_record("docs;16:07;docs").began(began()).took(took()).outcome(Outcome::Failed).build()
    }

    fn began() -> Moment {
        at("2026-03-28T16:07:00.123456789+01:00")
    }

    fn took() -> TimeDelta {
        at("2026-03-28T16:09:30+01:00") - began()
    }

    fn receipt() -> DrillReceipt {
        DrillReceipt {
            key: planned("2026-03-28 16:07"),
            archive: "docs.tar".to_owned(),
            made_by: None,
            sha256: [0xab; 32],
            is_summed: true,
            began: at("2026-03-28 16:10"),
            ended: at("2026-03-28 16:11"),
            entries: 7,
            content_bytes: 10_240,
            uncompared_entries: 0,
            outcome: DrillOutcome::Passed,
        }
    }

    fn verification() -> Verification {
        Verification {
            key: planned("2026-03-28 16:07"),
            began: at("2026-03-28 16:07"),
            archive: "docs.tar".to_owned(),
            at: at("2026-03-28 17:00"),
            flaw: Some(Flaw::Damaged("at byte 7: \"x\"".to_owned())),
        }
    }

    fn sum() -> ArchiveSum {
        ArchiveSum {
            key: planned("2026-03-28 16:07"),
            began: at("2026-03-28 16:07"),
            archive: "docs.tar".to_owned(),
            at: at("2026-03-28 17:00"),
            sha256: [0xcd; 32],
        }
    }

    fn line(note: &HistoryNote) -> String {
        note.to_json() + "\n"
    }

    #[test]
    fn is_one_line_of_json() {
        let (entry, made) = ("docs;16:07;docs".to_owned(), at("2026-03-28 16:08"));
        let notes = [
            HistoryNote::Adopted { entry, since: at("2026-03-28 16:00"), at: at("2026-03-28 16:00") },
            HistoryNote::Began { key: planned("2026-03-28 16:07"), at: at("2026-03-28 16:07") },
            HistoryNote::Ended(record(Outcome::Done)),
            HistoryNote::Ended(bare()),
            HistoryNote::Verified(verification()),
            HistoryNote::Verified(Verification { flaw: None, ..verification() }),
            HistoryNote::Summed(sum()),
            HistoryNote::Drilled(DrillReceipt {
                made_by: Some((planned("2026-03-28 16:07"), made)),
                ..receipt()
            }),
        ];
        assert_snapshot!(notes.map(|note| line(&note)).concat(), @r#"
        {"note":"adopted","entry":"docs;16:07;docs","since":"2026-03-28T16:00:00+00:00","at":"2026-03-28T16:00:00+00:00"}
        {"note":"began","entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+00:00","at":"2026-03-28T16:07:00+00:00"}
        {"note":"ended","entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+01:00","missed":2,"began":"2026-03-28T16:07:00.123456789+01:00","ended":"2026-03-28T16:09:30+01:00","outcome":"done","archive":"docs.tar","bytes":10240,"entries":7,"excluded":3,"sha256":"abababababababababababababababababababababababababababababababab","problems":["can't read a\\nb: \"denied\""],"source":"/data/docs"}
        {"note":"ended","entry":"docs;16:07;docs","planned":null,"missed":0,"began":"2026-03-28T16:07:00.123456789+01:00","ended":"2026-03-28T16:09:30+01:00","outcome":"failed","archive":null,"bytes":0,"entries":0,"excluded":0,"sha256":null,"problems":[]}
        {"note":"verified","entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+00:00","began":"2026-03-28T16:07:00+00:00","archive":"docs.tar","at":"2026-03-28T17:00:00+00:00","outcome":"damaged","problem":"at byte 7: \"x\""}
        {"note":"verified","entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+00:00","began":"2026-03-28T16:07:00+00:00","archive":"docs.tar","at":"2026-03-28T17:00:00+00:00","outcome":"good"}
        {"note":"summed","entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+00:00","began":"2026-03-28T16:07:00+00:00","archive":"docs.tar","at":"2026-03-28T17:00:00+00:00","sha256":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}
        {"note":"drilled","entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+00:00","archive":"docs.tar","made_by":{"entry":"docs;16:07;docs","planned":"2026-03-28T16:07:00+00:00","began":"2026-03-28T16:08:00+00:00"},"sha256":"abababababababababababababababababababababababababababababababab","summed":true,"began":"2026-03-28T16:10:00+00:00","ended":"2026-03-28T16:11:00+00:00","outcome":"passed","entries":7,"bytes":10240,"uncompared":0,"differences":0,"problems":[]}
        "#);
    }

    #[test]
    fn what_is_suspicious_stands_in_a_line() {
        let profile = SourceProfile {
            files: 12,
            file_bytes: 34_000,
            changed_files: Some(11),
            sampled_files: 9,
            incompressible_files: 8,
        };
        let anomalies = vec![Anomaly::FilesChanged { before: 12, changed: 11 }];
        let suspicious =
            RunRecord { profile: Some(profile), anomalies: anomalies.clone(), kept_by_hold: true, ..bare() };
        let level = SourceLevel { began: at("2026-03-27 16:07"), entries: 13, profile: None };
        let latest = SourceLevel { profile: Some(profile), ..level };
        let before = Some("docs.2026-03-27T16-07+0000.tar".to_owned());
        let baseline = Baseline {
            source: "docs".to_owned(),
            levels: vec![level],
            changes: vec![DayChange { day: 20_539, permille: 916 }],
            hold: Some(Hold {
                began: at("2026-03-28 16:07"),
                since: at("2026-03-28 16:08"),
                anomalies,
                before,
                latest,
            }),
            kept: vec!["docs.2026-03-27T16-07+0000.tar".to_owned()],
        };
        let name = || "docs".to_owned();
        let notes = [
            HistoryNote::Ended(suspicious.clone()),
            HistoryNote::Found(RunRecord { finished: Some(began()), anomalies: vec![], ..suspicious }),
            HistoryNote::Accepted { name: name(), at: at("2026-03-29 16:07") },
            HistoryNote::Baseline { name: name(), baseline: Box::new(baseline) },
            HistoryNote::Baseline { name: name(), baseline: Box::default() },
        ];
        assert_snapshot!(notes.clone().map(|note| line(&note)).concat(), @r#"
        {"note":"ended","entry":"docs;16:07;docs","planned":null,"missed":0,"began":"2026-03-28T16:07:00.123456789+01:00","ended":"2026-03-28T16:09:30+01:00","outcome":"failed","archive":null,"bytes":0,"entries":0,"excluded":0,"sha256":null,"problems":[],"files":{"files":12,"bytes":34000,"changed":11,"sampled":9,"incompressible":8},"anomalies":[{"kind":"changed","before":12,"now":11}],"held":true}
        {"note":"found","entry":"docs;16:07;docs","planned":null,"missed":0,"began":"2026-03-28T16:07:00.123456789+01:00","ended":"2026-03-28T16:09:30+01:00","outcome":"failed","archive":null,"bytes":0,"finished":"2026-03-28T16:07:00.123456789+01:00","entries":0,"excluded":0,"sha256":null,"problems":[],"files":{"files":12,"bytes":34000,"changed":11,"sampled":9,"incompressible":8},"held":true}
        {"note":"accepted","name":"docs","at":"2026-03-29T16:07:00+00:00"}
        {"note":"baseline","name":"docs","source":"docs","runs":[{"began":"2026-03-27T16:07:00+00:00","entries":13}],"changes":[[20539,916]],"hold":{"began":"2026-03-28T16:07:00+00:00","since":"2026-03-28T16:08:00+00:00","anomalies":[{"kind":"changed","before":12,"now":11}],"before":"docs.2026-03-27T16-07+0000.tar","latest":{"began":"2026-03-27T16:07:00+00:00","entries":13,"files":{"files":12,"bytes":34000,"changed":11,"sampled":9,"incompressible":8}}},"kept":["docs.2026-03-27T16-07+0000.tar"]}
        {"note":"baseline","name":"docs","source":"","runs":[],"changes":[]}
        "#);
        for note in notes {
            assert_eq!(HistoryNote::from_json(line(&note)), Ok(note));
        }
        let newer = r#"{"note":"baseline","name":"a","source":"a","hold":{"began":"2026-03-28T16:07:00+00:00","since":"2026-03-28T16:08:00+00:00","anomalies":[{"kind":"dreamt","before":1,"now":2}],"latest":{"began":"2026-03-28T16:07:00+00:00","entries":1}}}"#;
        let Ok(HistoryNote::Baseline { baseline, .. }) = HistoryNote::from_json(newer) else {
            panic!("not understood")
        };
        assert_eq!(baseline.hold.map(|hold| hold.anomalies), Some(vec![]), "it is held all the same");
    }

    #[test]
    fn every_outcome_has_its_word() {
        let words = Outcome::ALL.map(|outcome| {
            let line = line(&HistoryNote::Ended(record(outcome)));
            let word = line.split("\"outcome\":\"").nth(1).and_then(|rest| rest.split('"').next());
            word.unwrap().to_owned()
        });
        assert_eq!(words, ["done", "torn", "incomplete", "failed", "interrupted", "skipped"]);
    }

    #[test]
    fn every_outcome_comes_back() {
        for run in Outcome::ALL.map(record).into_iter().chain([bare()]) {
            let note = HistoryNote::Ended(run);
            assert_eq!(HistoryNote::from_json(line(&note)).ok(), Some(note));
        }
    }

    #[test]
    fn an_offset_with_seconds_keeps_the_instant() {
        // Amsterdam until 1937, and its mirror image in the west.
        for seconds in [1172, -1172, 59, -59] {
            let began =
                FixedOffset::east_opt(seconds).unwrap().with_ymd_and_hms(1937, 1, 1, 0, 0, 0).unwrap();
            let began = began + TimeDelta::nanoseconds(1);
            let note = HistoryNote::Began { key: planned("2026-03-28 16:07"), at: began };
            let Some(HistoryNote::Began { at, .. }) = HistoryNote::from_json(line(&note)).ok() else {
                panic!("not a line that comes back: {}", line(&note));
            };
            assert_eq!(at, began, "{seconds}");
            assert!((at.offset().local_minus_utc() - seconds).abs() < 60, "{seconds}");
        }
    }

    #[test]
    fn reads_a_line_of_an_older_or_a_newer_program() {
        let old = r#"{"note":"ended","entry":"docs;16:07;docs","planned":null,"began":"2026-03-28T16:07:00+00:00",
            "ended":"2026-03-28T16:08:00+00:00","outcome":"done","archive":null,"sha256":"cut","invented":[1]}"#;
        let Some(HistoryNote::Ended(run)) = HistoryNote::from_json(old).ok() else {
            panic!("not understood")
        };
        assert_eq!((run.missed_runs, run.archive_bytes, run.entries, run.excluded_entries), (0, 0, 0, 0));
        assert_eq!((run.sha256, run.problems), (None, vec![]));
    }

    #[test]
    fn a_planned_moment_that_cannot_be_read_is_no_run_by_hand() {
        let good = line(&HistoryNote::Began {
            key: planned("2026-03-28T16:07:00+00:00"),
            at: at("2026-03-28T16:08:00+00:00"),
        });
        assert!(HistoryNote::from_json(&good).is_ok());
        assert_eq!(HistoryNote::from_json(good.replace("16:07:00", "noonish")).ok(), None);
        assert_eq!(HistoryNote::from_json(good.replace("16:08:00", "noonish")).ok(), None);
    }

    #[test]
    fn every_nanosecond_and_every_leap_second_comes_back() {
        let odd = FixedOffset::east_opt(5 * 3600 + 45 * 60).unwrap();
        let moment = odd.with_ymd_and_hms(2016, 12, 31, 23, 59, 59).unwrap();
        for nanosecond in [0, 1, 999_999_999, 1_000_000_000, 1_999_999_999] {
            let moment = moment.with_nanosecond(nanosecond).unwrap();
            let note = HistoryNote::Resumed { name: "docs".to_owned(), at: moment };
            assert_eq!(HistoryNote::from_json(note.to_json()), Ok(note), "{nanosecond}");
        }
        for offset in [-12 * 3600, -3 * 3600 - 30 * 60, 14 * 3600, 23 * 3600 + 59 * 60] {
            let at = moment.with_timezone(&FixedOffset::east_opt(offset).unwrap());
            let note = HistoryNote::Resumed { name: "docs".to_owned(), at };
            let Ok(HistoryNote::Resumed { at: back, .. }) = HistoryNote::from_json(note.to_json()) else {
                panic!("not a line that comes back: {}", note.to_json());
            };
            assert_eq!((back, back.offset()), (at, at.offset()));
        }
    }

    #[test]
    fn what_is_no_note_is_distinguished() {
        let note = line(&HistoryNote::Ended(record(Outcome::Done)));
        for end in 0..note.trim_end().len() {
            assert_eq!(HistoryNote::from_json(&note[..end]), Err(NoteError::Cut), "{end}");
        }
        for newer in [r#"{"note":"dreamt"}"#, r#"{"note":"dreamt","at":7}"#] {
            assert_eq!(HistoryNote::from_json(newer), Err(NoteError::UnknownKind("dreamt".to_owned())));
        }
        let kind = note.replace("ended", "began");
        let planned = note.replace("16:07:00", "noonish");
        let garbage =
            ["nonsense", "{}", "null", "[1", "\0\0", "{\"note\":7}", "  ", &note[1..], &kind, &planned];
        for text in garbage {
            let error = HistoryNote::from_json(text);
            assert!(matches!(error, Err(NoteError::Unreadable(_))), "{text}: {error:?}");
        }
        let error = HistoryNote::from_json(b"{\"note\":\"\xff\"}");
        assert!(matches!(error, Err(NoteError::Unreadable(_))), "{error:?}");
        let cut_within_a_letter = b"{\"note\":\"pruned\",\"archive\":\"\xc3";
        assert_eq!(HistoryNote::from_json(cut_within_a_letter), Err(NoteError::Cut));
    }

    #[test]
    fn an_error_is_one_line() {
        assert_eq!(NoteError::UnknownKind("a\nb".to_owned()).to_string(), "a note of an unknown kind: a\\nb");
        let error = HistoryNote::from_json("{}").unwrap_err();
        assert_eq!(error.to_string(), "no note of the history: missing field `note` at line 1 column 2");
    }

    #[test]
    fn every_kind_of_note_is_known() {
        let entry = || "docs;16:07;docs".to_owned();
        let at = at("2026-03-28 16:00");
        let notes = [
            HistoryNote::Adopted { entry: entry(), since: at, at },
            HistoryNote::Began { key: planned("2026-03-28 16:07"), at },
            HistoryNote::Pruned { archive: entry(), at },
            HistoryNote::Resumed { name: entry(), at },
            HistoryNote::HookBegan(OwedHook { key: planned("2026-03-28 16:07"), hook: entry(), at }),
            HistoryNote::HookEnded { key: planned("2026-03-28 16:07"), at },
            HistoryNote::Accepted { name: entry(), at },
            HistoryNote::Baseline { name: entry(), baseline: Box::default() },
            HistoryNote::Sealed(bare()),
            HistoryNote::Ended(bare()),
            HistoryNote::Found(bare()),
            HistoryNote::Drilled(receipt()),
            HistoryNote::Verified(verification()),
            HistoryNote::Summed(sum()),
        ];
        let kinds = notes.map(|note| serde_json::from_str::<Kind>(&line(&note)).unwrap().note);
        assert_eq!(kinds, KINDS, "each once, in their order");
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits() {
        let digest: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 8).unwrap());
        assert_eq!(unhex(&hex(&digest)), Some(digest));
        for odd in ["", "ab", &"ab".repeat(33), &"xy".repeat(32), &"é".repeat(32), &"+a".repeat(32)] {
            assert_eq!(unhex(odd), None, "{odd}");
        }
    }
}
