//! Which schedules may stand beside each other in a book.

use std::collections::HashMap;
use std::path::Path;

use super::{EntryFault, Item, OptionFault, ScheduleBook, ScheduleEntry};
use crate::backup::BackupName;
use crate::error::Error;
use crate::ports::Archiver;
use crate::restore::OWN_FOLDERS;

/// A line of the book, and the schedule on it if it may run.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The line.
    pub item: Item<'a>,
    /// The schedule, or why this line is passed over.
    pub entry: Result<&'a ScheduleEntry, Error>,
}

/// Returns every schedule of the book with the verdict on it: a line that isn't understood, that repeats an earlier
/// one, that gives an earlier one's name to another folder, or whose patterns `archiver` can't make sense of, or whose
/// source is our own doesn't run, and stops no other.
#[must_use]
pub fn admit<'a>(book: &'a ScheduleBook, home: &Path, archiver: &dyn Archiver) -> Vec<Admitted<'a>> {
    let mut named = Named::default();
    let admitted = book.items().map(|item| {
        let entry = match item.entry.clone() {
            Err(fault) => Err(Error::MalformedSchedule { text: item.text(), fault }),
            Ok(entry) => {
                check(entry, home, archiver).and_then(|()| named.clash(entry, home).map_or(Ok(entry), Err))
            }
        };
        if let Ok(entry) = entry {
            named.take_in(item.index, entry);
        }
        let entry = entry.map_err(|error| if book.is_withheld() { withhold(error, &item) } else { error });
        Admitted { item, entry }
    });
    admitted.collect()
}

/// Names a line by its number where its text must not be quoted.
fn withhold(error: Error, item: &Item<'_>) -> Error {
    match error {
        Error::MalformedSchedule { fault, .. } => {
            Error::MalformedLine { line_number: item.line_number, fault }
        }
        other => other,
    }
}

/// Adds a schedule to the book.
///
/// # Errors
/// [`Error::MalformedSchedule`] for a pattern that `archiver` can't make sense of, [`Error::OwnFolder`],
/// [`Error::DuplicateSchedule`] when
/// the book has it, whatever its options are, [`Error::NameTaken`] when its name belongs to another folder.
pub fn add(
    book: &mut ScheduleBook,
    entry: &ScheduleEntry,
    home: &Path,
    archiver: &dyn Archiver,
) -> Result<(), Error> {
    check(entry, home, archiver)?;
    let mut named = Named::default();
    for Admitted { item, entry } in admit(book, home, archiver) {
        entry.into_iter().for_each(|entry| named.take_in(item.index, entry));
    }
    if let Some(error) = named.clash(entry, home) {
        return Err(error);
    }
    book.push(entry.clone());
    Ok(())
}

/// Makes sure that the archiver understands what the entry leaves out, and that its source is not our own, as far as the
/// text tells: what leads there by links is refused when it is packed.
///
/// # Errors
/// [`Error::MalformedSchedule`] for a pattern that it can't make sense of, [`Error::OwnFolder`].
pub fn check(entry: &ScheduleEntry, home: &Path, archiver: &dyn Archiver) -> Result<(), Error> {
    let source = entry.source_under(home);
    if let Some(own) = OWN_FOLDERS.into_iter().find(|own| source.starts_with(home.join(own))) {
        return Err(Error::OwnFolder { source: entry.source().to_owned(), own });
    }
    archiver.check_selection(&entry.options().selection()).map_err(|fault| {
        let fault = EntryFault::Option(OptionFault::Pattern(fault));
        Error::MalformedSchedule { text: entry.to_string(), fault }
    })
}

/// The schedules so far, by the name of their backups.
#[derive(Default)]
struct Named<'a> {
    schedules: HashMap<&'a BackupName, Vec<(usize, &'a ScheduleEntry)>>,
}

impl<'a> Named<'a> {
    fn take_in(&mut self, index: usize, entry: &'a ScheduleEntry) {
        self.schedules.entry(entry.name()).or_default().push((index, entry));
    }

    /// Returns why `entry` can't stand behind these.
    fn clash(&self, entry: &ScheduleEntry, home: &Path) -> Option<Error> {
        self.schedules.get(entry.name())?.iter().find_map(|(index, other)| {
            let (index, text) = (*index, other.to_string());
            if !other.same_source(entry, home) {
                return Some(Error::NameTaken { name: entry.name().to_string(), index, other: text });
            }
            let same = other.rule() == entry.rule();
            same.then_some(Error::DuplicateSchedule { index, text })
        })
    }
}
