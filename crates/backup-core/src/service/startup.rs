//! What an earlier service left unfinished, and backups that no history knows: settled once, before anything is begun.

use std::convert::Infallible;

use crate::model::archive::display_path;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Outcome, RunKey, RunRecord, Unfinished};
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::operation::admission::{Admission, Admitted, admit};
use crate::operation::checksums::update_checksum_list;
use crate::operation::rebuild::{Whose, confirmed, found, rebuilt};
use crate::operation::recovery::{is_under_way, published};
use crate::ports::Progress;
use crate::service::Service;
use crate::time::Moment;

impl Service<'_> {
    /// Settles once what an earlier service left. `own_work` follows the archives that are read for that.
    pub(super) fn settle_startup(&mut self, own_work: &dyn Progress) {
        if !std::mem::replace(&mut self.is_startup_settled, true) {
            let gap = Event::history_gap(self.history.unreadable_lines());
            gap.iter().for_each(|gap| self.journal(gap));
            self.settle_unfinished(own_work);
            self.rebuild(&self.schedules.book(), own_work);
            // A crash may have left the list of checksums out of date. If it can't be written, the sweep has reported why.
            let _ = update_checksum_list(&self.ports, &mut self.history);
        }
    }

    /// Records how the runs ended whose end is not known.
    ///
    /// A run whose archive is in place was done and is not made again. Any other planned run is still due. A home has one
    /// service, so no planned run is under way. A run by hand may be, in another process.
    fn settle_unfinished(&mut self, own_work: &dyn Progress) {
        let now = self.ports.clock.now();
        for unfinished in self.history.ledger().unfinished() {
            if unfinished.key.planned.is_none() && is_under_way(&self.ports, &unfinished) {
                continue;
            }
            let source = source_of(&unfinished.key);
            if let Some(sealed) = published(&self.ports, &unfinished, own_work) {
                let archive = display_path(sealed.archive.as_deref().unwrap_or_default());
                self.journal(&Event::FoundFinished { source, archive });
                self.history.note(HistoryNote::Ended(sealed));
            } else if unfinished.key.planned.is_some() {
                self.journal(&Event::BackupInterrupted { source, is_due: true });
                self.history.note(HistoryNote::Ended(interrupted(unfinished, now)));
            }
            // A run by hand that made nothing need not be made up for.
        }
    }

    /// Records the archives that the history doesn't know, because it was lost or somebody brought them here.
    fn rebuild(&mut self, book: &ScheduleBook, own_work: &dyn Progress) {
        let config = self.config.config();
        let entries = || -> Result<_, Infallible> {
            let lines = admit(book, Admission::new(&self.ports, &config));
            Ok(lines.into_iter().filter_map(Admitted::into_entry).collect())
        };
        let Ok(found) = found(&self.ports, self.history.ledger(), Whose::Schedules, entries);
        let found = confirmed(&self.ports, self.history.ledger(), &found, own_work);
        rebuilt(&found).iter().for_each(|event| self.journal(event));
        found.into_iter().for_each(|note| self.history.note(note));
    }
}

fn source_of(key: &RunKey) -> String {
    key.entry.parse::<ScheduleEntry>().map_or_else(|_| key.entry.clone(), |entry| entry.source().to_owned())
}

fn interrupted(Unfinished { key, began, .. }: Unfinished, now: Moment) -> RunRecord {
    let reason = "the service died before the backup was finished".to_owned();
    RunRecord { problems: vec![reason], ..RunRecord::without_archive(key, Outcome::Interrupted, began, now) }
}
