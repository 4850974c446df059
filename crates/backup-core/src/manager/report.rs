//! Report: the use case that shows each backup with its past, for monitors and for pages.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};

use crate::manager::backup_status::{BackupStatus, Detail};
use crate::manager::service::ServiceManager;
use crate::manager::status::Overview;
use crate::manager::status_facts::StatusFacts;
use crate::model::archive::BackupName;
use crate::model::error::Error;
use crate::model::history::{HistoryNote, Outcome, RunRecord, Verification, name_in};
use crate::time::{Clock, Moment, moment};

/// Sees all backups with their past, one at a time.
pub trait ReportVisitor {
    /// Sees what there is to say of all backups together. This comes first.
    fn begin(&mut self, head: &ReportHead<'_>);

    /// Sees one backup. The worst comes first, as in the overview. Returns whether the others are shown too.
    fn see(&mut self, backup: &BackupReport<'_>) -> bool;
}

/// What there is to say of all backups together.
pub struct ReportHead<'r> {
    /// The overview. No backup in it has its lines.
    pub overview: &'r Overview,
    notes: &'r [HistoryNote],
    clock: &'r dyn Clock,
}

/// A backup and its past.
pub struct BackupReport<'r> {
    /// The state, with all lines.
    pub status: &'r BackupStatus,
    /// The last verification that is in the history: only news are.
    pub verification: Option<&'r Verification>,
    name: Option<BackupName>,
    facts: &'r StatusFacts<'r>,
    clock: &'r dyn Clock,
}

/// A complete archive that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its file name.
    pub file_name: String,
    /// The moment that it is for, in the time zone of the clock.
    pub made_for: Moment,
    /// The size of the stored archive.
    pub archive_bytes: u64,
    /// Whether the last verify or drill of it found something wrong.
    pub is_bad: bool,
}

/// A run that has ended, in the time zone of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedRun {
    /// When it began.
    pub began: Moment,
    /// When it ended.
    pub ended: Moment,
    /// How it ended.
    pub outcome: Outcome,
    /// The size of its archive; 0 without one.
    pub archive_bytes: u64,
}

/// How many runs of a day ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedDay {
    /// The day.
    pub date: NaiveDate,
    /// The runs that made a good backup.
    pub good: u32,
    /// The runs that were skipped or interrupted.
    pub unmade: u32,
    /// The runs whose backup is incomplete.
    pub incomplete: u32,
    /// The runs that failed.
    pub failed: u32,
}

/// Something that the history tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedEvent {
    /// When it happened, in the time zone of the clock.
    pub at: Moment,
    /// What happened.
    pub note: HistoryNote,
}

impl ServiceManager<'_> {
    /// Shows all backups with their past to `visitor`, one at a time.
    ///
    /// Everything is read once, so that it belongs together. It takes as little memory as an overview without lines, and the
    /// notes of the history.
    ///
    /// # Errors
    /// Any failure to read. Then `visitor` has seen nothing. A missing schedules file is no error.
    pub fn visit_report(&self, visitor: &mut dyn ReportVisitor) -> Result<Overview, Error> {
        let clock = self.ports.clock;
        self.evaluate(None, Detail::None, &mut |overview, lines, facts, notes| {
            visitor.begin(&ReportHead { overview, notes, clock });
            let verifications = last_verifications(notes);
            self.show_in_turn(overview, lines, facts, &mut |status| {
                let verification = verifications.get(&*status.name).copied();
                let name = status.name.parse().ok();
                visitor.see(&BackupReport { status, verification, name, facts, clock })
            });
        })
    }
}

/// Returns the last verification of each backup, by its name.
fn last_verifications(notes: &[HistoryNote]) -> HashMap<&str, &Verification> {
    let verifications = notes.iter().filter_map(|note| match note {
        HistoryNote::Verified(verification) => Some(verification),
        _ => None,
    });
    verifications.map(|verification| (name_in(&verification.key.entry), verification)).collect()
}

impl ReportHead<'_> {
    /// Returns the days since `first` on which a run of any backup ended, oldest first. Deleted schedules count, too.
    #[must_use]
    pub fn days(&self, first: NaiveDate) -> Vec<ReportedDay> {
        // The zone is only asked for what may be in it.
        let earliest = first.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(1);
        let mut days = BTreeMap::new();
        for run in self.notes.iter().filter_map(ended) {
            let ended = run.ended.to_utc();
            if ended < earliest {
                continue;
            }
            let date = moment(self.clock, ended).date_naive();
            if date >= first {
                let none = ReportedDay { date, good: 0, unmade: 0, incomplete: 0, failed: 0 };
                days.entry(date).or_insert(none).add(run.outcome);
            }
        }
        days.into_values().collect()
    }

    /// Returns the newest events of the history, newest first. That a run began, or an entry was adopted, is none.
    #[must_use]
    pub fn newest_events(&self, most: usize) -> Vec<ReportedEvent> {
        let event = |note: &HistoryNote| {
            Some(ReportedEvent { at: moment(self.clock, happened(note)?.to_utc()), note: note.clone() })
        };
        self.notes.iter().rev().filter_map(event).take(most).collect()
    }
}

impl ReportedDay {
    fn add(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Done | Outcome::Torn => &mut self.good,
            Outcome::Interrupted | Outcome::Skipped => &mut self.unmade,
            Outcome::Incomplete => &mut self.incomplete,
            Outcome::Failed => &mut self.failed,
        } += 1;
    }
}

fn ended(note: &HistoryNote) -> Option<&RunRecord> {
    match note {
        HistoryNote::Ended(run) => Some(run),
        _ => None,
    }
}

/// Returns when something happened that a person may want to know.
fn happened(note: &HistoryNote) -> Option<Moment> {
    match note {
        HistoryNote::Adopted { .. }
        | HistoryNote::Began { .. }
        | HistoryNote::Sealed(_)
        | HistoryNote::HookBegan(_)
        | HistoryNote::HookEnded { .. }
        | HistoryNote::Baseline { .. }
        | HistoryNote::Summed(_) => None,
        HistoryNote::Ended(run) | HistoryNote::Found(run) => Some(run.ended),
        HistoryNote::Pruned { at, .. }
        | HistoryNote::Resumed { at, .. }
        | HistoryNote::Accepted { at, .. } => Some(*at),
        HistoryNote::Drilled(drill) => Some(drill.ended),
        HistoryNote::Verified(verification) => Some(verification.at),
    }
}

impl BackupReport<'_> {
    /// Returns whether a line of it is a schedule that runs.
    #[must_use]
    pub fn runs_at_all(&self) -> bool {
        self.status.lines.iter().any(|line| line.line.refused.is_none())
    }

    /// Returns the complete archives that exist and that the history knows, oldest first.
    #[must_use]
    pub fn generations(&self) -> Vec<Generation> {
        let Some(name) = &self.name else { return Vec::new() };
        let ledger = self.facts.ledger;
        let existing: HashSet<_> = self
            .facts
            .backups
            .get(name)
            .into_iter()
            .flatten()
            .map(|backup| backup.file_name.as_str())
            .collect();
        let known =
            ledger.generations(name).into_iter().filter(|(file_name, _)| existing.contains(file_name));
        let generation = |(file_name, run): (&str, &RunRecord)| Generation {
            file_name: file_name.to_owned(),
            made_for: moment(self.clock, run.made_for().to_utc()),
            archive_bytes: run.archive_bytes,
            is_bad: ledger.flaw_of(run).is_some() || ledger.has_failed_drill(run),
        };
        known.map(generation).collect()
    }

    /// Returns the runs that have ended since `first`, in the order of their notes.
    #[must_use]
    pub fn runs_since(&self, first: Moment) -> Vec<ReportedRun> {
        let runs = self.facts.ended_runs.get(&*self.status.name).into_iter().flatten();
        let local = |noted: Moment| moment(self.clock, noted.to_utc());
        let reported = |run: &&RunRecord| ReportedRun {
            began: local(run.began),
            ended: local(run.ended),
            outcome: run.outcome,
            archive_bytes: run.archive_bytes,
        };
        runs.filter(|run| run.ended >= first).map(reported).collect()
    }
}
