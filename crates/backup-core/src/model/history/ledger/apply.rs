//! What a note changes in the ledger.

use crate::model::archive::{ArchiveName, Grade};
use crate::model::history::ledger::Ledger;
use crate::model::history::ledger::backup_state::BackupState;
use crate::model::history::ledger::entry_state::EntryState;
use crate::model::history::run_record::{RunRecord, name_in};
use crate::time::Moment;

impl Ledger {
    pub(super) fn adopt(&mut self, entry: &str, since: Moment, at: Moment) {
        let (place, adoption) = (self.place, self.adoptions + 1);
        let state = self.state(entry);
        if state.adopt(place, since, at) {
            state.last_adoption = adoption;
            self.adoptions = adoption;
        }
    }

    /// A run ended. Returns the place of the note of its beginning, where that must stay beside the one of its end.
    pub(super) fn end(&mut self, place: u64, run: &RunRecord) -> Option<u64> {
        let state = self.state(&run.key.entry);
        let mut passed = state.end(place, run);
        let begun_at = state.marks.last_planned_begun_at().unwrap_or(place);
        if let Some(planned) = run.key.planned.filter(|_| run.outcome.settles_others()) {
            for other in self.others_of_backup(&run.key.entry) {
                if self.state(&other).marks.end_other(place, begun_at, planned, run) {
                    passed = Some(begun_at);
                }
            }
        }
        self.backup_of(&run.key.entry).end(place, run);
        passed
    }

    /// Returns the identities of the other known entries that make the backup of this one.
    fn others_of_backup(&self, entry: &str) -> Vec<String> {
        let all = self.backups.get(name_in(entry)).into_iter().flat_map(|backup| &backup.entries);
        all.filter(|other| *other != entry).cloned().collect()
    }

    pub(super) fn find(&mut self, run: &RunRecord) {
        let Some(name) = run.archive.as_deref().and_then(ArchiveName::parse) else { return };
        let place = self.place;
        if name.stamp.is_none() && name.grade == Grade::Complete {
            self.state(&run.key.entry).marks.find(place, run.ended);
        }
        if name.grade == Grade::Complete {
            self.timelines.apply(run, 0);
        }
        self.archives.find(place, &name, run);
    }

    pub(super) fn state(&mut self, entry: &str) -> &mut EntryState {
        if !self.entries.contains_key(entry) {
            self.backup_of(entry).entries.insert(entry.to_owned());
        }
        self.entries.entry(entry.to_owned()).or_default()
    }

    pub(super) fn backup_of(&mut self, entry: &str) -> &mut BackupState {
        self.backups.entry(name_in(entry).to_owned()).or_default()
    }
}
