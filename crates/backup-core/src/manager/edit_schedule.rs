//! Edit schedule: the use case that changes one schedule.

use super::Manager;
use super::schedule_query::only_match;
use crate::model::archive::{BackupName, BackupRecord, by_name};
use crate::model::config::Config;
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::Ledger;
use crate::model::schedule::{EntryError, Item, ScheduleBook, ScheduleEntry, ScheduleOption};
use crate::operation::admission::{Admission, replace};
use crate::operation::prune::prune_decisions;
use crate::policy::retention::Retention;

/// What is changed of a schedule. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleEdit {
    /// The new folder.
    pub folder: Option<String>,
    /// The new time.
    pub time: Option<String>,
    /// The new name.
    pub name: Option<String>,
    /// Options that are removed: keys, or fields `key=value` for one of several values.
    pub unset: Vec<String>,
    /// Options that are set, after that.
    pub set: Vec<ScheduleOption>,
}

/// A schedule that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedSchedule {
    /// Its index.
    pub index: usize,
    /// What it was.
    pub before: ScheduleEntry,
    /// What it is now. Nothing was written if it is the same.
    pub after: ScheduleEntry,
    /// Why lines of its name contradict each other now, if they do. They run all the same.
    pub contradiction: Option<Error>,
    /// How many archives still have the old name, if the name was changed. They are no backups of the new name: its rules
    /// neither count nor remove them.
    pub archives_of_old_name: usize,
    /// How many older archives no rule keeps any more, if the rules or the name were changed. The next run removes them.
    pub going: usize,
}

impl EditedSchedule {
    /// Returns whether anything was changed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before != self.after
    }

    fn is_renamed(&self) -> bool {
        self.before.name() != self.after.name()
    }

    /// Returns whether runs are planned that weren't planned before.
    fn has_new_plan(&self) -> bool {
        let (before, after) = (&self.before, &self.after);
        !after.options().is_paused()
            && (before.identity() != after.identity() || before.options().is_paused())
    }
}

impl Manager<'_> {
    /// Changes the schedule with that index, or the only one with that name.
    ///
    /// A changed time keeps the history of the backup. Runs planned before the current minute by the new time are not made
    /// up for. Archives are never renamed.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::SeveralSchedules`], [`Error::NewNameTaken`], [`Error::SchedulesMissing`], or what
    /// [`create`](Self::create) returns for the new schedule. Then nothing is changed.
    pub fn edit(&self, key: &str, edit: &ScheduleEdit) -> Result<EditedSchedule, Error> {
        let mut edited = self.log_error(self.edit_schedule(key, edit))?;
        if edited.is_changed() {
            // The edit is made, whether this can be told or not.
            edited.going = self.going_by(&edited).unwrap_or_default();
            let (before, after) = (edited.before.to_string(), edited.after.to_string());
            self.log(&[Event::ScheduleChanged { index: edited.index, before, after }]);
        }
        Ok(edited)
    }

    fn edit_schedule(&self, key: &str, edit: &ScheduleEdit) -> Result<EditedSchedule, Error> {
        self.load_schedules()?;
        let config = self.config()?;
        let now = self.ports.clock.now();
        let (mut done, mut noted) = (None, None);
        self.change_book(&mut |book| {
            let missing = |near, schedules| Error::NoSuchSchedule { key: key.to_owned(), near, schedules };
            let item = only_match(key, book, missing)?;
            let mut edited = edited(&item, edit)?;
            let after = self.approve_edit(book, &mut edited, &config)?;
            if edited.has_new_plan() && noted.as_ref() != Some(&edited.after) {
                self.note_adoption(&edited.after, now)?;
                noted = Some(edited.after.clone());
            }
            let after = edited.is_changed().then_some(after);
            done = Some(edited);
            Ok(after)
        })?;
        Ok(done.expect("a change of the book is approved before it is made"))
    }

    /// Checks an edit, and returns the book with it.
    fn approve_edit(
        &self,
        book: &ScheduleBook,
        edited: &mut EditedSchedule,
        config: &Config,
    ) -> Result<ScheduleBook, Error> {
        let EditedSchedule { before, after, .. } = &*edited;
        let mut changed = book.clone();
        if before == after {
            return Ok(changed);
        }
        if after.seems_commented() && !before.seems_commented() {
            return Err(malformed(after.to_string(), EntryError::TrailingComment));
        }
        if before.identity() != after.identity() {
            self.ports.clock.check_zone().map_err(Error::UnknownZone)?;
        }
        let archives_of_old_name =
            if edited.is_renamed() { self.check_new_name(book, before, after)? } else { 0 };
        let contradiction = replace(&mut changed, edited.index, after, Admission::new(&self.ports, config))?;
        self.refuse_another_s_archive(&after.with_defaults(&config.defaults))?;
        (edited.contradiction, edited.archives_of_old_name) = (contradiction, archives_of_old_name);
        Ok(changed)
    }

    /// Checks that no schedules have the new name, and only archives of the same folder. Returns how many archives have the
    /// old one.
    fn check_new_name(
        &self,
        book: &ScheduleBook,
        before: &ScheduleEntry,
        after: &ScheduleEntry,
    ) -> Result<usize, Error> {
        let archives = match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Vec::new(),
            listed => listed?,
        };
        let archives = by_name(archives);
        let of = |name: &BackupName| archives.get(name).map_or(&[][..], Vec::as_slice);
        let has_name = |item: &Item<'_>| item.entry.as_ref().is_ok_and(|entry| entry.name() == after.name());
        let index = book.items().find(has_name).map(|item| item.index);
        let taken = match of(after.name()) {
            [] => 0,
            archives => self.archives_of_others(archives, after)?,
        };
        if index.is_some() || taken > 0 {
            return Err(Error::NewNameTaken { name: after.name().to_string(), index, archives: taken });
        }
        Ok(of(before.name()).len())
    }

    /// Returns how many of these archives the history doesn't know to be of the schedule's folder.
    fn archives_of_others(&self, archives: &[BackupRecord], after: &ScheduleEntry) -> Result<usize, Error> {
        let ledger = Ledger::new(&self.ports.history.load()?);
        let is_own = |backup: &&BackupRecord| {
            let run = ledger.made(&backup.file_name).filter(|run| run.archive_bytes == backup.archive_bytes);
            let made_by = run.and_then(|run| run.key.entry.parse::<ScheduleEntry>().ok());
            made_by.is_some_and(|entry| after.is_of(entry.source(), self.ports.home))
        };
        Ok(archives.iter().filter(|backup| !is_own(backup)).count())
    }

    /// Returns how many older archives the next run removes by rules that the edit changed.
    fn going_by(&self, edited: &EditedSchedule) -> Result<usize, Error> {
        let is_same = !edited.is_renamed() && edited.before.options().keep() == edited.after.options().keep();
        match edited.after.options().keep() {
            Some(rules) if !is_same => {
                let decisions =
                    prune_decisions(&self.ports, &self.rebuilt_ledger()?, edited.after.name(), rules)?;
                Ok(decisions.iter().filter(|one| one.verdict == Retention::Goes).count())
            }
            _ => Ok(0),
        }
    }
}

/// Returns what becomes of a line.
fn edited(item: &Item<'_>, edit: &ScheduleEdit) -> Result<EditedSchedule, Error> {
    let before = item.entry.map_err(|fault| malformed(item.text(), fault.clone()))?;
    let before = ScheduleEntry::clone(before);
    let identity = before.identity();
    let mut fields = identity.splitn(3, ';');
    let mut field = |new: &Option<String>| {
        let old = fields.next().unwrap_or_default();
        new.clone().unwrap_or_else(|| old.to_owned())
    };
    let fields = [field(&edit.folder), field(&edit.time), field(&edit.name)];
    let text = ScheduleEntry::text_of([&fields[0], &fields[1], &fields[2]])
        .map_err(|fault| malformed(fields.join(";"), fault))?;
    let mut options = before.options().clone();
    for field in &edit.unset {
        options
            .unset(field)
            .map_err(|fault| malformed(format!("{text};{field}"), EntryError::Option(fault)))?;
    }
    edit.set.iter().for_each(|option| options.set(option.clone()));
    let after: ScheduleEntry = text.parse().map_err(|fault| malformed(text.clone(), fault))?;
    let after = after.with_only_options(options);
    Ok(EditedSchedule {
        index: item.index,
        before,
        after,
        contradiction: None,
        archives_of_old_name: 0,
        going: 0,
    })
}

fn malformed(text: String, fault: EntryError) -> Error {
    Error::MalformedSchedule { text, fault }
}
