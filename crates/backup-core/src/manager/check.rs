//! Check: the use case that finds errors and likely mistakes in the schedules.

use std::collections::HashMap;
use std::path::Path;

use super::Manager;
use crate::manager::listed_schedule::ListedSchedule;
use crate::model::error::Error;
use crate::model::schedule::{EntryError, OptionError, ScheduleEntry, fault_column};
use crate::operation::configuration::load_config_for_view;
use crate::policy::config_warnings::{ConfigSurroundings, ConfigWarning, config_warnings};
use crate::policy::schedule_warnings::{Warning, WarningContext, WarningKind, warnings};
use crate::time::Moment;

/// A line of the schedules file, with its likely mistakes.
#[derive(Debug)]
pub struct CheckedLine {
    /// The line.
    pub line: ListedSchedule,
    /// The likely mistakes.
    pub warnings: Vec<Warning>,
    /// The next planned run, if the line runs and isn't paused.
    pub next_run: Option<Moment>,
    /// Whether the line is paused.
    pub is_paused: bool,
    /// Whether it can be told when the line runs. With a wrong configuration it can't, and no run of it begins.
    pub is_judged: bool,
    /// The column in which the mistake is, if that is known; see [`fault_column`].
    pub column: Option<usize>,
}

impl CheckedLine {
    /// Returns why the line doesn't run as it is written, if it doesn't.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.line.refused.as_deref().or(self.line.contradiction.as_deref())
    }
}

impl Manager<'_> {
    /// Returns every schedule, and every line that should be one, with its errors and likely mistakes.
    ///
    /// `user_home` is the folder that `~` stands for in a shell.
    ///
    /// # Errors
    /// [`Error::SchedulesMissing`], or a failure of the store.
    pub fn check(&self, user_home: Option<&Path>) -> Result<Vec<CheckedLine>, Error> {
        let (book, mut first_of_name) = (self.load_schedules()?, HashMap::new());
        let is_judged = load_config_for_view(&self.ports).1.is_none();
        let lines = self.admit_for_view(&book).into_iter().map(|line| {
            let mut warnings = match line.item.entry {
                Ok(entry) => self.warnings(entry, user_home),
                Err(_) => misplaced_comment(&line.item.text()).into_iter().collect(),
            };
            if let (Ok(runs), Ok(entry)) = (&line.entry, line.item.entry) {
                let selection = runs.options().selection();
                let (first, chosen) = first_of_name.entry(entry.name()).or_insert((entry, selection.clone()));
                warnings.extend((selection != *chosen).then(|| other_selection(first)));
            }
            let runs = line.entry.as_ref().ok();
            let is_paused = runs.is_some_and(|entry| entry.options().is_paused());
            let next_run = runs.filter(|_| is_judged).and_then(|entry| self.first_run_of(entry));
            let text = line.item.text();
            let fault = line.item.entry.as_ref().err();
            let column = fault.and_then(|fault| fault_column(&text, fault));
            let mut line = ListedSchedule::from(line);
            line.refused = line.refused.filter(|error| is_judged || !names_a_table(error));
            CheckedLine { line, warnings, next_run, is_paused, is_judged, column }
        });
        Ok(lines.collect())
    }

    /// Returns the likely mistakes in the configuration. Of a wrong one there are none: its faults come first.
    #[must_use]
    pub fn config_warnings(&self) -> Vec<ConfigWarning> {
        let (Ok(config), Ok(book)) = (self.config(), self.load_schedules_if_any()) else { return Vec::new() };
        let around = ConfigSurroundings {
            home: self.ports.home,
            entries: &book.entries().collect::<Vec<_>>(),
            obstacle: &|command, dir| self.ports.commands.obstacle(command, dir),
            file_problem: &|file| self.ports.config.file_problem(file),
        };
        config_warnings(&config, &around)
    }

    /// Returns the likely mistakes in one schedule, given as for [`create`](Self::create). The other schedules don't matter.
    #[must_use]
    pub fn warnings_of(&self, text: &str, user_home: Option<&Path>) -> Vec<Warning> {
        let entry = text.parse::<ScheduleEntry>();
        entry.map(|entry| self.warnings(&entry, user_home)).unwrap_or_default()
    }

    fn warnings(&self, entry: &ScheduleEntry, user_home: Option<&Path>) -> Vec<Warning> {
        let is_there = |path: &Path| self.ports.archiver.is_there(path);
        warnings(entry, &WarningContext { home: self.ports.home, user_home, is_there: &is_there })
    }
}

/// Returns whether a schedule is refused because it names a table that isn't there. A wrong configuration may have it.
fn names_a_table(error: &Error) -> bool {
    let (Error::MalformedSchedule { fault, .. } | Error::MalformedLine { fault, .. }) = error else {
        return false;
    };
    matches!(fault, EntryError::Option(OptionError::NoSuchTable { .. }))
}

/// Warns if the line would be a valid schedule without the comment at its end.
fn misplaced_comment(text: &str) -> Option<Warning> {
    let (before, _) = text.split_once(" #")?;
    let before = before.trim_end();
    before.parse::<ScheduleEntry>().ok()?;
    let (kind, value) = (WarningKind::OptionComment, text.to_owned());
    Some(Warning { kind, value, suggestion: Some(before.to_owned()) })
}

/// Returns the warning that a schedule leaves out other entries than the first schedule with its name.
fn other_selection(first: &ScheduleEntry) -> Warning {
    Warning { kind: WarningKind::OtherSelection, value: first.to_string(), suggestion: None }
}
