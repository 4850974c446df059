//! The promises of [`ScheduleStore`], checked on any adapter.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Reopenable;
use super::contract::contract;
use super::promise::{promise, same, same_bytes, side_by_side, works};
use crate::model::error::{Error, Failure};
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::ports::{BookState, ScheduleStore};

contract! {
    $
    /// Makes one test of each promise of [`ScheduleStore`](crate::ports::ScheduleStore), in a module of that name.
    ///
    /// Each call of `make` gives a fresh place without a book.
    ///
    /// ```
    /// use backup_core::ports::ScheduleStore;
    /// use backup_core::testing::{MemorySchedules, Reopenable};
    ///
    /// fn make() -> Reopenable<dyn ScheduleStore> {
    ///     let place = MemorySchedules::new(); // or a temporary database
    ///     Reopenable::<dyn ScheduleStore>::new(move || Box::new(place.clone()))
    /// }
    ///
    /// backup_core::schedule_store_contract!(my_store, make);
    /// # backup_core::testing::SCHEDULE_STORE_CONTRACT.check_all(&make);
    /// ```
    schedule_store_contract, SCHEDULE_STORE_CONTRACT: dyn Fn() -> Reopenable<dyn ScheduleStore>;
    |make| {
        missing_until_the_first_update(&make());
        a_failed_edit_makes_no_book(&make());
        a_failed_edit_changes_nothing(&make());
        every_byte_is_kept(make);
        edits_build_on_each_other(&make());
        racing_updates_lose_nothing(&make());
        a_reader_sees_whole_books(&make());
        what_has_not_changed_is_reported_correctly(&make());
    }
}

/// Files that a user may have written, each of which must come back byte for byte.
const FILES: [(&str, &[u8]); 11] = [
    ("one schedule", b"docs;16:07;docs\n"),
    ("no newline at the end", b"docs;16:07;docs\nmusic;9:05;music"),
    ("CRLF line endings", b"docs;16:07;docs\r\n# a comment\r\n\r\n"),
    ("a byte order mark", b"\xEF\xBB\xBFdocs;16:07;docs\n"),
    ("comments and blank lines", b"# one\n\n   \n#two;16:07;x\ndocs;16:07;docs\n\n"),
    ("bytes that are not UTF-8", b"d\xFFcs;16:07;docs\n\x80\nmusic;09:05;music\n"),
    ("lines that nobody understands", b"nonsense\n;;;;\ndocs;25:00;docs\n"),
    ("NUL and control characters", b"a\0b;16:07;x\n\x1b[2J\n"),
    ("a lone carriage return", b"docs;16:07;docs\rmusic;16:07;music\r"),
    ("nothing but a newline", b"\n"),
    ("white space that a tidy program would trim", b" docs ;16:07;docs\t\n"),
];

fn missing_until_the_first_update(place: &Reopenable<dyn ScheduleStore>) {
    let failure = place.open().load().map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "load fails with Missing while there is no book");
    let mut seen = None;
    let edit = &mut |book: &mut ScheduleBook| {
        seen = Some(book.to_bytes());
        book.push(entry("docs;16:07;docs"));
        Ok(())
    };
    works(place.open().update(edit), "a book that is missing can be edited");
    same(&seen, &Some(Vec::new()), "a missing book is edited as an empty one");
    same_bytes(&bytes(place), b"docs;16:07;docs\n", "the first update makes the book");
}

fn a_failed_edit_makes_no_book(place: &Reopenable<dyn ScheduleStore>) {
    fail_to_edit(&*place.open());
    let failure = place.open().load().map_err(|error| error.failure);
    same(&failure, &Err(Failure::Missing), "an edit that fails makes no book");
}

fn a_failed_edit_changes_nothing(place: &Reopenable<dyn ScheduleStore>) {
    let before = b"docs;16:07;docs\n# mine\n";
    replace(&*place.open(), before);
    fail_to_edit(&*place.open());
    same_bytes(&bytes(place), before, "nothing changes when an edit fails");
    append(&*place.open(), "music;16:07;music");
    promise(
        bytes(place).starts_with(before),
        "an edit that failed leaves nothing for the next one",
        &bytes(place),
    );
}

/// Edits the book, and then refuses to.
fn fail_to_edit(store: &dyn ScheduleStore) {
    let result = store.update(&mut |book| {
        book.push(entry("never;16:07;never"));
        Err(Error::NoSuchSchedule { key: "from the edit".to_owned(), near: None, schedules: 0 })
    });
    let is_same = matches!(&result, Err(Error::NoSuchSchedule { key, .. }) if key == "from the edit");
    promise(is_same, "the error of an edit comes back as it is", &result);
}

fn every_byte_is_kept(make: &dyn Fn() -> Reopenable<dyn ScheduleStore>) {
    for (what, file) in FILES {
        let place = make();
        replace(&*place.open(), file);
        same_bytes(&bytes(&place), file, &format!("load gives back byte for byte {what}"));
        works(place.open().update(&mut |_| Ok(())), "an edit that changes nothing works");
        same_bytes(&bytes(&place), file, &format!("an update keeps byte for byte {what}"));
    }
}

fn edits_build_on_each_other(place: &Reopenable<dyn ScheduleStore>) {
    let (one, other) = (place.open(), place.open());
    append(&*one, "docs;16:07;docs");
    append(&*other, "music;16:07;music");
    works(one.load(), "a book can be loaded");
    append(&*one, "films;16:07;films");
    let remove = &mut |book: &mut ScheduleBook| {
        promise(book.remove(1), "an update sees what another process added", &book.to_bytes());
        Ok(())
    };
    works(other.update(remove), "a line can be removed");
    let expected = b"docs;16:07;docs\nfilms;16:07;films\n";
    same_bytes(&bytes(place), expected, "each update edits the book that the last one left, in any process");
    let seen = works(one.load(), "a book can be loaded").to_bytes();
    same_bytes(&seen, expected, "load sees what other processes changed since the last load");
}

const RACING_UPDATES: usize = 25;

fn racing_updates_lose_nothing(place: &Reopenable<dyn ScheduleStore>) {
    let (one, other) = (place.open(), place.open());
    let add = |store: &dyn ScheduleStore, who: &str| {
        for number in 0..RACING_UPDATES {
            append(store, &format!("{who};16:07;{who}{number}"));
        }
    };
    side_by_side(|| add(&*one, "one"), || add(&*other, "other"));
    let book = works(place.open().load(), "a book can be loaded");
    same(&book.entries().count(), &(2 * RACING_UPDATES), "updates at the same time lose nothing");
    for who in ["one", "other"] {
        let names =
            book.entries().filter(|entry| entry.source() == who).map(|entry| entry.name().to_string());
        let expected = (0..RACING_UPDATES).map(|number| format!("{who}{number}"));
        same(
            &names.collect::<Vec<_>>(),
            &expected.collect::<Vec<_>>(),
            "updates at the same time keep their order",
        );
    }
}

fn a_reader_sees_whole_books(place: &Reopenable<dyn ScheduleStore>) {
    let short = b"docs;16:07;docs\n".to_vec();
    let long = b"# a longer book, of many lines\n".repeat(3_000);
    let (writer, reader) = (place.open(), place.open());
    replace(&*writer, &short);
    let is_written = AtomicBool::new(false);
    let write = || {
        let _end = SetOnDrop(&is_written);
        (0..RACING_UPDATES).for_each(|turn| replace(&*writer, [&long, &short][turn % 2]));
    };
    let read = || {
        while !is_written.load(Ordering::SeqCst) {
            let seen = works(reader.load(), "a book that is there can be loaded at any time").to_bytes();
            promise(
                seen == short || seen == long,
                "a reader sees the book before an edit or after it",
                &seen,
            );
        }
    };
    side_by_side(write, read);
}

fn what_has_not_changed_is_reported_correctly(place: &Reopenable<dyn ScheduleStore>) {
    let (writer, reader) = (place.open(), place.open());
    let mut seen = BookState::default();
    let failure = reader.load_if_changed(&mut seen).map_err(|error| error.failure);
    promise(
        matches!(failure, Err(Failure::Missing)),
        "load_if_changed fails with Missing while there is no book",
        &failure,
    );
    let mut held = None;
    // Books of one length follow each other as fast as they can, and so does the same book twice.
    for file in [&b"docs;16:07;docs\n"[..], b"docs;16:08;docs\n", b"docs;16:07;docs\n", b"docs;16:07;docs\n"]
    {
        replace(&*writer, file);
        for _ in 0..2 {
            let loaded = works(reader.load_if_changed(&mut seen), "a book can be loaded if it has changed");
            held = loaded.or(held);
            let bytes = held.as_ref().map(ScheduleBook::to_bytes);
            promise(
                bytes.as_deref() == Some(file),
                "load_if_changed returns the book whenever it has changed",
                &bytes,
            );
        }
    }
    let other = works(reader.load_if_changed(&mut BookState::default()), "a book can be loaded");
    promise(other.is_some(), "load_if_changed returns the book to whoever has seen none", &other);
}

/// Tells the reader that the writer has ended, even by a panic.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn replace(store: &dyn ScheduleStore, file: &[u8]) {
    let edit = &mut |book: &mut ScheduleBook| {
        *book = ScheduleBook::parse(file);
        Ok(())
    };
    works(store.update(edit), "a book can be replaced");
}

fn append(store: &dyn ScheduleStore, text: &str) {
    let edit = &mut |book: &mut ScheduleBook| {
        book.push(entry(text));
        Ok(())
    };
    works(store.update(edit), "a schedule can be added");
}

fn bytes(place: &Reopenable<dyn ScheduleStore>) -> Vec<u8> {
    works(place.open().load(), "a book that was kept can be loaded").to_bytes()
}

fn entry(text: &str) -> ScheduleEntry {
    text.parse().expect("the suite's own schedules are well formed")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::model::error::PortError;
    use crate::ports::Edit;
    use crate::testing::MemorySchedules;
    use crate::testing::locked::locked;
    use crate::testing::promise::broken_promise;

    fn make() -> Reopenable<dyn ScheduleStore> {
        let file = MemorySchedules::new();
        Reopenable::<dyn ScheduleStore>::new(move || Box::new(file.clone()))
    }

    schedule_store_contract!(memory_schedules, make);

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        EmptyInsteadOfMissing,
        KeepsFailedEdits,
        OwnError,
        EndsEveryLine,
        LosesComments,
        PlainNewlines,
        ForgetsOnClose,
        ReadsOnce,
        NoLock,
        TearsWrites,
        TellsNoChange,
        GoesByItself,
    }

    struct Broken {
        inner: MemorySchedules,
        own: MemorySchedules,
        flaw: Flaw,
        visits: Arc<AtomicUsize>,
        seen: Mutex<Option<ScheduleBook>>,
        last: Mutex<Option<ScheduleBook>>,
    }

    impl Broken {
        fn store(&self) -> &MemorySchedules {
            if self.flaw == Flaw::ForgetsOnClose { &self.own } else { &self.inner }
        }

        /// Lets another thread in where a correct store would not, until it has come that often.
        fn dawdle(&self, times: usize) {
            let visits = self.visits.load(Ordering::SeqCst);
            for _ in 0..50_000 {
                if self.visits.load(Ordering::SeqCst) >= visits + times {
                    break;
                }
                std::thread::yield_now();
            }
        }

        fn visit(&self) {
            self.visits.fetch_add(1, Ordering::SeqCst);
        }

        /// Every process for itself: reads, waits for another to read, and replaces.
        fn update_without_lock(&self, edit: Edit<'_>) -> Result<(), Error> {
            let mut book = self.inner.load().unwrap_or_default();
            self.visit();
            edit(&mut book)?;
            if book.entries().any(|entry| ["one", "other"].contains(&entry.source())) {
                self.dawdle(1);
            }
            self.inner.write(book.to_bytes());
            Ok(())
        }

        fn written(&self, book: &ScheduleBook) -> Vec<u8> {
            let mut bytes = book.to_bytes();
            match self.flaw {
                Flaw::EndsEveryLine if !bytes.ends_with(b"\n") => bytes.push(b'\n'),
                Flaw::LosesComments => {
                    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
                    bytes = lines.filter(|line| !line.starts_with(b"# one")).flatten().copied().collect();
                }
                Flaw::PlainNewlines => bytes.retain(|byte| *byte != b'\r'),
                _ => {}
            }
            bytes
        }
    }

    impl ScheduleStore for Broken {
        fn load(&self) -> Result<ScheduleBook, PortError> {
            let result = self.store().load();
            self.visit();
            match result {
                Ok(book) if self.flaw == Flaw::ReadsOnce => {
                    Ok(locked(&self.seen).get_or_insert(book).clone())
                }
                Err(_) if self.flaw == Flaw::EmptyInsteadOfMissing => Ok(ScheduleBook::default()),
                result => result,
            }
        }

        fn load_if_changed(&self, seen: &mut BookState) -> Result<Option<ScheduleBook>, PortError> {
            let has_seen = seen.numbers.is_some();
            let loaded = self.load()?;
            seen.numbers = Some([0; 8]);
            let holds_back = match self.flaw {
                Flaw::TellsNoChange => has_seen,
                Flaw::GoesByItself => locked(&self.last).replace(loaded.clone()).as_ref() == Some(&loaded),
                _ => false,
            };
            Ok((!holds_back).then_some(loaded))
        }

        fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
            if self.flaw == Flaw::NoLock {
                return self.update_without_lock(edit);
            }
            self.store().update(&mut |book| {
                let result = edit(book);
                let bytes = self.written(book);
                if self.flaw == Flaw::TearsWrites && bytes.len() > 1_000 {
                    self.inner.write(&bytes[..bytes.len() / 2]);
                    // Of two visits, the second began after this did.
                    self.dawdle(2);
                }
                *book = ScheduleBook::parse(&bytes);
                match result {
                    Err(_) if self.flaw == Flaw::OwnError => Err(Error::NotRunning),
                    Err(_) if self.flaw == Flaw::KeepsFailedEdits => {
                        self.inner.write(bytes);
                        result
                    }
                    result => result,
                }
            })
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::EmptyInsteadOfMissing, "Missing while there is no book"),
            (Flaw::KeepsFailedEdits, "an edit that fails makes no book"),
            (Flaw::OwnError, "the error of an edit comes back as it is"),
            (Flaw::EndsEveryLine, "byte for byte no newline at the end"),
            (Flaw::LosesComments, "byte for byte comments and blank lines"),
            (Flaw::PlainNewlines, "byte for byte CRLF line endings"),
            (Flaw::ForgetsOnClose, "a book that was kept can be loaded"),
            (Flaw::ReadsOnce, "load sees what other processes changed"),
            (Flaw::NoLock, "updates at the same time lose nothing"),
            (Flaw::TearsWrites, "before an edit or after it"),
            (Flaw::TellsNoChange, "returns the book whenever it has changed"),
            (Flaw::GoesByItself, "returns the book to whoever has seen none"),
        ];
        for (flaw, expected) in cases {
            let said = broken_promise(|| SCHEDULE_STORE_CONTRACT.check_all(&move || broken(flaw)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }

    fn broken(flaw: Flaw) -> Reopenable<dyn ScheduleStore> {
        let (inner, visits) = (MemorySchedules::new(), Arc::default());
        Reopenable::<dyn ScheduleStore>::new(move || {
            let (inner, own) = (inner.clone(), MemorySchedules::new());
            let (visits, seen, last) = (Arc::clone(&visits), Mutex::default(), Mutex::default());
            Box::new(Broken { inner, own, flaw, visits, seen, last })
        })
    }

    #[test]
    #[should_panic(expected = "update called within an update")]
    fn an_update_within_an_update_panics() {
        let store = MemorySchedules::new();
        let _ = store.update(&mut |_| store.update(&mut |_| Ok(())));
    }

    #[test]
    fn a_load_within_an_update_sees_the_book_before() {
        let store = MemorySchedules::holding("docs;16:07;docs\n");
        let seen = Mutex::new(Vec::new());
        let edit = &mut |book: &mut ScheduleBook| {
            assert!(book.remove(0));
            *locked(&seen) = store.load()?.to_bytes();
            Ok(())
        };
        store.update(edit).unwrap();
        assert_eq!(*locked(&seen), b"docs;16:07;docs\n");
        assert_eq!(store.bytes().unwrap(), b"");
    }
}
