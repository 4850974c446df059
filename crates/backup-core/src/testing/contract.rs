//! What a contract suite is: the promises of a port, each with a name and a check.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// The promises of a port. `M` is what the suite needs of an adapter: a function that makes one.
///
/// The macro of the same name makes one test of each promise, for example
/// [`clock_contract!`](crate::clock_contract) for [`CLOCK_CONTRACT`](super::CLOCK_CONTRACT). Use this where a test harness of
/// your own runs the checks.
pub struct Contract<M: ?Sized + 'static> {
    pub(super) name: &'static str,
    pub(super) promises: &'static [Promise<M>],
}

/// The name of a promise, and its check.
type Promise<M> = (&'static str, fn(&M));

impl<M: ?Sized> Contract<M> {
    /// Returns the names of the promises.
    pub fn promises(&self) -> impl Iterator<Item = &'static str> {
        self.promises.iter().map(|(name, _)| *name)
    }

    /// Checks one promise, in this thread and without a time limit.
    ///
    /// # Panics
    /// When it is broken, with what was promised, what was expected and what was there; and when there is no promise of
    /// that name.
    pub fn check(&self, promise: &str, make: &M) {
        let found = self.promises.iter().find(|(name, _)| *name == promise);
        let (_, check) = found.unwrap_or_else(|| panic!("{} has no promise {promise}", self.name));
        check(make);
    }

    /// Checks every promise, one after another, in this thread and without a time limit.
    ///
    /// # Panics
    /// When one is broken.
    pub fn check_all(&self, make: &M) {
        self.promises.iter().for_each(|(_, check)| check(make));
    }
}

/// How long the check of a promise may take: many times what it needs on a slow disk.
pub const LONGEST_CHECK: Duration = Duration::from_secs(120);

/// Runs the check of a promise on a thread of its own. One that never ends, because its adapter waits for itself, fails
/// instead of hanging the tests.
///
/// # Panics
/// When the check does, and when it takes longer than `limit`: its thread is left behind then.
pub fn within(limit: Duration, promise: &str, check: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let checking = thread::Builder::new().name(promise.to_owned()).spawn(move || {
        check();
        let _ = done.send(());
    });
    let checking = checking.expect("a thread can be started");
    if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        panic!(
            "broken promise: {promise} has not ended after {} s, so something waits for ever",
            limit.as_secs()
        );
    }
    checking.join().unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic));
}

/// Defines a contract suite, once: its table of promises, and the exported macro that makes a test of each.
///
/// `$dollar` is a dollar sign, which a macro can't write for another one.
macro_rules! contract {
    (
        $dollar:tt
        $(#[$doc:meta])*
        $macro:ident, $table:ident: $make:ty;
        |$place:ident| { $($promise:ident($($argument:tt)*);)* }
    ) => {
        #[doc = concat!("The promises that [`", stringify!($macro), "!`](crate::", stringify!($macro), ") checks.")]
        pub static $table: $crate::testing::Contract<$make> = $crate::testing::Contract {
            name: stringify!($macro),
            promises: &[$((stringify!($promise), {
                type Make = $make;
                fn check($place: &Make) {
                    $promise($($argument)*);
                }
                check
            }),)*],
        };

        $(#[$doc])*
        #[macro_export]
        macro_rules! $macro {
            ($dollar name:ident, $dollar make:expr) => {
                mod $dollar name {
                    use super::*;

                    $(#[test]
                    fn $promise() {
                        let limit = $crate::testing::LONGEST_CHECK;
                        $crate::testing::within(limit, stringify!($promise), || {
                            $crate::testing::$table.check(stringify!($promise), &$dollar make);
                        });
                    })*
                }
            };
        }
    };
}
pub(super) use contract;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::promise::broken_promise;

    #[test]
    fn a_check_that_never_ends_fails_by_its_name() {
        let hang = || within(Duration::from_millis(10), "it_ends", thread::park);
        assert_eq!(
            broken_promise(hang),
            "broken promise: it_ends has not ended after 0 s, so something waits for ever"
        );
    }

    #[test]
    fn a_check_that_panics_fails_as_it_says() {
        let check = || within(LONGEST_CHECK, "it_is_kept", || panic!("broken promise: it is not"));
        assert_eq!(broken_promise(check), "broken promise: it is not");
    }

    #[test]
    #[should_panic(expected = "clock_contract has no promise to_stand_still")]
    fn only_promises_are_checked() {
        let make: &dyn Fn() -> Box<dyn crate::time::Clock> = &|| panic!("nobody needs it");
        crate::testing::CLOCK_CONTRACT.check("to_stand_still", make);
    }
}
