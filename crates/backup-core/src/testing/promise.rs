//! What the contract suites say when a promise is broken.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread::ScopedJoinHandle;

/// Panics, naming the promise, unless it was kept.
#[track_caller]
pub(super) fn promise(is_kept: bool, what: &str) {
    assert!(is_kept, "broken promise: {what}");
}

/// Returns the value of an operation that has no reason to fail; panics, naming the promise, when it does.
#[track_caller]
pub(super) fn works<T, E: std::fmt::Debug>(result: Result<T, E>, what: &str) -> T {
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
