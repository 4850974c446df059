//! The promises of [`RunHistory`], checked on any adapter.

use chrono::{FixedOffset, TimeDelta};

use super::promise::{promise, side_by_side, works};
use super::{Reopenable, at};
use crate::model::history::{DrillOutcome, Drilled};
use crate::model::history::{Flaw, Verification};
use crate::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use crate::ports::{Cursor, RunHistory};
use crate::time::Moment;

/// Checks every promise of [`RunHistory`] but the one that takes a power cut. Each call of `make` gives a fresh
/// place without a history.
///
/// # Panics
/// When a promise is broken, naming it.
pub fn run_history_contract(make: &dyn Fn() -> Reopenable<dyn RunHistory>) {
    no_history_is_an_empty_one(&make());
    every_note_round_trips(make);
    notes_keep_their_order(&make());
    every_offset_keeps_its_instant(&make());
    racing_appends_lose_nothing(&make());
    a_cursor_reads_on(&make());
    a_shortened_history_loses_nothing_else(&make());
}

fn no_history_is_an_empty_one(place: &Reopenable<dyn RunHistory>) {
    let notes = works(place.open().load(), "no history yet can be loaded");
    promise(notes.is_empty(), "no history yet is an empty one");
}

fn every_note_round_trips(make: &dyn Fn() -> Reopenable<dyn RunHistory>) {
    for note in every_note() {
        let place = make();
        append(&*place.open(), &note);
        let loaded = works(place.open().load(), "a history can be loaded");
        promise(loaded.len() == 1, &format!("a note is one note: {}", kind(&note)));
        let is_same = loaded.iter().all(|loaded| is_same(loaded, &note));
        promise(is_same, &format!("load gives back what was appended: {}, not {loaded:?}", kind(&note)));
    }
}

/// Moments are equal when their instants are; their offsets must be the same too.
fn is_same(loaded: &HistoryNote, note: &HistoryNote) -> bool {
    loaded == note && format!("{loaded:?}") == format!("{note:?}")
}

/// One note of every kind, outcome and filling; and values that a careless text format loses.
fn every_note() -> Vec<HistoryNote> {
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
    notes.push(HistoryNote::Sealed(full_record(Outcome::Torn)));
    notes.push(HistoryNote::Found(RunRecord { key: key(None), ..full_record(Outcome::Incomplete) }));
    notes.extend([true, false].map(|passed| HistoryNote::Drilled(receipt(passed))));
    notes.extend(every_flaw().map(|flaw| HistoryNote::Verified(verification(flaw))));
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
fn kind(note: &HistoryNote) -> String {
    match note {
        HistoryNote::Adopted { .. } => format!("an Adopted note: {note:?}"),
        HistoryNote::Began { .. } => format!("a Began note: {note:?}"),
        HistoryNote::Pruned { .. } => format!("a Pruned note: {note:?}"),
        HistoryNote::Resumed { .. } => format!("a Resumed note: {note:?}"),
        HistoryNote::Drilled(drill) => match drill.outcome {
            DrillOutcome::Passed | DrillOutcome::Failed { .. } => format!("a Drilled note: {drill:?}"),
        },
        HistoryNote::Verified(verification) => match verification.flaw {
            None | Some(Flaw::Damaged(_) | Flaw::Changed(_) | Flaw::Unreadable(_)) => {
                format!("a Verified note: {verification:?}")
            }
        },
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

fn receipt(passed: bool) -> Drilled {
    let told = vec!["a \"b\"\n: its size is 1 bytes in the archive, and came back as 2".to_owned()];
    Drilled {
        key: key(passed.then(planned)),
        archive: "docs.tar.zst".to_owned(),
        sha256: std::array::from_fn(|index| u8::try_from(index * 7).unwrap_or(u8::MAX)),
        is_summed: passed,
        began: began(),
        ended: at("2026-03-29T03:07:12.000000001+02:00"),
        entries: 17,
        content_bytes: u64::MAX,
        uncompared_entries: 3,
        outcome: if passed { DrillOutcome::Passed } else { DrillOutcome::Failed { differences: 21, told } },
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
        sha256: Some(std::array::from_fn(|index| u8::try_from(index * 8).unwrap_or(u8::MAX))),
        entries: 17,
        excluded_entries: 5,
        problems: vec![
            "can't read a: Permission denied".to_owned(),
            "b changed while it was read".to_owned(),
        ],
        real_source: Some("/data/docs".to_owned()),
    }
}

fn bare_record() -> RunRecord {
    RunRecord {
        key: key(None),
        missed_runs: 0,
        began: began(),
        ended: began(),
        outcome: Outcome::Failed,
        archive: None,
        set_aside: None,
        archive_bytes: 0,
        sha256: None,
        entries: 0,
        excluded_entries: 0,
        problems: Vec::new(),
        real_source: None,
    }
}

/// An offset in seconds is none that a date in ISO 8601 can hold; it may be rounded, but the instant may not move.
fn every_offset_keeps_its_instant(place: &Reopenable<dyn RunHistory>) {
    let mut instant = at("1936-06-01T10:00:00Z");
    for seconds in [1_172, -2_670, 20_700, -34_200, 50_400, -43_200, 86_399] {
        let offset = FixedOffset::east_opt(seconds).expect("an offset of less than a day");
        instant += TimeDelta::hours(1);
        let note = HistoryNote::Began { key: key(None), at: instant.with_timezone(&offset) };
        append(&*place.open(), &note);
        let last = works(place.open().load(), "a history can be loaded").pop();
        promise(last == Some(note), "a moment keeps its instant, whatever its offset");
    }
}

fn notes_keep_their_order(place: &Reopenable<dyn RunHistory>) {
    let (one, other) = (place.open(), place.open());
    let expected: Vec<_> = (0..20).map(|number| numbered("docs", number)).collect();
    for (number, note) in expected.iter().enumerate() {
        append(if number % 3 == 0 { &*other } else { &*one }, note);
        let loaded = works(one.load(), "a history can be loaded");
        promise(
            loaded == expected[..=number],
            "load gives all notes, oldest first, those of other processes included",
        );
    }
    for store in [&one, &other, &place.open()] {
        let loaded = works(store.load(), "a history can be loaded");
        promise(loaded == expected, "load gives all notes, oldest first, those of other processes included");
    }
}

fn a_cursor_reads_on(place: &Reopenable<dyn RunHistory>) {
    let (one, other) = (place.open(), place.open());
    let mut cursor = Cursor::default();
    let mut next = |history: &dyn RunHistory| works(history.read(&mut cursor), "a history can be read");
    promise(next(&*one).is_empty(), "no history yet is an empty one");
    for number in 0..6 {
        let reader = if number < 4 { &*one } else { &*place.open() };
        append(&*other, &numbered("other", number));
        append(&*one, &numbered("one", number));
        let notes = next(reader);
        let expected = [numbered("other", number), numbered("one", number)];
        promise(notes == expected, "read gives the notes behind the cursor, all of them and no others");
        promise(next(reader).is_empty(), "read moves the cursor behind what it gave");
    }
    let all = works(one.load(), "a history can be loaded");
    promise(all.len() == 12, "load gives all notes, whatever was read before");
}

/// More notes than a place for tests may hold before it is shortened.
const MANY_NOTES: u32 = 2_000;

/// An adapter without a bound is never asked to keep less.
fn a_shortened_history_loses_nothing_else(place: &Reopenable<dyn RunHistory>) {
    let (one, other) = (place.open(), place.open());
    let mut cursor = Cursor::default();
    let halve = |notes: &[HistoryNote]| notes[notes.len() / 2..].to_vec();
    let shorten = || works(one.shorten(&halve), "a history can be shortened");
    promise(!shorten(), "a history that isn't long is not shortened");
    let mut expected = Vec::new();
    for number in 0..MANY_NOTES {
        expected.push(numbered("docs", number));
        append(&*other, &numbered("docs", number));
        works(one.read(&mut cursor), "a history can be read");
        if shorten() {
            break;
        }
    }
    let loaded = works(other.load(), "a shortened history can be loaded");
    let is_short = loaded.len() < expected.len();
    if is_short {
        expected = halve(&expected);
        promise(loaded == expected, "a shortened history is what it was to be");
        let read = works(one.read(&mut cursor), "a shortened history can be read");
        promise(read == expected, "a cursor reads a shortened history from its start");
    } else {
        promise(loaded == expected, "a history without a bound keeps all notes");
    }
    append(&*other, &numbered("late", 0));
    let read = works(one.read(&mut cursor), "a history can be read");
    promise(read == [numbered("late", 0)], "what is appended to a shortened history is read on");
}

const RACING_APPENDS: u32 = 25;

fn racing_appends_lose_nothing(place: &Reopenable<dyn RunHistory>) {
    let (one, other) = (place.open(), place.open());
    let add = |history: &dyn RunHistory, who: &str| {
        for number in 0..RACING_APPENDS {
            append(history, &numbered(who, number));
        }
    };
    side_by_side(|| add(&*one, "one"), || add(&*other, "other"));
    let loaded = works(place.open().load(), "a history can be loaded");
    for who in ["one", "other"] {
        let expected = (0..RACING_APPENDS).map(|number| numbered(who, number));
        let is_of = |note: &&HistoryNote| matches!(note, HistoryNote::Adopted { entry, .. } if entry.starts_with(&format!("{who};")));
        promise(loaded.iter().filter(is_of).cloned().eq(expected), "appends at the same time lose nothing");
    }
}

fn numbered(who: &str, number: u32) -> HistoryNote {
    HistoryNote::Adopted { entry: format!("{who};16:07;{number}"), since: planned(), at: began() }
}

fn append(history: &dyn RunHistory, note: &HistoryNote) {
    works(history.append(note), "a note can be appended");
}

fn key(planned: Option<Moment>) -> RunKey {
    RunKey { entry: "docs;16:07;docs".to_owned(), planned }
}

fn planned() -> Moment {
    at("2026-03-29T03:00:00+02:00")
}

fn began() -> Moment {
    at("2026-03-28T20:31:02.345678901-03:30")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::model::error::{Failure, PortError};
    use crate::ports::Shorten;
    use crate::testing::locked::locked;
    use crate::testing::promise::broken_promise;
    use crate::testing::{Faults, MemoryHistory};

    #[test]
    fn memory_history_keeps_the_contract() {
        run_history_contract(&|| {
            let history = MemoryHistory::new().holding(100);
            Reopenable::<dyn RunHistory>::new(move || Box::new(history.clone()))
        });
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        MissingIsAnError,
        LosesMissedRuns,
        LosesPlanned,
        LosesDigest,
        SplitsLines,
        Seconds,
        InUtc,
        NewestFirst,
        IgnoresTheCursor,
        KeepsTheCursor,
        ReadsOwnNotesOnly,
        ReadsOnce,
        ForgetsOnClose,
        NoLock,
        RoundsOffsets,
        ShortensToNothing,
        ShortensUnseen,
    }

    struct Broken {
        inner: MemoryHistory,
        flaw: Flaw,
        seen: Mutex<Option<Vec<HistoryNote>>>,
        visits: Arc<AtomicUsize>,
    }

    impl Broken {
        fn broken(&self, note: &HistoryNote) -> HistoryNote {
            let mut note = note.clone();
            match (&mut note, self.flaw) {
                (HistoryNote::Ended(run), Flaw::LosesMissedRuns) => run.missed_runs = 0,
                (HistoryNote::Ended(run), Flaw::LosesDigest) => run.sha256 = None,
                (HistoryNote::Ended(run), Flaw::SplitsLines) => {
                    run.problems = run.problems.join("\n").lines().map(str::to_owned).collect();
                }
                (HistoryNote::Began { key, .. }, Flaw::LosesPlanned) => key.planned = None,
                (HistoryNote::Began { at, .. }, Flaw::Seconds) => {
                    *at = chrono::DateTime::from_timestamp(at.timestamp(), 0)
                        .unwrap()
                        .with_timezone(at.offset());
                }
                (HistoryNote::Began { at, .. }, Flaw::InUtc) => *at = at.to_utc().fixed_offset(),
                (HistoryNote::Began { at, .. }, Flaw::RoundsOffsets) => {
                    *at = chrono::DateTime::parse_from_rfc3339(&at.to_rfc3339()).unwrap();
                }
                _ => {}
            }
            note
        }
    }

    impl Broken {
        /// Every process for itself: reads, waits for another to read while there is one, and replaces.
        fn append_without_lock(&self, note: &HistoryNote) -> Result<(), PortError> {
            let mut notes = self.inner.notes();
            let visit = self.visits.fetch_add(1, Ordering::SeqCst) + 1;
            let races = matches!(note, HistoryNote::Adopted { entry, .. } if !entry.starts_with("docs"));
            let mut patience = if races { 50_000 } else { 0 };
            while patience > 0 && self.visits.load(Ordering::SeqCst) == visit {
                std::thread::yield_now();
                patience -= 1;
            }
            notes.push(note.clone());
            self.inner.replace(notes);
            Ok(())
        }
    }

    impl RunHistory for Broken {
        fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
            let note = self.broken(note);
            if self.flaw == Flaw::NoLock {
                return self.append_without_lock(&note);
            }
            self.inner.append(&note)
        }

        fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
            match self.flaw {
                Flaw::ShortensToNothing => self.inner.shorten(&|_| Vec::new()),
                Flaw::ShortensUnseen => {
                    let is_long = self.inner.shorten(shorten)?;
                    *locked(&self.seen) = is_long.then(Vec::new);
                    Ok(is_long)
                }
                _ => self.inner.shorten(shorten),
            }
        }

        fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
            let before = *cursor;
            let mut notes = self.inner.read(cursor)?;
            match self.flaw {
                Flaw::MissingIsAnError if notes.is_empty() && before == Cursor::default() => {
                    return Err(PortError::new(Failure::Missing, "load"));
                }
                Flaw::NewestFirst => notes.reverse(),
                Flaw::ReadsOnce => return Ok(locked(&self.seen).get_or_insert(notes).clone()),
                Flaw::IgnoresTheCursor => return self.inner.load(),
                Flaw::KeepsTheCursor => *cursor = before,
                Flaw::ShortensUnseen if before != Cursor::default() => {
                    return Ok(locked(&self.seen).take().unwrap_or(notes));
                }
                Flaw::ReadsOwnNotesOnly if before != Cursor::default() => {
                    notes.retain(|note| !matches!(note, HistoryNote::Adopted { entry, .. } if entry.starts_with("other")));
                }
                _ => {}
            }
            Ok(notes)
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::MissingIsAnError, "no history yet can be loaded"),
            (Flaw::LosesMissedRuns, "what was appended: an Ended note"),
            (Flaw::LosesPlanned, "what was appended: a Began note"),
            (Flaw::LosesDigest, "what was appended: an Ended note"),
            (Flaw::SplitsLines, "what was appended: an Ended note"),
            (Flaw::Seconds, "what was appended: a Began note"),
            (Flaw::InUtc, "what was appended: a Began note"),
            (Flaw::ShortensToNothing, "is what it was to be"),
            (Flaw::ShortensUnseen, "a cursor reads a shortened history from its start"),
            (Flaw::RoundsOffsets, "a moment keeps its instant"),
            (Flaw::NewestFirst, "oldest first"),
            (Flaw::IgnoresTheCursor, "read moves the cursor"),
            (Flaw::KeepsTheCursor, "read moves the cursor"),
            (Flaw::ReadsOwnNotesOnly, "behind the cursor"),
            (Flaw::ReadsOnce, "oldest first, those of other processes included"),
            (Flaw::ForgetsOnClose, "a note is one note"),
            (Flaw::NoLock, "appends at the same time lose nothing"),
        ];
        for (flaw, expected) in cases {
            let said = broken_promise(|| run_history_contract(&|| broken(flaw)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }

    fn broken(flaw: Flaw) -> Reopenable<dyn RunHistory> {
        let (kept, visits) = (MemoryHistory::new().holding(100), Arc::new(AtomicUsize::new(0)));
        Reopenable::<dyn RunHistory>::new(move || {
            let inner =
                if flaw == Flaw::ForgetsOnClose { MemoryHistory::new().holding(100) } else { kept.clone() };
            Box::new(Broken { inner, flaw, seen: Mutex::default(), visits: Arc::clone(&visits) })
        })
    }

    #[test]
    fn a_history_that_was_replaced_is_read_anew_and_a_failed_read_moves_nothing() {
        let faults = Faults::only("read");
        let history = MemoryHistory::failing(&faults);
        let mut cursor = Cursor::default();
        append(&history, &numbered("old", 0));
        assert_eq!(history.read(&mut cursor).unwrap().len(), 1);
        append(&history, &numbered("old", 1));
        faults.fail_next(Failure::Denied);
        assert!(history.read(&mut cursor).is_err());
        assert_eq!(history.read(&mut cursor).unwrap(), [numbered("old", 1)]);
        history.replace(vec![numbered("new", 0)]);
        assert_eq!(history.read(&mut cursor).unwrap(), [numbered("new", 0)]);
    }

    #[test]
    fn a_failed_append_leaves_no_note_unless_asked_to() {
        let faults = Faults::only("append");
        faults.fail_from(1, Failure::Full);
        let strict = MemoryHistory::failing(&faults);
        let lax = strict.clone().keep_failed();
        assert_eq!(strict.append(&numbered("docs", 0)).unwrap_err().failure, Failure::Full);
        assert_eq!(strict.load().unwrap(), []);
        assert_eq!(lax.append(&numbered("docs", 0)).unwrap_err().failure, Failure::Full);
        assert_eq!(strict.load().unwrap(), [numbered("docs", 0)]);
    }
}
