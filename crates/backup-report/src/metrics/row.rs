//! What the metrics need of one backup: small, because there may be very many.

use backup_core::manager::{BackupReport, BackupState, NextRun, ScheduleStatus};
use backup_core::model::history::{Outcome, RunRecord};

use super::text::label_value;

/// One backup. Moments are in seconds since 1970.
#[derive(Debug)]
pub(super) struct Row {
    /// Its name, escaped.
    pub(super) label: Box<str>,
    pub(super) state: BackupState,
    pub(super) is_running: bool,
    pub(super) is_overdue: bool,
    pub(super) next_run: Option<i64>,
    pub(super) good: Option<Good>,
    pub(super) run: Option<Run>,
    pub(super) drill: Option<Finding>,
    pub(super) is_drill_overdue: bool,
    /// The last news that a verify brought.
    pub(super) verify: Option<Finding>,
    pub(super) generations: usize,
    pub(super) generations_bytes: u64,
    /// What all its archives take on the disk.
    pub(super) disk_bytes: Option<u64>,
}

/// The last good backup.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) finished: i64,
    pub(super) bytes: u64,
}

/// The last run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) ended: i64,
    pub(super) milliseconds: i64,
    pub(super) bytes: u64,
    pub(super) entries: u64,
    pub(super) outcome: Outcome,
}

/// What a drill or a verify found.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) at: i64,
    pub(super) is_good: bool,
}

impl Row {
    pub(super) fn of(backup: &BackupReport<'_>) -> Self {
        let status = backup.status;
        let (lines, generations) = (&status.lines, backup.generations());
        let drill = lines.iter().find_map(|line| line.last_drill.as_ref());
        let (good, verify) = (status.last_good.as_deref(), backup.verification);
        Self {
            label: label_value(&status.name).into(),
            state: status.state,
            is_running: status.next_run == NextRun::UnderWay,
            is_overdue: lines.iter().any(|line| line.overdue.is_some()),
            next_run: next_run(lines),
            good: good.map(|good| Good { finished: good.finished.timestamp(), bytes: good.archive_bytes }),
            run: lines.iter().find_map(|line| line.last_run.as_ref()).map(Run::of),
            drill: drill.map(|drill| Finding { at: drill.ended.timestamp(), is_good: drill.passed() }),
            is_drill_overdue: lines.iter().any(|line| line.drill_overdue_since.is_some()),
            verify: verify.map(|news| Finding { at: news.at.timestamp(), is_good: news.flaw.is_none() }),
            generations: generations.len(),
            disk_bytes: status.archives.as_deref().map_or(Some(0), |totals| totals.disk_bytes),
            generations_bytes: generations.iter().map(|generation| generation.archive_bytes).sum(),
        }
    }
}

/// Returns the planned moment of what is due, or else of what comes next.
fn next_run(lines: &[ScheduleStatus]) -> Option<i64> {
    let next = |line: &ScheduleStatus| line.due.map(|due| due.planned).or(line.next_run);
    lines.iter().filter_map(next).min().map(|moment| moment.timestamp())
}

impl Run {
    fn of(run: &RunRecord) -> Self {
        Self {
            ended: run.ended.timestamp(),
            // A clock that was set back makes a run take less than no time.
            milliseconds: (run.ended - run.began).num_milliseconds().max(0),
            bytes: run.archive_bytes,
            entries: run.entries,
            outcome: run.outcome,
        }
    }
}
