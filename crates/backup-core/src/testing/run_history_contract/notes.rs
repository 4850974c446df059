//! Notes of every kind, to be kept.

use crate::model::archive::SourceProfile;
use crate::model::history::{
    Anomaly, ArchiveSum, Baseline, DayChange, DrillOutcome, DrillReceipt, Flaw, HistoryNote, Hold, Outcome,
    OwedHook, RunKey, RunRecord, SourceLevel, Verification,
};
use crate::testing::{at, run_record};
use crate::time::Moment;

/// One note of every kind, outcome and filling; and values that a careless text format loses.
pub(super) fn every_note() -> Vec<HistoryNote> {
    let adopted =
        |entry: &str| HistoryNote::Adopted { entry: entry.to_owned(), since: planned(), at: began() };
    let mut notes = vec![
        adopted("docs;16:07;docs"),
        adopted("Größe \"x\" \\ \u{1f600} {}:,\u{2028};16:07;docs"),
        HistoryNote::Began { key: key(Some(planned())), at: began() },
        HistoryNote::Began { key: key(None), at: began() },
    ];
    notes.extend(OUTCOMES.map(|outcome| HistoryNote::Ended(full_record(outcome))));
    notes.push(HistoryNote::Ended(bare_record()));
    notes.push(HistoryNote::Pruned { archive: "docs.2026-03-28T03-00+0100.tar".to_owned(), at: began() });
    notes.push(HistoryNote::Resumed { name: "docs".to_owned(), at: began() });
    for planned in [Some(planned()), None] {
        let hook = OwedHook { key: key(planned), hook: "db".to_owned(), at: began() };
        notes.push(HistoryNote::HookBegan(hook));
        notes.push(HistoryNote::HookEnded { key: key(planned), at: began() });
    }
    notes.push(HistoryNote::Accepted { name: "docs".to_owned(), at: began() });
    notes.extend(
        [full_baseline(), Baseline::default()]
            .map(|baseline| HistoryNote::Baseline { name: "docs".to_owned(), baseline: Box::new(baseline) }),
    );
    notes.push(HistoryNote::Sealed(full_record(Outcome::Torn)));
    notes.push(HistoryNote::Found(RunRecord { key: key(None), ..full_record(Outcome::Incomplete) }));
    notes.extend([true, false].map(|passed| HistoryNote::Drilled(receipt(passed))));
    notes.extend(every_flaw().map(|flaw| HistoryNote::Verified(verification(flaw))));
    notes.push(HistoryNote::Summed(ArchiveSum {
        key: key(Some(planned())),
        began: began(),
        archive: "docs.tar".to_owned(),
        at: began(),
        sha256: [0xa5; 32],
    }));
    notes.push(HistoryNote::Ended(RunRecord {
        missed_runs: u32::MAX,
        archive_bytes: u64::MAX,
        entries: u64::MAX,
        sha256: Some([0; 32]),
        problems: vec![String::new(), "two\nlines\r\n\ttab \0 nul \u{1b}[2J".to_owned()],
        ..full_record(Outcome::Failed)
    }));
    notes
}

const OUTCOMES: [Outcome; 6] = [
    Outcome::Done,
    Outcome::Torn,
    Outcome::Incomplete,
    Outcome::Failed,
    Outcome::Interrupted,
    Outcome::Skipped,
];

/// Names a note. A new kind or outcome doesn't compile here, so that it is put among the notes above.
pub(super) fn kind(note: &HistoryNote) -> String {
    match note {
        HistoryNote::Adopted { .. } => format!("an Adopted note: {note:?}"),
        HistoryNote::Began { .. } => format!("a Began note: {note:?}"),
        HistoryNote::Resumed { .. } => format!("a Resumed note: {note:?}"),
        HistoryNote::HookBegan(owed) => format!("a HookBegan note: {owed:?}"),
        HistoryNote::HookEnded { .. } => format!("a HookEnded note: {note:?}"),
        HistoryNote::Accepted { .. } => format!("an Accepted note: {note:?}"),
        HistoryNote::Baseline { .. } => format!("a Baseline note: {note:?}"),
        HistoryNote::Pruned { .. } => format!("a Pruned note: {note:?}"),
        HistoryNote::Drilled(drill) => match drill.outcome {
            DrillOutcome::Passed | DrillOutcome::Failed { .. } => format!("a Drilled note: {drill:?}"),
        },
        HistoryNote::Verified(verification) => match verification.flaw {
            None | Some(Flaw::Damaged(_) | Flaw::Changed(_) | Flaw::Unreadable(_)) => {
                format!("a Verified note: {verification:?}")
            }
        },
        HistoryNote::Summed(sum) => format!("a Summed note: {sum:?}"),
        HistoryNote::Sealed(run) => format!("a Sealed note: {run:?}"),
        HistoryNote::Found(run) => format!("a Found note: {run:?}"),
        HistoryNote::Ended(run) => match run.outcome {
            Outcome::Done
            | Outcome::Torn
            | Outcome::Incomplete
            | Outcome::Failed
            | Outcome::Interrupted
            | Outcome::Skipped => format!("an Ended note: {run:?}"),
        },
    }
}

fn receipt(passed: bool) -> DrillReceipt {
    let reported = vec!["a \"b\"\n: its size is 1 bytes in the archive, and came back as 2".to_owned()];
    DrillReceipt {
        key: key(passed.then(planned)),
        archive: "docs.tar.zst".to_owned(),
        made_by: None,
        sha256: std::array::from_fn(|index| u8::try_from(index * 7).unwrap_or(u8::MAX)),
        is_summed: passed,
        began: began(),
        ended: at("2026-03-29T03:07:12.000000001+02:00"),
        entries: 17,
        content_bytes: u64::MAX,
        uncompared_entries: 3,
        outcome: if passed {
            DrillOutcome::Passed
        } else {
            DrillOutcome::Failed { differences: 21, reported }
        },
    }
}

fn every_flaw() -> [Option<Flaw>; 4] {
    let why = || "at byte 7, after \"a\"\n: the checksum\t\u{1b}[2J is wrong".to_owned();
    [None, Some(Flaw::Damaged(why())), Some(Flaw::Changed(String::new())), Some(Flaw::Unreadable(why()))]
}

fn verification(flaw: Option<Flaw>) -> Verification {
    let (key, archive) = (key(flaw.is_some().then(planned)), "docs.tar.zst".to_owned());
    Verification { key, began: began(), archive, at: at("2026-03-29T03:07:12.000000001+02:00"), flaw }
}

/// Sets every field. A new field doesn't compile here, so that it gets a value that an adapter can lose.
fn full_record(outcome: Outcome) -> RunRecord {
    RunRecord {
        key: key(Some(planned())),
        missed_runs: 3,
        began: began(),
        ended: at("2026-03-29T03:07:12.000000001+02:00"),
        outcome,
        archive: Some("docs.tar".to_owned()),
        set_aside: Some("docs.2026-03-28T03-00+0100.tar".to_owned()),
        archive_bytes: 10_240,
        finished: Some(at("2026-03-29T03:07:11.999999999+02:00")),
        sha256: Some(std::array::from_fn(|index| u8::try_from(index * 8).unwrap_or(u8::MAX))),
        entries: 17,
        excluded_entries: 5,
        problems: vec![
            "can't read a: Permission denied".to_owned(),
            "b changed while it was read".to_owned(),
        ],
        hook_problems: vec!["finally of hook db ended with exit code 1".to_owned()],
        real_source: Some("/data/docs".to_owned()),
        profile: Some(profile()),
        anomalies: anomalies(),
        kept_by_hold: true,
        shared_bytes: 7_000_000_000,
        last_full: Some(at("2026-01-01 16:07")),
    }
}

fn profile() -> SourceProfile {
    SourceProfile {
        files: 12,
        file_bytes: u64::MAX,
        changed_files: Some(3),
        sampled_files: 11,
        incompressible_files: 7,
    }
}

fn anomalies() -> Vec<Anomaly> {
    vec![
        Anomaly::EntriesLost { before: u64::MAX, now: 0 },
        Anomaly::BytesLost { before: 3, now: 1 },
        Anomaly::FilesChanged { before: 20, changed: 19 },
        Anomaly::FilesIncompressible { before: 21, turned: 20 },
    ]
}

/// Sets every field. A new field doesn't compile here, so that it gets a value that an adapter can lose.
fn full_baseline() -> Baseline {
    let unasked = SourceProfile { changed_files: None, ..profile() };
    let level = |profile| SourceLevel { began: began(), entries: 17, profile };
    Baseline {
        source: "Größe \"x\";docs".to_owned(),
        levels: vec![level(None), level(Some(profile())), level(Some(unasked))],
        changes: vec![DayChange { day: -1, permille: 1_000 }, DayChange { day: 20_000, permille: 0 }],
        hold: Some(Hold {
            began: began(),
            since: planned(),
            anomalies: anomalies(),
            before: Some("docs.2026-03-28T03-00+0100.tar".to_owned()),
            latest: level(Some(profile())),
        }),
        kept: vec!["docs.2026-03-28T03-00+0100.tar".to_owned()],
    }
}

fn bare_record() -> RunRecord {
    run_record(&key(None).entry).began(began()).outcome(Outcome::Failed).build()
}

pub(super) fn key(planned: Option<Moment>) -> RunKey {
    RunKey { entry: "docs;16:07;docs".to_owned(), planned }
}

pub(super) fn planned() -> Moment {
    at("2026-03-29T03:00:00+02:00")
}

pub(super) fn began() -> Moment {
    at("2026-03-28T20:31:02.345678901-03:30")
}
