//! The way over for a line of a crontab that needs the configuration too.

use std::collections::HashSet;

use super::schedule::{split_time, without_percent};
use super::table::CrontabWay;
use super::{around, output};

/// Returns the way over for a line. `names` are those that are taken.
pub(super) fn way(line: &str, names: &mut HashSet<String>) -> Option<CrontabWay> {
    let (time, command) = split_time(line)?;
    let command = without_percent(command);
    output::way(&time, &command, names).or_else(|| around::way(&time, &command, names))
}
