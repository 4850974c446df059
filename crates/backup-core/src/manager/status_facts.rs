//! Status facts: what is known about all schedules, which decides the status of each.

use std::collections::HashMap;

use crate::manager::held_backup::HeldBackup;
use crate::model::archive::{BackupName, BackupRecord};
use crate::model::history::{DrillReceipt, Ledger, RunRecord};
use crate::model::schedule::{Options, ScheduleBook, ScheduleEntry};
use crate::operation::prune::kept_only_by_hold;
use crate::policy::agenda::{Agenda, agenda_for_others};
use crate::policy::archive_choice::{ArchiveChoice, choose_archive};
use crate::policy::drilled_archive::is_drilled_archive_gone;
use crate::policy::due::first_due;
use crate::ports::{Ports, RunningService};
use crate::time::Moment;

/// What is known about all schedules.
pub(super) struct StatusFacts<'a> {
    pub(super) ports: &'a Ports<'a>,
    pub(super) book: &'a ScheduleBook,
    /// The options that every schedule has unless it says otherwise.
    pub(super) defaults: &'a Options,
    pub(super) ledger: &'a Ledger,
    /// The ended runs of each backup, by its name.
    pub(super) ended_runs: HashMap<&'a str, Vec<&'a RunRecord>>,
    pub(super) backups: HashMap<BackupName, Vec<BackupRecord>>,
    pub(super) service: Option<RunningService>,
    pub(super) now: Moment,
}

impl StatusFacts<'_> {
    pub(super) fn agenda(&self, entry: &ScheduleEntry, ports: &Ports<'_>) -> Agenda {
        let first = first_due(self.now, None, self.book.last_change());
        let rule = ports.rules.rule(entry);
        agenda_for_others(entry, &*rule, self.ledger, first, self.service, self.now, ports.clock)
    }

    pub(super) fn backups_of(&self, entry: &ScheduleEntry) -> &[BackupRecord] {
        self.backups.get(entry.name()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the newest complete archive of a backup if the history knows of no complete one.
    pub(super) fn unknown_archive(&self, entry: &ScheduleEntry) -> Option<String> {
        let is_known = self.ledger.current_archives(entry.name()).complete.is_some();
        let newest = choose_archive(self.backups_of(entry), &ArchiveChoice::Newest(entry.name().clone()))?;
        (!is_known).then(|| newest.file_name.clone())
    }

    /// Returns the hold of a backup, if there is one.
    pub(super) fn held(&self, entry: &ScheduleEntry) -> Option<HeldBackup> {
        let (ledger, name) = (self.ledger, entry.name());
        let hold = ledger.hold(name)?.clone();
        let mut generations = ledger.generations(name).into_iter();
        let archive =
            generations.find(|(_, run)| run.began == hold.began).map(|(archive, _)| archive.to_owned());
        let kept =
            kept_only_by_hold(self.ports, (ledger, self.backups_of(entry)), name, entry.options().keep());
        let kept_bytes = kept.iter().map(|backup| backup.archive_bytes).sum();
        Some(HeldBackup { name: name.clone(), hold, archive, kept_archives: kept.len(), kept_bytes })
    }

    pub(super) fn is_drilled_archive_gone(&self, entry: &ScheduleEntry, drill: &DrillReceipt) -> bool {
        is_drilled_archive_gone(self.ledger, drill, Some(self.backups_of(entry)))
    }

    /// Returns since when the runs of a schedule count. If the history has lost that, it returns `None`.
    pub(super) fn counts_since(&self, entry: &ScheduleEntry) -> Option<Moment> {
        let (identity, now) = (entry.identity(), self.now);
        self.ledger.adopted_since(&identity, now).or_else(|| {
            let is_new = self.ledger.settled(&identity, now).is_none();
            is_new.then(|| first_due(now, None, self.book.last_change()))
        })
    }
}
