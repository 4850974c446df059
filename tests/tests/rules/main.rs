//! The rules of schedules, compared with other people's programs for the same texts.

mod calendar;
mod cron;

use std::iter::successors;

use backup_core::chrono::{DateTime, Utc};
use backup_core::model::schedule::{Schedule, TimeRule};
use backup_core::time::Clock;

/// Returns the first runs of a rule after an instant.
fn runs(rule: &TimeRule, after: DateTime<Utc>, count: usize, clock: &dyn Clock) -> Vec<DateTime<Utc>> {
    let next = |after: &DateTime<Utc>| rule.next_after(after.fixed_offset(), clock).map(|run| run.to_utc());
    successors(next(&after), next).take(count).collect()
}
