//! The port that hears what happened.

use crate::model::event::Event;
use crate::time::Moment;

/// Hears what happened, for people to read later.
///
/// Cannot fail: a full log disk must not stop a backup. An adapter that can't keep an event says it elsewhere.
pub trait Journal: Send + Sync {
    /// Records that `event` happened at `at`.
    fn record(&self, at: Moment, event: &Event);
}

const _DYN_COMPATIBLE: Option<&dyn Journal> = None;
