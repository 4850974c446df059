//! What the contract suites say when a promise is broken.

use std::any::Any;
use std::fmt::{self, Debug, Write};
use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread::ScopedJoinHandle;

/// Panics, naming the promise and what was seen, unless it was kept. Where two values are to be the same, see [`same`].
#[track_caller]
pub(super) fn promise<T: Debug + ?Sized>(is_kept: bool, what: &str, seen: &T) {
    assert!(is_kept, "broken promise: {what}\n  seen: {}", shown(seen));
}

/// Panics, naming the promise and both values, unless they are the same.
#[track_caller]
pub(super) fn same<A, E>(actual: &A, expected: &E, what: &str)
where
    A: PartialEq<E> + Debug + ?Sized,
    E: Debug + ?Sized,
{
    if actual != expected {
        panic!("broken promise: {what}\n  expected: {}\n    actual: {}", shown(expected), shown(actual));
    }
}

/// Panics, naming the promise and where the bytes begin to differ, unless they are the same.
#[track_caller]
pub(super) fn same_bytes(actual: &[u8], expected: &[u8], what: &str) {
    if actual == expected {
        return;
    }
    let differs = actual.iter().zip(expected).position(|(actual, expected)| actual != expected);
    let place = differs.unwrap_or(actual.len().min(expected.len()));
    let part = |bytes: &[u8]| {
        let end = bytes.len().min(place + MOST_SHOWN_OF_BYTES);
        format!("{} bytes, from byte {place} on \"{}\"", bytes.len(), bytes[place..end].escape_ascii())
    };
    panic!("broken promise: {what}\n  expected: {}\n    actual: {}", part(expected), part(actual));
}

const MOST_SHOWN_OF_BYTES: usize = 60;

/// Shows a value. Of a long one the beginning: it may be an archive.
fn shown<T: Debug + ?Sized>(value: &T) -> String {
    let mut beginning = Beginning(String::new());
    match write!(beginning, "{value:?}") {
        Ok(()) => beginning.0,
        Err(fmt::Error) => format!("{}...", beginning.0),
    }
}

/// Takes so much text and no more.
struct Beginning(String);

const MOST_SHOWN_BYTES: usize = 1_000;

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() >= MOST_SHOWN_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Returns the value of an operation that has no reason to fail; panics, naming the promise, when it does.
#[track_caller]
pub(super) fn works<T, E: Debug>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("broken promise: {what}, but: {error:?}"),
    }
}

/// Does both at the same time, on two threads that start together; a panic in one is a panic here.
#[expect(clippy::disallowed_methods, reason = "a contract suite plays the processes that race for a store")]
pub(super) fn side_by_side<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    let start = &Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            start.wait();
            other()
        });
        start.wait();
        (one(), joined(other))
    })
}

fn joined<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic))
}

/// Runs a suite against a broken adapter and returns what it says; panics when it finds nothing wrong.
#[cfg(test)]
pub(super) fn broken_promise(suite: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(suite))
        .expect_err("the suite must find what is wrong with a broken adapter");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .expect("a panic with a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_shows_both_values_but_not_all_of_an_archive() {
        let said = broken_promise(|| same(&Some(1), &None, "there is none"));
        assert_eq!(said, "broken promise: there is none\n  expected: None\n    actual: Some(1)");
        let said = broken_promise(|| promise(false, "it is empty", &vec![7; 9_000_000]));
        assert!(
            said.starts_with("broken promise: it is empty\n  seen: [7, 7, 7") && said.len() < 1_100,
            "{said}"
        );
    }

    #[test]
    fn bytes_are_shown_from_where_they_differ() {
        let said = broken_promise(|| same_bytes(b"docs;16:07\n", b"docs;16:08\n", "it is kept"));
        assert_eq!(
            said,
            "broken promise: it is kept\n  expected: 11 bytes, from byte 9 on \"8\\n\"\n    actual: 11 bytes, from byte 9 on \"7\\n\""
        );
        let said = broken_promise(|| same_bytes(b"docs", b"", "it is kept"));
        assert!(
            said.ends_with(
                "expected: 0 bytes, from byte 0 on \"\"\n    actual: 4 bytes, from byte 0 on \"docs\""
            ),
            "{said}"
        );
        same_bytes(b"docs", b"docs", "it is kept");
    }
}
