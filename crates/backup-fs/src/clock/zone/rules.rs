//! A time zone: its offsets from UTC, and the instants at which they change.

use super::posix_rule::PosixRule;

/// The largest offset from UTC in seconds: less than a day.
const LARGEST_OFFSET: i32 = 86_399;

/// A time zone. All offsets are in seconds, and all instants in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    /// The offset before the first change.
    pub(super) first: i32,
    /// The instants at which the offset changes, each with the new offset.
    pub(super) changes: Vec<(i64, i32)>,
    /// The rule that is in force from the last change on, if there is one.
    pub(super) rule: Option<PosixRule>,
}

impl Zone {
    /// Returns UTC: the zone whose offset is always 0.
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
        let past_changes = self.changes.partition_point(|(instant, _)| *instant <= unix_seconds);
        match (&self.rule, past_changes.checked_sub(1)) {
            (Some(rule), _) if past_changes == self.changes.len() => rule.offset_at(unix_seconds),
            (_, Some(last)) => self.changes[last].1,
            (_, None) => self.first,
        }
    }
}
