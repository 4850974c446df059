//! What there is to say and to remember of a run.

use std::path::Path;

use crate::model::archive::{Finding, FindingKind, Grade, PackReport, place_of};
use crate::model::event::Event;
use crate::model::history::{Outcome, RunRecord};
use crate::model::job::run::{Job, RunResult};
use crate::time::Moment;

/// How many findings of one run are worth a line each in a log and in the history.
const MOST_FINDINGS_TOLD: usize = 20;

impl RunResult {
    /// Returns how the run ended, or `None` when it didn't take place.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Made { report, .. } if report.grade() == Grade::Incomplete => Some(Outcome::Incomplete),
            Self::Made { report, .. } if report.torn_entries > 0 => Some(Outcome::Torn),
            Self::Made { .. } => Some(Outcome::Done),
            Self::NotMade(_) | Self::NotDurable { .. } => Some(Outcome::Failed),
            Self::Interrupted => Some(Outcome::Interrupted),
            Self::Busy => None,
        }
    }

    /// Returns what the logs say about it, the outcome last.
    #[must_use]
    pub fn events(&self, job: &Job) -> Vec<Event> {
        self.events_of(job.entry.source(), job.key.planned.is_some(), place_of)
    }

    /// Returns the same of a run of that source; `place` tells people where the archive of a file name lies.
    pub(crate) fn events_of(&self, source: &str, is_planned: bool, place: fn(&str) -> String) -> Vec<Event> {
        let source = source.to_owned();
        let mut events = self.told().map(|finding| found(&source, finding)).collect::<Vec<_>>();
        let untold = self.findings().len().saturating_sub(MOST_FINDINGS_TOLD);
        if untold > 0 {
            events.push(Event::MoreFound { source: source.clone(), findings: untold });
        }
        let excluded_entries = self.excluded_entries();
        if excluded_entries > 0 {
            events.push(Event::LeftOut { source: source.clone(), excluded_entries });
        }
        events.push(self.headline(source, is_planned, place));
        events
    }

    /// Returns the sentence that says how it ended.
    fn headline(&self, source: String, is_planned: bool, place: fn(&str) -> String) -> Event {
        match self {
            Self::Made { backup, report, .. } => {
                let archive = place(&backup.file_name);
                match (report.unreadable_entries, report.torn_entries) {
                    (0, 0) => Event::BackupDone { source, archive },
                    (0, torn_entries) => Event::BackupTorn { source, archive, torn_entries },
                    (missing_entries, _) => Event::BackupIncomplete { source, archive, missing_entries },
                }
            }
            Self::NotMade(error) | Self::NotDurable { error, .. } => Event::failed(error),
            Self::Interrupted => Event::BackupInterrupted { source, is_owed: is_planned },
            Self::Busy => Event::BackupPostponed(source),
        }
    }

    /// Returns the history's record of it, or `None` when it didn't take place.
    #[must_use]
    pub fn record(&self, job: &Job, ended: Moment) -> Option<RunRecord> {
        let mut record = RunRecord {
            missed_runs: job.missed_runs,
            excluded_entries: self.excluded_entries(),
            problems: self.told().map(ToString::to_string).collect(),
            ..RunRecord::without_archive(job.key.clone(), self.outcome()?, job.began, ended)
        };
        match self {
            Self::Made { backup, report, set_aside } | Self::NotDurable { backup, report, set_aside, .. } => {
                record.set_aside.clone_from(set_aside);
                record.archive = Some(backup.file_name.clone());
                record.archive_bytes = backup.archive_bytes;
                record.sha256 = backup.sha256;
                record.entries = report.entries;
                record.real_source = report.real_source.as_deref().and_then(Path::to_str).map(str::to_owned);
            }
            Self::NotMade(_) | Self::Interrupted | Self::Busy => {}
        }
        match self {
            Self::NotDurable { error, .. } | Self::NotMade(error) => {
                // What is told first is told everywhere.
                record.problems.insert(0, error.to_string());
            }
            Self::Made { .. } | Self::Interrupted | Self::Busy => {}
        }
        Some(record)
    }

    fn excluded_entries(&self) -> u64 {
        self.report().map_or(0, |report| report.excluded_entries)
    }

    fn findings(&self) -> &[Finding] {
        self.report().map_or(&[], |report| &report.findings)
    }

    fn report(&self) -> Option<&PackReport> {
        match self {
            Self::Made { report, .. } | Self::NotDurable { report, .. } => Some(report),
            Self::NotMade(_) | Self::Interrupted | Self::Busy => None,
        }
    }

    /// The findings that are told, those that cost something before the harmless ones.
    fn told(&self) -> impl Iterator<Item = &Finding> {
        let harmful =
            |finding: &&Finding| matches!(finding.kind, FindingKind::Unreadable(_) | FindingKind::Torn);
        let findings = self.findings().iter();
        findings
            .clone()
            .filter(harmful)
            .chain(findings.filter(move |finding| !harmful(finding)))
            .take(MOST_FINDINGS_TOLD)
    }
}

fn found(source: &str, finding: &Finding) -> Event {
    Event::Found { source: source.to_owned(), finding: finding.clone() }
}
