//! The use cases that tell what the history knows: what ran, and why a run did or didn't happen.

use std::collections::BTreeSet;

use crate::manager::Manager;
use crate::manager::schedule_query::{ScheduleQuery, asked};
use crate::manager::service::ServiceManager;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::{PastRun, runs};
use crate::model::schedule::{ScheduleBook, ScheduleEntry};
use crate::policy::due::first_owed;
use crate::policy::explain::{Explanation, Known, Presence, Reason, Subject, explain};
use crate::policy::requested_moment::RequestedMoment;
use crate::ports::Cursor;

impl Manager<'_> {
    /// Returns what there is to say of lines of the history that can't be read, if there are any.
    #[must_use]
    pub fn history_gap(&self) -> Option<Event> {
        let mut cursor = Cursor::default();
        self.ports.history.read(&mut cursor).ok()?;
        Event::history_gap(cursor.unreadable_lines)
    }
}

impl ServiceManager<'_> {
    /// Returns what ran, newest last: of the schedule with that index, or of all that ever had that name, or of
    /// everything; the last so many where that is asked for. The moments are as the zone of the clock reads them.
    ///
    /// # Errors
    /// [`Error::NothingKnownOf`], or a failure to read what there is.
    pub fn history(&self, key: Option<&str>, last: Option<usize>) -> Result<Vec<PastRun>, Error> {
        self.manager().logged(self.past_runs(key, last), |_| Event::HistoryShown)
    }

    fn past_runs(&self, key: Option<&str>, last: Option<usize>) -> Result<Vec<PastRun>, Error> {
        let service_runs = self.control.running()?.is_some();
        let notes = self.ports.history.load()?;
        let mut past = runs(&notes, service_runs);
        if let Some(key) = key {
            let book = self.book()?;
            let asked = asked(key, &self.manager().admit(&book), &notes)?;
            let identities: BTreeSet<_> = asked.iter().filter_map(ScheduleQuery::identity).collect();
            past.retain(|run| identities.contains(&run.key.entry));
        }
        let first = last.map_or(0, |last| past.len().saturating_sub(last));
        Ok(past.drain(first..).map(|run| run.in_zone_of(self.ports.clock)).collect())
    }

    /// Returns why a run of the schedule with that index, or of each that ever had that name, did or didn't happen at
    /// that time, as [`RequestedMoment::parse`] reads it.
    ///
    /// # Errors
    /// [`Error::NothingKnownOf`], [`Error::UnclearMoment`], or a failure to read what there is.
    pub fn why(&self, key: &str, when: &str) -> Result<Vec<Explanation>, Error> {
        self.manager().logged(self.explanations(key, when), |_| Event::RunExplained)
    }

    fn explanations(&self, key: &str, when: &str) -> Result<Vec<Explanation>, Error> {
        let when = RequestedMoment::parse(when, self.ports.clock.now(), self.ports.clock)?;
        let service = self.control.running()?;
        let notes = self.ports.history.load()?;
        let book = self.book()?;
        let asked = asked(key, &self.manager().admit(&book), &notes)?;
        let known = Known { notes: &notes, service, clock: self.ports.clock };
        let mut told: Vec<_> =
            asked.iter().filter_map(|asked| self.explain(asked, when, known, &book)).collect();
        // What is gone has a say only where it did run, or where there is nothing else.
        if told.iter().any(|explanation| !is_gone(explanation)) {
            told.retain(|explanation| !is_gone(explanation));
        }
        Ok(told)
    }

    fn explain(
        &self,
        asked: &ScheduleQuery,
        when: RequestedMoment,
        known: Known<'_>,
        book: &ScheduleBook,
    ) -> Option<Explanation> {
        let (entry, presence) = match asked {
            ScheduleQuery::Standing(entry) => {
                let fresh = first_owed(self.ports.clock.now(), None, book.last_change());
                (entry.clone(), Presence::Stands(fresh))
            }
            ScheduleQuery::Gone(identity) => (identity.parse::<ScheduleEntry>().ok()?, Presence::Gone),
            ScheduleQuery::Refused { line, reason } => {
                let verdict = Reason::Refused(reason.clone());
                return Some(Explanation { schedule: line.clone(), planned: None, oddity: None, verdict });
            }
        };
        Some(explain(&Subject { entry, presence }, when, known))
    }

    /// Returns the schedules; where there is no file, none.
    pub(super) fn book(&self) -> Result<ScheduleBook, Error> {
        match self.manager().load_book() {
            Err(Error::SchedulesMissing) => Ok(ScheduleBook::default()),
            book => book,
        }
    }
}

fn is_gone(explanation: &Explanation) -> bool {
    matches!(explanation.verdict, Reason::Gone(_))
}
