//! The families that have a sample for each target of notices.

use std::fmt;

use backup_core::manager::TargetState;
use backup_core::time::Moment;

use super::text::{PREFIX, label_value, write_head};

/// What there is to say of one target.
#[derive(Debug)]
pub(super) struct TargetRow {
    label: Box<str>,
    is_failing: bool,
    failures: u32,
    given_up: u32,
    waiting: usize,
    failing_since: Option<i64>,
}

/// A family: its name without the prefix, its help, and the sample of a target that has one.
type TargetFamily = (&'static str, &'static str, fn(&TargetRow) -> Option<i64>);

const FAMILIES: [TargetFamily; 5] = [
    (
        "notification_failing",
        "Whether somebody must look after the target: notices were given up, or none has arrived for an hour.",
        |row| Some(i64::from(row.is_failing)),
    ),
    (
        "notification_failures",
        "Attempts in a row that did not reach the target; 0 if the last one did.",
        |row| Some(i64::from(row.failures)),
    ),
    ("notifications_given_up", "Notices that were given up since the target was reached last.", |row| {
        Some(i64::from(row.given_up))
    }),
    ("notifications_waiting", "Notices that wait to be sent.", |row| i64::try_from(row.waiting).ok()),
    (
        "notification_failing_since_timestamp_seconds",
        "Since when the target can't be reached, in Unix time.",
        |row| row.failing_since,
    ),
];

impl TargetRow {
    pub(super) fn of(state: &TargetState, now: Moment) -> Self {
        let trouble = state.trouble.as_ref();
        Self {
            label: label_value(&state.target.name).into(),
            is_failing: state.is_failing(now),
            failures: trouble.map_or(0, |trouble| trouble.attempts),
            given_up: trouble.map_or(0, |trouble| trouble.given_up),
            waiting: state.waiting,
            failing_since: trouble.map(|trouble| trouble.since.timestamp()),
        }
    }
}

/// Writes the families that have samples.
pub(super) fn write(f: &mut fmt::Formatter<'_>, rows: &[TargetRow]) -> fmt::Result {
    for (name, help, sample) in FAMILIES {
        let mut samples = rows.iter().filter_map(|row| Some((&row.label, sample(row)?))).peekable();
        if samples.peek().is_some() {
            write_head(f, name, help)?;
        }
        samples.try_for_each(|(label, value)| writeln!(f, "{PREFIX}{name}{{target=\"{label}\"}} {value}"))?;
    }
    Ok(())
}
