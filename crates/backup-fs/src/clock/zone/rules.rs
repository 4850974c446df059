//! The offsets of a time zone, and since when each of them is in force.

use super::posix_rule::PosixRule;

/// No offset from UTC is a day or more.
const LARGEST_OFFSET: i32 = 86_399;

/// From which instant on which offset is in force, in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Before the first change.
    pub(super) first: i32,
    /// The offset from each instant on.
    pub(super) changes: Vec<(i64, i32)>,
    /// What counts from the last change on, where there is a rule.
    pub(super) rule: Option<PosixRule>,
}

impl Zone {
    /// Returns the zone whose offset is nothing.
    pub(crate) fn utc() -> Self {
        Self { first: 0, changes: Vec::new(), rule: None }
    }

    pub(super) fn of_rule(rule: PosixRule) -> Self {
        Self { rule: Some(rule), ..Self::utc() }
    }

    /// Returns whether every offset is less than a day.
    pub(super) fn is_possible(&self) -> bool {
        let of_changes = self.changes.iter().map(|(_, offset)| *offset).chain([self.first]);
        let of_rule = self.rule.iter().flat_map(PosixRule::offsets);
        of_changes.chain(of_rule).all(|offset| offset.abs() <= LARGEST_OFFSET)
    }

    /// Returns local time minus UTC at that instant, in seconds.
    pub(crate) fn offset_at(&self, unix_seconds: i64) -> i32 {
        let passed = self.changes.partition_point(|(instant, _)| *instant <= unix_seconds);
        match (&self.rule, passed.checked_sub(1)) {
            (Some(rule), _) if passed == self.changes.len() => rule.offset_at(unix_seconds),
            (_, Some(last)) => self.changes[last].1,
            (_, None) => self.first,
        }
    }
}
