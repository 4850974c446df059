//! Work that takes its time on the clock.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::ports::Progress;

pub(super) struct UnderWay<J> {
    pub(super) job: J,
    pub(super) ends: DateTime<Utc>,
    pub(super) is_cancelled: bool,
}

impl<J> UnderWay<J> {
    pub(super) fn cancel(&mut self, now: DateTime<Utc>) {
        self.is_cancelled = true;
        self.ends = now;
    }
}

/// Takes out what ended first, if anything has.
pub(super) fn take_ended<J>(under_way: &mut Vec<UnderWay<J>>, now: DateTime<Utc>) -> Option<UnderWay<J>> {
    let ended = under_way.iter().enumerate().filter(|(_, running)| running.ends <= now);
    let (position, _) = ended.min_by_key(|(_, running)| running.ends)?;
    Some(under_way.remove(position))
}

pub(super) struct Watch {
    pub(super) is_cancelled: bool,
}

impl Progress for Watch {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}
