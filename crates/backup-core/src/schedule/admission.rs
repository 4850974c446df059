//! Which schedules may stand beside each other in a book.

use std::path::Path;

use super::{Item, ScheduleBook, ScheduleEntry};
use crate::error::Error;

/// A line of the book, and the schedule on it if it may run.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The line.
    pub item: Item<'a>,
    /// The schedule, or why this line is passed over.
    pub entry: Result<&'a ScheduleEntry, Error>,
}

/// Returns every schedule of the book with the verdict on it: a line that isn't understood, that repeats an earlier
/// one, or that gives an earlier one's name to another folder doesn't run, and stops no other.
#[must_use]
pub fn admit<'a>(book: &'a ScheduleBook, home: &Path) -> Vec<Admitted<'a>> {
    let mut admitted: Vec<Admitted<'a>> = Vec::new();
    for item in book.items() {
        let entry = match item.entry {
            Err(fault) => Err(Error::MalformedSchedule { text: item.text(), fault }),
            Ok(entry) => clash(&admitted, entry, home).map_or(Ok(entry), Err),
        };
        admitted.push(Admitted { item, entry });
    }
    admitted
}

/// Adds a schedule to the book.
///
/// # Errors
/// [`Error::DuplicateSchedule`] when the book has it, [`Error::NameTaken`] when its name belongs to another folder.
pub fn add(book: &mut ScheduleBook, entry: &ScheduleEntry, home: &Path) -> Result<(), Error> {
    match clash(&admit(book, home), entry, home) {
        Some(error) => Err(error),
        None => {
            book.push(entry.clone());
            Ok(())
        }
    }
}

fn clash(earlier: &[Admitted<'_>], entry: &ScheduleEntry, home: &Path) -> Option<Error> {
    earlier.iter().find_map(|Admitted { item, entry: other }| {
        let other = other.as_ref().ok()?;
        if other.name() != entry.name() {
            return None;
        }
        if !other.same_source(entry, home) {
            let name = entry.name().to_string();
            return Some(Error::NameTaken { name, index: item.index, other: other.to_string() });
        }
        let same = other.rule() == entry.rule();
        same.then(|| Error::DuplicateSchedule { index: item.index, text: other.to_string() })
    })
}
