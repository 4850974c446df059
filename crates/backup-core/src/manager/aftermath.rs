//! What a run by hand leaves to be done: the history, the older generations, the list of sums.

use super::Manager;
use crate::backup::{ArchiveName, BackupName};
use crate::error::PortError;
use crate::event::Event;
use crate::history::{HistoryNote, Ledger, Outcome, RunRecord, Unfinished, shortened};
use crate::prune::{Tidied, tidy_up};
use crate::published::{is_under_way, published};
use crate::schedule::ScheduleEntry;

impl Manager<'_> {
    /// Notes how a run ended, and does what that leaves to be done. Returns what there is to say of it.
    pub(super) fn see_to(&self, entry: &ScheduleEntry, record: RunRecord) -> Vec<Event> {
        let outcome = record.outcome;
        let note = HistoryNote::Ended(record);
        let mut said: Vec<_> = self.remember(&note).into_iter().collect();
        said.extend(self.tidy_up(entry, outcome, Some(&note)));
        said
    }

    /// The archive stands whether or not the history can hold it; a backup by hand settles nothing that is planned.
    /// Returns what there is to say where it can't.
    fn remember(&self, note: &HistoryNote) -> Option<Event> {
        let noted = self.append(std::slice::from_ref(note));
        noted.err().map(|error| Event::Failed(error.to_string()))
    }

    /// Adds notes to the history, and shortens it where it has grown too long.
    pub(super) fn append(&self, notes: &[HistoryNote]) -> Result<(), PortError> {
        notes.iter().try_for_each(|note| self.ports.history.append(note))?;
        self.ports.history.shorten(&|notes| shortened(notes)).map(drop)
    }

    /// Sees to the older generations and the list of sums, going by the history and by a note that it may not hold.
    /// Returns what there is to say.
    pub(super) fn tidy_up(
        &self,
        entry: &ScheduleEntry,
        outcome: Outcome,
        note: Option<&HistoryNote>,
    ) -> Vec<Event> {
        let notes = match self.ports.history.load() {
            Ok(notes) => notes,
            Err(error) => return vec![Event::Failed(error.to_string())],
        };
        let ledger = Ledger::new(notes.iter().chain(note));
        let Tidied { notes, mut events } = tidy_up(&self.ports, &ledger, entry, outcome);
        events.extend(notes.iter().filter_map(|note| self.remember(note)));
        events
    }

    /// Notes of an archive that is about to be replaced that its run was done, where its process died before it could: who
    /// comes later can't tell any more. Where somebody is at it, nothing is replaced.
    pub(super) fn note_published(&self, name: &BackupName, ledger: &mut Ledger) {
        let is_of_it = |run: &Unfinished| {
            let archive = run.sealed.as_ref().and_then(|sealed| ArchiveName::parse(sealed.archive.as_ref()?));
            archive.is_some_and(|archive| archive.backup == *name)
        };
        let is_over = |run: &&Unfinished| is_of_it(run) && !is_under_way(&self.ports, run);
        for unfinished in ledger.unfinished().iter().filter(is_over) {
            if let Some(run) = published(&self.ports, unfinished) {
                let note = HistoryNote::Ended(run);
                ledger.take_in(&note);
                self.say(self.remember(&note).as_slice());
            }
        }
    }
}
