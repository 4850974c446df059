//! The promises of [`Journal`], checked on any adapter.

use std::path::PathBuf;

use super::contract::contract;
use super::promise::{promise, same, side_by_side};
use super::{Reopenable, at};
use crate::model::archive::{Finding, FindingKind};
use crate::model::error::Error;
use crate::model::event::Event;
use crate::ports::Journal;

/// Reads the lines that were recorded so far, past the port, without their line endings.
pub type ReadLines = dyn Fn() -> Vec<String>;

/// A place for a journal, and what the suite needs to read of it past the port.
pub struct JournalPlace {
    /// Opens the journal, to be written on at its end.
    pub journal: Reopenable<dyn Journal>,
    /// Reads it.
    pub read: Box<ReadLines>,
}

contract! {
    $
    /// Makes one test of each promise of a [`Journal`](crate::ports::Journal) that people read line by line, in a module of
    /// that name.
    ///
    /// Each call of `make` gives a fresh place.
    ///
    /// ```
    /// use backup_core::ports::Journal;
    /// use backup_core::testing::{JournalPlace, RecordingJournal, Reopenable};
    ///
    /// fn make() -> JournalPlace {
    ///     let opened = RecordingJournal::new(); // or a log of your own
    ///     let read = opened.clone();
    ///     JournalPlace {
    ///         journal: Reopenable::<dyn Journal>::new(move || Box::new(opened.clone())),
    ///         read: Box::new(move || read.lines()),
    ///     }
    /// }
    ///
    /// backup_core::journal_contract!(my_journal, make);
    /// # backup_core::testing::JOURNAL_CONTRACT.check_all(&make);
    /// ```
    journal_contract, JOURNAL_CONTRACT: dyn Fn() -> JournalPlace;
    |make| {
        an_event_is_a_line(make);
        a_line_tells_the_wall_clock(&make());
        lines_keep_their_order(&make());
        racing_events_stay_whole(&make());
    }
}

fn an_event_is_a_line(make: &dyn Fn() -> JournalPlace) {
    for event in odd_events() {
        let place = make();
        place.journal.open().record(at("2026-03-28 18:21"), &event);
        let lines = (place.read)();
        same(&lines.len(), &1, &format!("an event is one line: {event:?}, not {lines:?}"));
        let is_kept = lines.iter().all(|line| line.ends_with(&event.to_string()));
        promise(is_kept, &format!("a line holds the event's sentence: {event}, not {lines:?}"), &lines);
    }
}

/// Events whose names hold what could break a line, and plain ones.
fn odd_events() -> Vec<Event> {
    let odd = "a\nb\r\n\u{1b}[2J\0\u{2028}ü \\n";
    let source = || odd.to_owned();
    let finding = Finding { path: PathBuf::from(odd), kind: FindingKind::Unreadable(source()) };
    vec![
        Event::ListShown,
        Event::ScheduleAdded("docs;16:07;docs".to_owned()),
        Event::ScheduleAdded(source()),
        Event::Failed(Error::SourceMissing("x".repeat(10_000))),
        Event::Failed(Error::SourceMissing(source())),
        Event::BackupDone { source: source(), archive: source() },
        Event::Found { source: source(), finding },
    ]
}

fn a_line_tells_the_wall_clock(place: &JournalPlace) {
    let journal = place.journal.open();
    for moment in ["2026-12-31T23:59:59.999999999-03:30", "2026-03-29T03:00:00+02:00"] {
        journal.record(at(moment), &Event::ListShown);
    }
    let lines = (place.read)();
    for (line, time) in lines.iter().zip(["23:59", "03:00"]) {
        promise(
            line.contains(time),
            &format!("a line tells the wall clock of its moment: {time}, not {line}"),
            line,
        );
    }
}

fn lines_keep_their_order(place: &JournalPlace) {
    let (one, other) = (place.journal.open(), place.journal.open());
    let moments = ["2026-03-28 18:21", "2026-03-28 18:22", "2020-01-01 00:00", "2026-03-28 18:22"];
    for (number, moment) in moments.iter().enumerate() {
        let journal = if number % 2 == 0 { &one } else { &other };
        journal.record(at(moment), &Event::ScheduleDeleted(number));
    }
    drop((one, other));
    place.journal.open().record(at("2026-03-28 18:21"), &Event::ListShown);
    let numbers = (0..moments.len()).map(|number| Event::ScheduleDeleted(number).to_string());
    let expected: Vec<_> = numbers.chain([Event::ListShown.to_string()]).collect();
    same(&sentences(place), &expected, "events stand in the order in which they were recorded, all of them");
}

const RACING_EVENTS: usize = 200;

fn racing_events_stay_whole(place: &JournalPlace) {
    let (one, other) = (place.journal.open(), place.journal.open());
    let tell = |journal: &dyn Journal, first: usize| {
        for number in first..first + RACING_EVENTS {
            journal.record(at("2026-03-28 18:21"), &Event::ScheduleDeleted(number));
        }
    };
    side_by_side(|| tell(&*one, 0), || tell(&*other, RACING_EVENTS));
    let mut told = sentences(place);
    let expected = |number| Event::ScheduleDeleted(number).to_string();
    told.sort();
    let mut all: Vec<_> = (0..2 * RACING_EVENTS).map(expected).collect();
    all.sort();
    same(&told, &all, "events recorded at the same time are all there, each a line of its own");
}

/// Returns the lines without the time that stands before each sentence.
fn sentences(place: &JournalPlace) -> Vec<String> {
    let plain =
        |line: String| line.split_once("] ").map_or(line.clone(), |(_, sentence)| sentence.to_owned());
    (place.read)().into_iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::testing::RecordingJournal;
    use crate::testing::promise::broken_promise;
    use crate::time::Moment;

    fn make() -> JournalPlace {
        let opened = RecordingJournal::new();
        let read = opened.clone();
        JournalPlace {
            journal: Reopenable::<dyn Journal>::new(move || Box::new(opened.clone())),
            read: Box::new(move || read.lines()),
        }
    }

    journal_contract!(recording_journal, make);

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        Unescaped,
        CutsLongLines,
        InUtc,
        Overwrites,
        DropsWhenBusy,
    }

    struct Broken {
        inner: RecordingJournal,
        flaw: Flaw,
        inside: Arc<AtomicUsize>,
    }

    impl Journal for Broken {
        fn record(&self, at: Moment, event: &Event) {
            match self.flaw {
                Flaw::InUtc => self.inner.record(at.to_utc().fixed_offset(), event),
                Flaw::DropsWhenBusy => self.record_unless_busy(at, event),
                _ => self.inner.record(at, event),
            }
        }
    }

    impl Broken {
        /// Drops the event when another one comes meanwhile, which it waits for a little.
        fn record_unless_busy(&self, at: Moment, event: &Event) {
            let ticket = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
            let mut patience = 500;
            while patience > 0 && self.inside.load(Ordering::SeqCst) == ticket {
                std::thread::yield_now();
                patience -= 1;
            }
            if patience > 0 {
                return;
            }
            self.inner.record(at, event);
        }
    }

    fn broken(flaw: Flaw) -> JournalPlace {
        let (opened, inside) = (RecordingJournal::new(), Arc::default());
        let read = opened.clone();
        JournalPlace {
            journal: Reopenable::<dyn Journal>::new(move || {
                if flaw == Flaw::Overwrites {
                    opened.clear();
                }
                Box::new(Broken { inner: opened.clone(), flaw, inside: Arc::clone(&inside) })
            }),
            read: Box::new(move || read.lines().into_iter().flat_map(|line| misread(flaw, &line)).collect()),
        }
    }

    fn misread(flaw: Flaw, line: &str) -> Vec<String> {
        match flaw {
            Flaw::Unescaped => line.split("\\n").map(str::to_owned).collect(),
            Flaw::CutsLongLines => vec![line.chars().take(4_096).collect()],
            _ => vec![line.to_owned()],
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::Unescaped, "an event is one line"),
            (Flaw::CutsLongLines, "a line holds the event's sentence"),
            (Flaw::InUtc, "the wall clock of its moment"),
            (Flaw::Overwrites, "in the order in which they were recorded, all of them"),
            (Flaw::DropsWhenBusy, "recorded at the same time are all there"),
        ];
        for (flaw, expected) in cases {
            let said = broken_promise(|| JOURNAL_CONTRACT.check_all(&move || broken(flaw)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }

    #[test]
    fn lines_are_those_of_a_log() {
        let journal = RecordingJournal::new();
        journal.record(at("2026-03-28T18:21:59+01:00"), &Event::ListShown);
        assert_eq!(journal.lines(), ["[28/03/2026 18:21] Show schedules list"]);
        assert_eq!(journal.sentences(), ["Show schedules list"]);
        assert_eq!(journal.events(), [Event::ListShown]);
        journal.clear();
        assert!(journal.events().is_empty());
    }
}
