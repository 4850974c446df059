//! What is overdue of a backup, as the service sees it.

use chrono::TimeDelta;

use crate::operation::last_good::last_good;
use crate::policy::due::LATEST_IN_TIME;
use crate::policy::overdue::{Overdue, OverdueFacts, overdue as overdue_by};
use crate::service::Service;
use crate::service::docket::Docket;
use crate::time::Moment;

impl Service<'_> {
    /// Returns what is overdue of a backup, and when that may change.
    ///
    /// What became overdue while the service was away gets some minutes to be made up for.
    pub(super) fn overdue_of(
        &self,
        docket: &Docket,
        name: &str,
        now: Moment,
    ) -> (Option<Overdue>, Option<Moment>) {
        let clock = self.ports.clock;
        let judged_from = self.notices.watched_since.unwrap_or(now) + LATEST_IN_TIME;
        let mut overdue = None;
        let mut next: Option<Moment> = None;
        for entry in docket.entries_of(name) {
            let rule = self.ports.rules.rule(entry);
            overdue = overdue.or_else(|| {
                let identity = entry.identity();
                let ledger = self.history.ledger();
                let under_way = self.under_way.values().find(|job| job.key.entry == identity);
                let facts = OverdueFacts {
                    owed_since: ledger.adopted_since(&identity, now),
                    last_good: last_good(entry, ledger, self.ports.home),
                    under_way_since: under_way.map(|job| job.began),
                };
                overdue_by(&*rule, &facts, now, clock)
            });
            let planned = rule.next_after(now - LATEST_IN_TIME - TimeDelta::nanoseconds(1), clock);
            let judged = planned.map(|planned| planned + LATEST_IN_TIME + TimeDelta::seconds(1));
            next = [next, judged].into_iter().flatten().min();
        }
        match overdue {
            Some(_) if now < judged_from => (None, next.into_iter().chain([judged_from]).min()),
            _ => (overdue, next),
        }
    }
}
