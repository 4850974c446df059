//! What a zone's file says, as numbers: from which second on which offset is in force.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The first second of 2000, and the first of 2038.
pub(super) const YEARS: (i64, i64) = (946_684_800, 2_145_916_800);

const DAY: i64 = 86_400;

/// A change of the offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// The first second of the new offset.
    pub(super) at: i64,
    /// Local time minus UTC, in seconds, before it.
    pub(super) old: i64,
    /// The same from it on.
    pub(super) new: i64,
}

/// The offsets of a zone from the end of 1999 to the beginning of 2038.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offsets {
    first: i64,
    changes: Vec<Change>,
}

impl Offsets {
    /// Reads a file of the tz database; for the years after its last change, the rule at its end.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let told = |error: jiff::Error| error.to_string();
        let zone = TimeZone::tzif("zone", bytes).map_err(told)?;
        let start = Timestamp::from_second(YEARS.0 - 30 * DAY).map_err(told)?;
        let end = YEARS.1 + 30 * DAY;
        let first = i64::from(zone.to_offset(start).seconds());
        let transitions = zone
            .following(start)
            .map(|transition| (transition.timestamp().as_second(), transition.offset().seconds().into()))
            .take_while(|(at, _)| *at <= end);
        Ok(Self::new(first, transitions))
    }

    /// Returns the offsets of a zone with that offset first, and from each instant on another.
    pub(super) fn new(first: i64, transitions: impl Iterator<Item = (i64, i64)>) -> Self {
        let mut offsets = Self { first, changes: Vec::new() };
        transitions.for_each(|(at, new)| offsets.push(at, new));
        offsets
    }

    /// Takes in a transition. One that changes only the name or the kind of time isn't a change.
    fn push(&mut self, at: i64, new: i64) {
        let old = self.changes.last().map_or(self.first, |change| change.new);
        if old != new {
            self.changes.push(Change { at, old, new });
        }
    }

    /// Returns the offset in force.
    pub(super) fn at(&self, instant: i64) -> i64 {
        let passed = self.changes.iter().rev().find(|change| change.at <= instant);
        passed.map_or(self.first, |change| change.new)
    }

    /// Returns the changes between two instants, the first included.
    pub(super) fn changes(&self, (from, to): (i64, i64)) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| (from..to).contains(&change.at))
    }

    /// Returns the same zone as if it never changed outside this span.
    pub(super) fn between(&self, from: i64, to: i64) -> Self {
        Self { first: self.at(from), changes: self.changes((from + 1, to + 1)).copied().collect() }
    }

    /// Returns whether wall clocks turn their minutes when UTC does.
    pub(super) fn is_in_whole_minutes(&self) -> bool {
        let numbers = self.changes.iter().flat_map(|change| [change.at, change.new]).chain([self.first]);
        numbers.into_iter().all(|seconds| seconds % 60 == 0)
    }

    /// Returns the offset before any change, and from each change on.
    pub(super) fn parts(&self) -> (i64, impl Iterator<Item = (i64, i64)>) {
        (self.first, self.changes.iter().map(|change| (change.at, change.new)))
    }
}
