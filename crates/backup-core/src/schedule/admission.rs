//! Which schedules may stand beside each other in a book.

use std::path::Path;

use super::{EntryFault, Item, OptionFault, ScheduleBook, ScheduleEntry};
use crate::error::Error;
use crate::ports::Archiver;

/// A line of the book, and the schedule on it if it may run.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The line.
    pub item: Item<'a>,
    /// The schedule, or why this line is passed over.
    pub entry: Result<&'a ScheduleEntry, Error>,
}

/// Returns every schedule of the book with the verdict on it: a line that isn't understood, that repeats an earlier
/// one, that gives an earlier one's name to another folder, or whose patterns `archiver` can't make sense of doesn't
/// run, and stops no other.
#[must_use]
pub fn admit<'a>(book: &'a ScheduleBook, home: &Path, archiver: &dyn Archiver) -> Vec<Admitted<'a>> {
    let mut admitted: Vec<Admitted<'a>> = Vec::new();
    for item in book.items() {
        let entry = match item.entry.clone() {
            Err(fault) => Err(Error::MalformedSchedule { text: item.text(), fault }),
            Ok(entry) => {
                check(entry, archiver).and_then(|()| clash(&admitted, entry, home).map_or(Ok(entry), Err))
            }
        };
        admitted.push(Admitted { item, entry });
    }
    admitted
}

/// Adds a schedule to the book.
///
/// # Errors
/// [`Error::MalformedSchedule`] for a pattern that `archiver` can't make sense of, [`Error::DuplicateSchedule`] when
/// the book has it, whatever its options are, [`Error::NameTaken`] when its name belongs to another folder.
pub fn add(
    book: &mut ScheduleBook,
    entry: &ScheduleEntry,
    home: &Path,
    archiver: &dyn Archiver,
) -> Result<(), Error> {
    check(entry, archiver)?;
    match clash(&admit(book, home, archiver), entry, home) {
        Some(error) => Err(error),
        None => {
            book.push(entry.clone());
            Ok(())
        }
    }
}

/// Makes sure that the archiver understands what the entry leaves out.
///
/// # Errors
/// [`Error::MalformedSchedule`] for a pattern that it can't make sense of.
pub fn check(entry: &ScheduleEntry, archiver: &dyn Archiver) -> Result<(), Error> {
    archiver.check_selection(&entry.options().selection()).map_err(|fault| {
        let fault = EntryFault::Option(OptionFault::Pattern(fault));
        Error::MalformedSchedule { text: entry.to_string(), fault }
    })
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
