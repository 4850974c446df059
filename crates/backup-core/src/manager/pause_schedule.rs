//! Pause schedule: the use cases that pause schedules and resume them.

use std::collections::BTreeSet;

use super::Manager;
use super::schedule_query::{matching, names, no_such_schedule};
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::schedule::{EntryError, Item, ScheduleBook, ScheduleEntry, ScheduleOption};

/// A schedule that was to be paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PausedSchedule {
    /// Its index.
    pub index: usize,
    /// What it is now.
    pub entry: ScheduleEntry,
    /// Whether it was the other way before.
    pub is_changed: bool,
}

impl Manager<'_> {
    /// Pauses the schedule with that index, or all schedules with that name: no runs of them are planned any more.
    ///
    /// A run that is under way goes on. Runs by hand still work.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::MalformedSchedule`], [`Error::SchedulesMissing`], or a failure of the store.
    pub fn pause(&self, key: &str) -> Result<Vec<PausedSchedule>, Error> {
        self.log_error(self.set_paused(key, true))
    }

    /// Resumes the schedule with that index, or all schedules with that name. Runs planned in the meantime are not made up
    /// for.
    ///
    /// # Errors
    /// As [`pause`](Self::pause), or a failure of the history.
    pub fn resume(&self, key: &str) -> Result<Vec<PausedSchedule>, Error> {
        self.log_error(self.set_paused(key, false))
    }

    fn set_paused(&self, key: &str, is_paused: bool) -> Result<Vec<PausedSchedule>, Error> {
        self.load_schedules()?;
        let now = self.ports.clock.now();
        let (mut done, mut noted) = (Vec::new(), BTreeSet::new());
        self.change_book(&mut |book| {
            done = paused_lines(book, key, is_paused)?;
            let mut after = book.clone();
            for line in done.iter().filter(|line| line.is_changed) {
                if !is_paused && noted.insert(line.entry.identity()) {
                    self.note_adoption(&line.entry, now)?;
                }
                after.replace(line.index, line.entry.clone());
            }
            Ok((after != *book).then_some(after))
        })?;
        self.log(
            &done
                .iter()
                .filter(|line| line.is_changed)
                .map(|line| event(line, is_paused))
                .collect::<Vec<_>>(),
        );
        Ok(done)
    }
}

fn event(line: &PausedSchedule, is_paused: bool) -> Event {
    let (index, text) = (line.index, line.entry.to_string());
    if is_paused { Event::SchedulePaused { index, text } } else { Event::ScheduleResumed { index, text } }
}

/// Returns what becomes of the lines that a key refers to. Those that aren't understood are left out if others are.
fn paused_lines(book: &ScheduleBook, key: &str, is_paused: bool) -> Result<Vec<PausedSchedule>, Error> {
    let items: Vec<_> = book.items().collect();
    let names = names(book.items());
    let indexes = matching(key, &names).indexes;
    let lines: Vec<_> = indexes.iter().map(|index| paused_line(&items[*index], is_paused)).collect();
    let understood: Vec<_> = lines.iter().filter_map(|line| line.as_ref().ok().cloned()).collect();
    match lines.into_iter().find_map(Result::err) {
        Some(error) if understood.is_empty() => Err(error),
        None if understood.is_empty() => Err(no_such_schedule(key, &names)),
        _ => Ok(understood),
    }
}

fn paused_line(item: &Item<'_>, is_paused: bool) -> Result<PausedSchedule, Error> {
    let malformed = |fault: &EntryError| Error::MalformedSchedule { text: item.text(), fault: fault.clone() };
    let before: &ScheduleEntry = item.entry.map_err(malformed)?;
    let is_changed = before.options().is_paused() != is_paused;
    let mut options = before.options().clone();
    if is_paused {
        options.set(ScheduleOption::Paused(true));
    } else {
        options.remove_key("paused");
    }
    let entry = if is_changed { before.clone().with_only_options(options) } else { before.clone() };
    Ok(PausedSchedule { index: item.index, entry, is_changed })
}
