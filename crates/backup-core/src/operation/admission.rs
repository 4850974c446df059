//! Admission: which schedules of a book may run.

mod abilities;
mod facts;

pub(crate) use abilities::{COMMANDS, ENCRYPTION, HOOKS, check_option, no_such_table};
pub use facts::Admission;

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::model::archive::{BackupName, Grade};
use crate::model::config::Config;
use crate::model::error::Error;
use crate::model::restore::RESERVED_FOLDERS;
use crate::model::schedule::{
    EntryError, Item, Options, ScheduleBook, ScheduleEntry, ScheduleOption, Storage,
};
use crate::operation::admission::abilities::check_abilities;
use crate::ports::BackupStore;

/// A line of the book, and the schedule on it if it may run.
#[derive(Debug, Clone)]
pub struct Admitted<'a> {
    /// The line.
    pub item: Item<'a>,
    /// The schedule as it runs, with the default of each option that it doesn't set, or why this line doesn't run. If it
    /// contradicts another line, the safer of both counts. The line itself has the schedule as it is written.
    pub entry: Result<Arc<ScheduleEntry>, Box<Error>>,
    /// Why it contradicts an earlier line of its name, if it does: [`Error::Contradiction`]. It runs all the same.
    pub contradiction: Option<Box<Error>>,
}

impl Admitted<'_> {
    /// Returns the schedule as it runs, if it does.
    #[must_use]
    pub fn into_entry(self) -> Option<ScheduleEntry> {
        self.entry.ok().map(Arc::unwrap_or_clone)
    }
}

/// Returns every line of the book, and whether it may run. A line that doesn't run stops no other.
///
/// These don't run:
///
/// - a line that isn't understood, or that repeats an earlier one;
/// - a line with the name of an earlier one and another folder or command;
/// - a line whose name the store can't tell from another name;
/// - a line with an option that the archiver or the store can't carry out;
/// - a line whose archives would pass for those of another name, because of the ending that the store gives them;
/// - a line whose source is our own `backups` or `logs`.
///
/// Planned drills that [can't be made](can_drill) are left out.
#[must_use]
pub fn admit<'a>(book: &'a ScheduleBook, by: Admission<'_>) -> Vec<Admitted<'a>> {
    let judged = book.items().map(|item| Admitted { item, entry: judge(item, by), contradiction: None });
    let mut admitted: Vec<_> = judged.collect();
    let mut named = Named::of(admitted.iter().filter_map(running), by.backups);
    for line in &mut admitted {
        let clash = running(line).and_then(|entry| named.clash(entry, by.home));
        match (clash, running(line)) {
            (Some(error), _) => line.entry = Err(Box::new(error)),
            (None, Some(entry)) => named.take_in(line.item.index, entry),
            (None, None) => {}
        }
        if book.is_withheld()
            && let Err(error) = &mut line.entry
        {
            keep_quiet(error, line.item.line_number);
        }
    }
    let shared: Vec<_> = named.into_shared().collect();
    shared.iter().for_each(|places| settle(&mut admitted, places));
    admitted
}

fn judge(item: Item<'_>, by: Admission<'_>) -> Result<Arc<ScheduleEntry>, Box<Error>> {
    let malformed = |fault: &EntryError| Error::MalformedSchedule { text: item.text(), fault: fault.clone() };
    let entry = item.entry.map_err(malformed)?;
    let runs = match entry.with_defaults(&by.config.defaults) {
        Cow::Borrowed(_) => Arc::clone(entry),
        Cow::Owned(own) => Arc::new(own),
    };
    check_as_it_runs(&runs, by, || entry.to_string())?;
    if runs.options().drills().is_some() && !can_drill(runs.options(), by.config) {
        return Ok(Arc::new(ScheduleEntry::clone(&runs).with_options(&[ScheduleOption::Drill(None)])));
    }
    Ok(runs)
}

/// Returns whether the service can drill the archives of a schedule. Encrypted ones need an identity for that, which the machine
/// need not have.
#[must_use]
pub fn can_drill(options: &Options, config: &Config) -> bool {
    let table = options.encrypts_for().and_then(|name| config.encryption.get(name));
    options.encrypts_for().is_none() || table.is_some_and(|table| table.identity_for_drills().is_some())
}

/// Returns the schedule of a line as the book has it, if it runs.
fn running<'a>(line: &Admitted<'a>) -> Option<&'a ScheduleEntry> {
    line.entry.as_ref().ok().and(line.item.entry.ok()).map(|entry| &**entry)
}

/// Refers to a line by its number: its text must not be quoted.
fn keep_quiet(error: &mut Error, line_number: usize) {
    if let Error::MalformedSchedule { fault, .. } = error {
        *error = Error::MalformedLine { line_number, fault: fault.clone() };
    }
}

/// Adds a schedule to the book.
///
/// # Errors
/// What keeps its line from running: see [`admit`]; [`Error::DuplicateSchedule`] when the book has it, whatever its options
/// are. [`Error::Contradiction`] when it stores the archives of its name in another way than an earlier one.
pub fn add(book: &mut ScheduleBook, entry: &ScheduleEntry, by: Admission<'_>) -> Result<(), Error> {
    let mut wider = book.clone();
    wider.push(entry.clone());
    if let Some(Admitted { entry, contradiction, .. }) = admit(&wider, by).pop() {
        entry.map_err(|error| *error)?;
        contradiction.map_or(Ok(()), |error| Err(*error))?;
    }
    *book = wider;
    Ok(())
}

/// Replaces the schedule at an index of the book. Returns why lines of its name contradict each other now, if they do.
///
/// Such lines run all the same. They must be changed one after the other.
///
/// # Errors
/// What keeps the line, or another one that ran before, from running; see [`admit`]. The book stays what it was.
pub fn replace(
    book: &mut ScheduleBook,
    index: usize,
    entry: &ScheduleEntry,
    by: Admission<'_>,
) -> Result<Option<Error>, Error> {
    let mut changed = book.clone();
    changed.replace(index, entry.clone());
    let ran: Vec<bool> = admit(book, by).iter().map(|line| line.entry.is_ok()).collect();
    let mut contradiction = None;
    for (at, line) in admit(&changed, by).into_iter().enumerate() {
        if at == index || ran[at] {
            let is_of_name = line.entry.map_err(|error| *error)?.name() == entry.name();
            contradiction = contradiction.or(line.contradiction.filter(|_| is_of_name));
        }
    }
    *book = changed;
    Ok(contradiction.map(|error| *error))
}

/// Checks that the archiver and the store can carry out the options of an entry and its defaults, that its archives can be told from those
/// of other names, and that its source is not our own.
///
/// Only the text of the source is checked here. A source that leads to our own folders by links is refused when it is
/// packed.
///
/// # Errors
/// [`Error::MalformedSchedule`] for a pattern, an option or a name that can't be carried out, [`Error::OwnFolder`].
pub fn check(entry: &ScheduleEntry, by: Admission<'_>) -> Result<(), Error> {
    check_as_it_runs(&entry.with_defaults(&by.config.defaults), by, || entry.to_string())
}

/// Checks an entry that has its defaults. `text` is the one without them.
fn check_as_it_runs(
    entry: &ScheduleEntry,
    by: Admission<'_>,
    text: impl FnOnce() -> String,
) -> Result<(), Error> {
    if let Some(own) = own_folder(entry, by.home) {
        return Err(Error::OwnFolder { source: entry.source().to_owned(), own });
    }
    check_abilities(entry.options(), by)
        .map_err(EntryError::Option)
        .and_then(|()| check_name(entry, by.backups))
        .map_err(|fault| Error::MalformedSchedule { text: text(), fault })
}

/// Returns the folder of our own that a source is in, if it is.
fn own_folder(entry: &ScheduleEntry, home: &Path) -> Option<&'static str> {
    // Comparing paths takes much longer than this, and hardly any source has such a word in it.
    if !RESERVED_FOLDERS.iter().any(|own| entry.source().contains(own)) {
        return None;
    }
    let source = entry.source_under(home);
    let first = source.strip_prefix(home).ok()?.components().next()?;
    RESERVED_FOLDERS.into_iter().find(|own| first.as_os_str() == *own)
}

/// Checks that the file name of the archives tells where the backup's name ends.
fn check_name(entry: &ScheduleEntry, backups: &dyn BackupStore) -> Result<(), EntryError> {
    let ending = backups.ending(entry.options().format());
    if ending.is_clear_behind(entry.name().as_str()) {
        return Ok(());
    }
    let file_name = entry.name().archive(Grade::Complete, ending.clone()).to_string();
    Err(EntryError::UnclearEnding { file_name, ending })
}

/// The schedules so far, by the name of their backups.
struct Named<'a> {
    /// The first of each name.
    first: HashMap<&'a BackupName, (usize, &'a ScheduleEntry)>,
    /// The others of each name. Most names have none.
    others: HashMap<&'a BackupName, Vec<(usize, &'a ScheduleEntry)>>,
    /// The names that the store can't tell from another name, and which.
    aliases: HashMap<&'a BackupName, BackupName>,
}

impl<'a> Named<'a> {
    fn of(entries: impl Iterator<Item = &'a ScheduleEntry>, backups: &dyn BackupStore) -> Self {
        let most = entries.size_hint().1.unwrap_or_default();
        let mut seen = HashSet::with_capacity(most);
        let names: Vec<_> = entries.map(ScheduleEntry::name).filter(|name| seen.insert(*name)).collect();
        let aliases = names.iter().copied().zip(backups.aliases(&names));
        let aliases = aliases.filter_map(|(name, other)| Some((name, other?))).collect();
        Self { first: HashMap::with_capacity(names.len()), others: HashMap::new(), aliases }
    }

    fn take_in(&mut self, index: usize, entry: &'a ScheduleEntry) {
        match self.first.entry(entry.name()) {
            Entry::Vacant(first) => drop(first.insert((index, entry))),
            Entry::Occupied(_) => self.others.entry(entry.name()).or_default().push((index, entry)),
        }
    }

    /// Returns why `entry` can't stand behind these.
    fn clash(&self, entry: &ScheduleEntry, home: &Path) -> Option<Error> {
        if let Some(other) = self.aliases.get(entry.name()) {
            return Some(Error::NameAlias { name: entry.name().to_string(), other: other.to_string() });
        }
        let first = self.first.get(entry.name())?;
        let others = self.others.get(entry.name()).into_iter().flatten();
        std::iter::once(first).chain(others).find_map(|(index, other)| {
            let (index, text) = (*index, || other.to_string());
            let command = |entry: &ScheduleEntry| entry.options().command().map(str::to_owned);
            if !other.same_source(entry, home) || command(other) != command(entry) {
                return Some(Error::NameTaken { name: entry.name().to_string(), index, other: text() });
            }
            let same = other.time() == entry.time();
            same.then(|| Error::DuplicateSchedule { index, text: text() })
        })
    }

    /// Returns the indexes of the schedules of each name that several have.
    fn into_shared(self) -> impl Iterator<Item = Vec<usize>> {
        let first = self.first;
        self.others.into_iter().map(move |(name, others)| {
            let first = first.get(name).map(|(index, _)| *index);
            first.into_iter().chain(others.into_iter().map(|(index, _)| index)).collect()
        })
    }
}

/// Sets `contradiction` on later lines of a name that disagree about storage, and gives all lines of the name the safer
/// storage.
///
/// The lines at these places share the name. An index is also the place of its line.
fn settle(admitted: &mut [Admitted<'_>], places: &[usize]) {
    let storage = |line: &Admitted<'_>| line.entry.as_ref().ok().map(|entry| Storage::of(entry.options()));
    let storages: Vec<_> = places.iter().filter_map(|at| storage(&admitted[*at])).collect();
    let Some((first, later)) = storages.split_first() else { return };
    if later.iter().all(|other| other.differences(first).is_empty()) {
        return;
    }
    let (index, text) = (admitted[places[0]].item.index, admitted[places[0]].item.text());
    for (at, storage) in places[1..].iter().zip(later) {
        let options = storage.differences(first);
        let line = &mut admitted[*at];
        line.contradiction = (!options.is_empty()).then(|| {
            Box::new(Error::Contradiction { text: line.item.text(), index, other: text.clone(), options })
        });
    }
    let safe = later.iter().fold(first.clone(), Storage::safer).options();
    for at in places {
        let line = &mut admitted[*at];
        if let Ok(entry) = &mut line.entry {
            *entry = Arc::new(ScheduleEntry::clone(entry).with_options(&safe));
        }
    }
}
