//! A gate that hears of every call of a port.

/// Hears of the calls of ports.
pub(super) trait Gate: Send + Sync {
    /// A port does its work; `call` is for example `RunHistory::append`.
    fn call<T>(&self, call: &'static str, act: impl FnOnce() -> T) -> T;

    /// A port runs what it was given to run within that call.
    fn within<T>(&self, call: &'static str, act: impl FnOnce() -> T) -> T;
}
