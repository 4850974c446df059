//! The port that records what happened, for people.

use auto_impl::auto_impl;

use crate::model::event::Event;
use crate::time::Moment;

/// Records what happened, for people to read later.
///
/// It can't fail: a full log disk must not stop a backup. An adapter that can't keep an event reports that elsewhere.
///
/// ```
/// use std::sync::Mutex;
///
/// use backup_core::model::event::Event;
/// use backup_core::ports::Journal;
/// use backup_core::time::Moment;
///
/// #[derive(Default)]
/// struct Lines(Mutex<Vec<String>>);
///
/// impl Journal for Lines {
///     fn record(&self, at: Moment, event: &Event) {
///         self.0.lock().expect("no panic while it is held").push(format!("{at} {event}"));
///     }
/// }
/// ```
#[auto_impl(&, Box, Arc)]
pub trait Journal: Send + Sync {
    /// Records that `event` happened at `at`.
    fn record(&self, at: Moment, event: &Event);
}

const _DYN_COMPATIBLE: Option<&dyn Journal> = None;
