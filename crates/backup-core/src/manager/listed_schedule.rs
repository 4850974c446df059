//! Listed schedule: a line of the schedules file, as `list` shows it.

use std::sync::Arc;

use crate::model::error::Error;
use crate::model::schedule::ScheduleEntry;
use crate::operation::admission::Admitted;

/// A line of the schedules file that is, or should be, a schedule.
#[derive(Debug)]
pub struct ListedSchedule {
    /// The index, counted from 0. `delete` and `run` take it.
    pub index: usize,
    /// The number of the line in the file, counted from 1.
    pub line_number: usize,
    /// The line, safe to print.
    pub text: String,
    /// The schedule as it is written, if the line is understood.
    pub entry: Option<Arc<ScheduleEntry>>,
    /// Why it doesn't run, if it doesn't.
    pub refused: Option<Box<Error>>,
    /// Why it contradicts an earlier line with the same name, if it does. It runs anyway.
    pub contradiction: Option<Box<Error>>,
    /// Whether its name ends in what looks like a comment. It is part of the name.
    pub seems_commented: bool,
}

impl From<Admitted<'_>> for ListedSchedule {
    fn from(Admitted { item, entry, contradiction }: Admitted<'_>) -> Self {
        let seems_commented = entry.as_ref().is_ok_and(|entry| entry.seems_commented());
        let (index, line_number, text) = (item.index, item.line_number, item.text());
        let written = item.entry.ok().cloned();
        Self {
            index,
            line_number,
            text,
            entry: written,
            refused: entry.err(),
            contradiction,
            seems_commented,
        }
    }
}
