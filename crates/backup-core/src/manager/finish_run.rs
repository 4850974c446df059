//! Finish run: what follows a run by hand. It records the run, prunes older generations, and lists the checksums.

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupName};
use crate::model::error::PortError;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, RunRecord, Unfinished, shortened};
use crate::model::schedule::ScheduleEntry;
use crate::operation::history_cache::HistoryCache;
use crate::operation::prune::{Occasion, Tidied, tidy_up};
use crate::operation::recovery::{is_under_way, published};
use crate::ports::SilentProgress;

impl Manager<'_> {
    /// Records how a run ended, then prunes and lists the checksums. Returns the events.
    pub(super) fn finish_run(&self, entry: &ScheduleEntry, record: RunRecord) -> Vec<Event> {
        let occasion = Occasion::Run(record.outcome);
        self.tidy_up(entry, occasion, Some(HistoryNote::Ended(record))).events
    }

    /// Adds a note to the history. Returns an event if that fails.
    fn append_note(&self, note: &HistoryNote) -> Option<Event> {
        let appended = self.append_notes(std::slice::from_ref(note));
        appended.err().map(|error| Event::Failed(error.into()))
    }

    /// Adds notes to the history, and shortens it if it has grown too long.
    ///
    /// # Errors
    /// The first failure of the history.
    pub(super) fn append_notes(&self, notes: &[HistoryNote]) -> Result<(), PortError> {
        notes.iter().try_for_each(|note| self.ports.history.append(note))?;
        self.shorten_history().map(|event| self.log(event.as_slice()))
    }

    /// Shortens the history if it has grown too long. Returns an event if it did.
    fn shorten_history(&self) -> Result<Option<Event>, PortError> {
        let is_shorter = self.ports.history.shorten(&|notes| shortened(notes))?;
        Ok(is_shorter.then_some(Event::HistoryShortened))
    }

    /// Records a note, prunes the older generations, and lists the checksums.
    ///
    /// If the history can't be written, the archive stays anyway, and the failure is among the events. A run by hand
    /// doesn't replace a planned run.
    pub(super) fn tidy_up(
        &self,
        entry: &ScheduleEntry,
        occasion: Occasion,
        note: Option<HistoryNote>,
    ) -> Tidied {
        let mut history = HistoryCache::new(self.ports.history);
        // The new note comes after all others. If they can't be read now, `settle` below returns the reason.
        let _ = history.refresh();
        note.into_iter().for_each(|note| history.note(note));
        let mut tidied = tidy_up(&self.ports, &mut history, entry, occasion);
        let written = history.settle().map_or_else(|| self.shorten_history(), Err);
        let event = written.unwrap_or_else(|error| Some(Event::Failed(error.into())));
        tidied.events.splice(0..0, event);
        tidied
    }

    /// Records that the run behind an archive succeeded, before that archive is replaced.
    ///
    /// This concerns a run whose process died after it published the archive. Once the archive is replaced, nobody can tell
    /// that the run succeeded. If another process is making the same backup, nothing is recorded, because nothing will be
    /// replaced.
    pub(super) fn record_published_run(&self, name: &BackupName, ledger: &mut Ledger) {
        let has_name = |run: &Unfinished| {
            let archive = run.sealed.as_ref().and_then(|sealed| ArchiveName::parse(sealed.archive.as_ref()?));
            archive.is_some_and(|archive| archive.backup == *name)
        };
        let has_died = |run: &&Unfinished| has_name(run) && !is_under_way(&self.ports, run);
        for unfinished in ledger.unfinished().iter().filter(has_died) {
            if let Some(run) = published(&self.ports, unfinished, &SilentProgress) {
                let note = HistoryNote::Ended(run);
                ledger.apply(&note);
                self.log(self.append_note(&note).as_slice());
            }
        }
    }
}
