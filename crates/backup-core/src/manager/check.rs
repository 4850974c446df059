//! The use case that looks for what is wrong in the schedules, or most likely not meant.

use std::collections::HashMap;
use std::path::Path;

use super::{ListedSchedule, Manager};
use crate::backup::BackupName;
use crate::error::Error;
use crate::event::Event;
use crate::schedule::{Admitted, ScheduleEntry, Surroundings, Warning, WarningKind, warnings};
use crate::selection::Selection;

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

    /// Returns what is most likely not meant in a schedule that was just added, given as for [`create`](Self::create).
    /// Where that can't be told, nothing.
    #[must_use]
    pub fn warnings_of(&self, text: &str, user_home: Option<&Path>) -> Vec<Warning> {
        let Ok(entry) = text.parse::<ScheduleEntry>() else { return Vec::new() };
        let lines = self.checked(user_home).unwrap_or_default();
        let line = lines.into_iter().rfind(|checked| checked.line.text == entry.to_string());
        line.map(|checked| checked.warnings).unwrap_or_default()
    }

    fn checked(&self, user_home: Option<&Path>) -> Result<Vec<CheckedLine>, Error> {
        let is_there = |path: &Path| self.ports.archiver.is_there(path);
        let around = Surroundings { home: self.ports.home, user_home, is_there: &is_there };
        let (book, mut selections) = (self.load_book()?, HashMap::new());
        let checked = self.admit(&book).into_iter().map(|line| {
            let mut warnings = match line.item.entry {
                Ok(entry) => warnings(entry, &around),
                Err(_) => misplaced_comment(&line.item.text()).into_iter().collect(),
            };
            warnings.extend(other_selection(&line, &mut selections));
            CheckedLine { line: line.into(), warnings }
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
fn other_selection(
    line: &Admitted<'_>,
    seen: &mut HashMap<BackupName, (String, Selection)>,
) -> Option<Warning> {
    let entry = line.entry.as_ref().ok()?;
    let selection = entry.options().selection();
    let first = seen.entry(entry.name().clone()).or_insert_with(|| (line.item.text(), selection.clone()));
    (first.1 != selection).then(|| Warning {
        kind: WarningKind::OtherSelection,
        value: first.0.clone(),
        suggestion: None,
    })
}
