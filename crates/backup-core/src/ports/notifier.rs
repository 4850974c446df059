//! The port that sends notices.

use auto_impl::auto_impl;

use crate::model::notice::{Notice, NotifyTarget, Unsent};

/// Sends notices.
///
/// `MemoryNotifier` of the feature `testing` keeps them.
#[auto_impl(&, Box, Arc)]
pub trait Notifier: Send + Sync {
    /// Sends one notice, and returns when the target has taken it.
    ///
    /// Promises: it ends within about the timeout of the target, whatever the other side does. After an error, the notice
    /// may have arrived all the same. No secret is in the error.
    ///
    /// # Errors
    /// Why the target has not taken it.
    fn send(&self, target: &NotifyTarget, notice: &Notice) -> Result<(), Unsent>;
}

const _DYN_COMPATIBLE: Option<&dyn Notifier> = None;
