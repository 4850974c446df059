//! Run summary: the outcome, the log events and the history record of a run.

use std::path::Path;

use crate::model::archive::{Finding, FindingKind, Grade, PackReport, display_path};
use crate::model::event::Event;
use crate::model::history::{Anomaly, Outcome, RunRecord};
use crate::model::hook::HookProblem;
use crate::model::job::run::{RunJob, RunResult};
use crate::time::Moment;

/// The maximum number of findings of one run that a log and the history contain.
const MAX_REPORTED_FINDINGS: usize = 20;

impl RunResult {
    /// Returns how the run ended, or `None` if it didn't take place.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Made { report, .. } if report.grade() == Grade::Incomplete => Some(Outcome::Incomplete),
            Self::Made { report, .. } if report.torn_entries > 0 => Some(Outcome::Torn),
            Self::Made { .. } => Some(Outcome::Done),
            Self::NotMade(_) | Self::NotDurable { .. } => Some(Outcome::Failed),
            Self::Interrupted => Some(Outcome::Interrupted),
            Self::Busy | Self::Settled => None,
            Self::Hooked { result, .. } => result.outcome(),
        }
    }

    /// Returns the events of the run for the log. The outcome is the last one. A job without a run has none.
    #[must_use]
    pub fn events(&self, job: &RunJob) -> Vec<Event> {
        let mut events = self.events_of(job.entry.source(), job.key.planned.is_some(), display_path);
        let anomalies = self.anomalies().to_vec();
        if !anomalies.is_empty() {
            let (source, name) = (job.entry.source().to_owned(), job.entry.name().to_string());
            let last = events.len().saturating_sub(1);
            events.insert(last, Event::Suspicious { source, name, anomalies });
        }
        events
    }

    /// Returns the events of a run of this source. `place` returns the path of an archive as messages show it.
    pub(crate) fn events_of(&self, source: &str, is_planned: bool, place: fn(&str) -> String) -> Vec<Event> {
        let source = source.to_owned();
        let mut events = self.reported().map(|finding| found(&source, finding)).collect::<Vec<_>>();
        let more = self.findings().len().saturating_sub(MAX_REPORTED_FINDINGS);
        if more > 0 {
            events.push(Event::MoreFound { source: source.clone(), findings: more });
        }
        let excluded_entries = self.excluded_entries();
        if excluded_entries > 0 {
            events.push(Event::LeftOut { source: source.clone(), excluded_entries });
        }
        events.extend(self.hook_problems().iter().map(|problem| hook_failed(&source, problem)));
        events.extend(self.headline(source, is_planned, place));
        events
    }

    /// Returns the event that says how the run ended.
    fn headline(&self, source: String, is_planned: bool, place: fn(&str) -> String) -> Option<Event> {
        Some(match self {
            Self::Made { backup, report, .. } => {
                let archive = place(&backup.file_name);
                match (report.unreadable_entries, report.torn_entries) {
                    (0, 0) => Event::BackupDone { source, archive },
                    (0, torn_entries) => Event::BackupTorn { source, archive, torn_entries },
                    (missing_entries, _) => Event::BackupIncomplete { source, archive, missing_entries },
                }
            }
            Self::NotMade(error) | Self::NotDurable { error, .. } => Event::failed(error),
            Self::Interrupted => Event::BackupInterrupted { source, is_due: is_planned },
            Self::Busy => Event::BackupPostponed(source),
            Self::Hooked { result, .. } => return result.headline(source, is_planned, place),
            Self::Settled => return None,
        })
    }

    /// Returns the record of the run for the history, or `None` if it didn't take place.
    #[must_use]
    pub fn record(&self, job: &RunJob, ended: Moment) -> Option<RunRecord> {
        if let Self::Hooked { result, problems } = self {
            let hook_problems = problems.iter().map(ToString::to_string).collect();
            return result.record(job, ended).map(|record| RunRecord { hook_problems, ..record });
        }
        let mut record = RunRecord {
            missed_runs: job.missed_runs,
            excluded_entries: self.excluded_entries(),
            problems: self.reported().map(ToString::to_string).collect(),
            ..RunRecord::without_archive(job.key.clone(), self.outcome()?, job.began, ended)
        };
        match self {
            Self::Made { backup, report, set_aside, anomalies }
            | Self::NotDurable { backup, report, set_aside, anomalies, .. } => {
                record.set_aside.clone_from(set_aside);
                record.archive = Some(backup.file_name.clone());
                record.archive_bytes = backup.archive_bytes;
                record.sha256 = backup.sha256;
                record.entries = report.entries;
                record.profile = report.profile;
                record.shared_bytes = report.shared_bytes;
                record.last_full = report.last_full;
                record.anomalies.clone_from(anomalies);
                let is_held = job.is_held() || !anomalies.is_empty();
                record.kept_by_hold = is_held && set_aside.is_some() && job.entry.options().keep().is_none();
                record.real_source = report.real_source.as_deref().and_then(Path::to_str).map(str::to_owned);
            }
            Self::NotMade(_) | Self::Interrupted | Self::Busy | Self::Hooked { .. } | Self::Settled => {}
        }
        match self {
            Self::Made { backup, .. } => record.finished = Some(backup.finished),
            Self::NotDurable { error, .. } | Self::NotMade(error) => {
                // Where only the first problem is shown, it must be the error.
                record.problems.insert(0, error.to_string());
            }
            Self::Interrupted | Self::Busy | Self::Hooked { .. } | Self::Settled => {}
        }
        Some(record)
    }

    /// Returns what is suspicious about the source.
    pub(crate) fn anomalies(&self) -> &[Anomaly] {
        match self {
            Self::Made { anomalies, .. } | Self::NotDurable { anomalies, .. } => anomalies,
            Self::Hooked { result, .. } => result.anomalies(),
            Self::NotMade(_) | Self::Interrupted | Self::Busy | Self::Settled => &[],
        }
    }

    fn excluded_entries(&self) -> u64 {
        self.report().map_or(0, |report| report.excluded_entries)
    }

    fn findings(&self) -> &[Finding] {
        self.report().map_or(&[], |report| &report.findings)
    }

    /// Returns how the run itself ended, whatever the commands of its hook did.
    #[must_use]
    pub fn without_hooks(self) -> Self {
        if let Self::Hooked { result, .. } = self { *result } else { self }
    }

    fn hook_problems(&self) -> &[HookProblem] {
        if let Self::Hooked { problems, .. } = self { problems } else { &[] }
    }

    fn report(&self) -> Option<&PackReport> {
        match self {
            Self::Made { report, .. } | Self::NotDurable { report, .. } => Some(report),
            Self::NotMade(_) | Self::Interrupted | Self::Busy | Self::Settled => None,
            Self::Hooked { result, .. } => result.report(),
        }
    }

    /// Returns the findings to report. Those about missing or changed contents come before the harmless ones.
    fn reported(&self) -> impl Iterator<Item = &Finding> {
        let harmful =
            |finding: &&Finding| matches!(finding.kind, FindingKind::Unreadable(_) | FindingKind::Torn);
        let findings = self.findings().iter();
        findings
            .clone()
            .filter(harmful)
            .chain(findings.filter(move |finding| !harmful(finding)))
            .take(MAX_REPORTED_FINDINGS)
    }
}

fn hook_failed(source: &str, problem: &HookProblem) -> Event {
    Event::HookFailed { source: source.to_owned(), problem: Box::new(problem.clone()) }
}

fn found(source: &str, finding: &Finding) -> Event {
    Event::Found { source: source.to_owned(), finding: finding.clone() }
}
