//! The use case that looks for what is wrong in the schedules, or most likely not meant.

use std::collections::HashMap;
use std::path::Path;

use super::Manager;
use crate::manager::listed_schedule::ListedSchedule;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::schedule::ScheduleEntry;
use crate::policy::schedule_warnings::{Warning, WarningContext, WarningKind, warnings};

/// A line of the schedules file, and what there is to say of it.
#[derive(Debug)]
pub struct CheckedLine {
    /// The line.
    pub line: ListedSchedule,
    /// What is most likely not meant.
    pub warnings: Vec<Warning>,
}

impl CheckedLine {
    /// Returns why the line doesn't run as it is written, if so.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.line.refused.as_ref().or(self.line.contradiction.as_ref())
    }
}

impl Manager<'_> {
    /// Returns every schedule, and every line that should be one, with what is wrong with it or most likely not meant.
    /// `user_home` is what people mean by `~`.
    ///
    /// # Errors
    /// [`Error::SchedulesMissing`], or a failure of the store.
    pub fn check(&self, user_home: Option<&Path>) -> Result<Vec<CheckedLine>, Error> {
        self.logged(self.checked(user_home), |_| Event::SchedulesChecked)
    }

    /// Returns what is most likely not meant in a schedule, given as for [`create`](Self::create), whatever stands beside it.
    #[must_use]
    pub fn warnings_of(&self, text: &str, user_home: Option<&Path>) -> Vec<Warning> {
        let entry = text.parse::<ScheduleEntry>();
        entry.map(|entry| self.warnings(&entry, user_home)).unwrap_or_default()
    }

    fn warnings(&self, entry: &ScheduleEntry, user_home: Option<&Path>) -> Vec<Warning> {
        let is_there = |path: &Path| self.ports.archiver.is_there(path);
        warnings(entry, &WarningContext { home: self.ports.home, user_home, is_there: &is_there })
    }

    fn checked(&self, user_home: Option<&Path>) -> Result<Vec<CheckedLine>, Error> {
        let (book, mut first) = (self.load_book()?, HashMap::new());
        let checked = self.admit(&book).into_iter().map(|line| {
            let mut found = match line.item.entry {
                Ok(entry) => self.warnings(entry, user_home),
                Err(_) => misplaced_comment(&line.item.text()).into_iter().collect(),
            };
            if let (Ok(_), Ok(entry)) = (&line.entry, line.item.entry.clone()) {
                let first = *first.entry(entry.name()).or_insert(entry);
                found.extend(other_selection(entry, first));
            }
            CheckedLine { line: line.into(), warnings: found }
        });
        Ok(checked.collect())
    }
}

/// A line that isn't understood because of a comment at its end, most likely.
fn misplaced_comment(text: &str) -> Option<Warning> {
    let (before, _) = text.split_once(" #")?;
    let before = before.trim_end();
    before.parse::<ScheduleEntry>().ok()?;
    let (kind, value) = (WarningKind::OptionComment, text.to_owned());
    Some(Warning { kind, value, suggestion: Some(before.to_owned()) })
}

/// A schedule that leaves out something else than the first of its name.
fn other_selection(entry: &ScheduleEntry, first: &ScheduleEntry) -> Option<Warning> {
    let differs = entry.options().selection() != first.options().selection();
    let (kind, value) = (WarningKind::OtherSelection, first.to_string());
    differs.then_some(Warning { kind, value, suggestion: None })
}
