//! What a run by hand leaves to be done: the history, the older generations, the list of sums.

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupName};
use crate::model::error::PortError;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunRecord, Unfinished, shortened};
use crate::model::schedule::ScheduleEntry;
use crate::operation::history_cache::HistoryCache;
use crate::operation::prune::{Occasion, Tidied, tidy_up};
use crate::operation::recovery::{is_under_way, published};

impl Manager<'_> {
    /// Notes how a run ended, and does what that leaves to be done. Returns what there is to say of it.
    pub(super) fn see_to(&self, entry: &ScheduleEntry, record: RunRecord) -> Vec<Event> {
        let occasion = Occasion::Run(record.outcome);
        self.tidy_up(entry, occasion, Some(HistoryNote::Ended(record))).events
    }

    /// Adds a note to the history. Returns what there is to say where that can't hold it.
    fn remember(&self, note: &HistoryNote) -> Option<Event> {
        let noted = self.append(std::slice::from_ref(note));
        noted.err().map(|error| Event::Failed(error.into()))
    }

    /// Adds notes to the history, and shortens it where it has grown too long.
    pub(super) fn append(&self, notes: &[HistoryNote]) -> Result<(), PortError> {
        notes.iter().try_for_each(|note| self.ports.history.append(note))?;
        self.shorten().map(|event| self.say(event.as_slice()))
    }

    /// Keeps the history within its bound. Returns what there is to say of it.
    fn shorten(&self) -> Result<Option<Event>, PortError> {
        let is_shorter = self.ports.history.shorten(&|notes| shortened(notes))?;
        Ok(is_shorter.then_some(Event::HistoryShortened))
    }

    /// Notes what is to be noted, and sees to the older generations and the list of sums. The archive stands whether or not
    /// the history can hold it, and a backup by hand settles nothing that is planned.
    pub(super) fn tidy_up(
        &self,
        entry: &ScheduleEntry,
        occasion: Occasion,
        note: Option<HistoryNote>,
    ) -> Tidied {
        let mut memory = HistoryCache::new(self.ports.history);
        // A note counts behind those before it. Why they can't be read is said below.
        let _ = memory.refresh();
        note.into_iter().for_each(|note| memory.note(note));
        let mut tidied = tidy_up(&self.ports, &mut memory, entry, occasion);
        let held = memory.settle().map_or_else(|| self.shorten(), Err);
        let said = held.unwrap_or_else(|error| Some(Event::Failed(error.into())));
        tidied.events.splice(0..0, said);
        tidied
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
