//! A line of the schedules file, as `list` shows it.

use crate::model::error::Error;
use crate::model::schedule::ScheduleEntry;
use crate::policy::admission::Admitted;

/// A line of the schedules file as `list` shows it.
#[derive(Debug)]
pub struct ListedSchedule {
    /// What `delete` and `run` take.
    pub index: usize,
    /// Counts all lines of the file, from 1.
    pub line_number: usize,
    /// The line, safe to print.
    pub text: String,
    /// Why it doesn't run, if so.
    pub refused: Option<Error>,
    /// Why it contradicts an earlier line of its name, if it does. It runs all the same.
    pub contradiction: Option<Error>,
    /// Its name looks as if a comment was meant at its end, but is a name all the same.
    pub seems_commented: bool,
}

impl From<Admitted<'_>> for ListedSchedule {
    fn from(Admitted { item, entry, contradiction }: Admitted<'_>) -> Self {
        let seems_commented = entry.as_ref().is_ok_and(ScheduleEntry::seems_commented);
        let (index, line_number, text) = (item.index, item.line_number, item.text());
        Self { index, line_number, text, refused: entry.err(), contradiction, seems_commented }
    }
}
