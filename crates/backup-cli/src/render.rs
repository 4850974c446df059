//! What the commands show, as lines of text.

use backup_core::backup::BackupRecord;
use backup_core::history::{Outcome, RunRecord};
use backup_core::manager::{ListedSchedule, ScheduleStatus, Status};
use backup_core::ports::{Moment, RunningService};
use indicatif::{HumanBytes, HumanDuration};

/// Returns a line a schedule.
pub(crate) fn schedules(listed: &[ListedSchedule]) -> Vec<String> {
    listed.iter().map(|schedule| format!("{}: {}", schedule.index, schedule.text)).collect()
}

/// Returns a line a schedule that doesn't run, with the reason.
pub(crate) fn warnings(listed: &[ListedSchedule]) -> Vec<String> {
    listed.iter().filter_map(warning).collect()
}

fn warning(schedule: &ListedSchedule) -> Option<String> {
    let error = schedule.refused.as_ref()?;
    let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    Some(format!(
        "warning: line {} of backup_schedules.txt doesn't run: {error}{detail}",
        schedule.line_number
    ))
}

/// Returns a line an archive: its name, after its size and age if `details` are wanted.
pub(crate) fn backups(records: &[BackupRecord], details: bool, now: Moment) -> Vec<String> {
    records
        .iter()
        .map(|record| if details { backup_details(record, now) } else { record.file_name.clone() })
        .collect()
}

fn backup_details(record: &BackupRecord, now: Moment) -> String {
    let size = HumanBytes(record.archive_bytes).to_string();
    let age = (now - record.finished)
        .to_std()
        .map_or_else(|_| "in the future".to_owned(), |age| format!("{} ago", HumanDuration(age)));
    format!("{size:>11}  {age:<14}  {}", record.file_name)
}

/// Returns how everything is.
pub(crate) fn status(status: &Status) -> Vec<String> {
    let mut lines = vec![service(status.service.as_ref())];
    for schedule in &status.schedules {
        lines.push(format!("{}: {}", schedule.line.index, schedule.line.text));
        lines.extend(schedule_details(schedule, status.service.is_some()));
    }
    lines
}

fn service(service: Option<&RunningService>) -> String {
    let Some(service) = service else { return "backup_service not running".to_owned() };
    let pid = service.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    let since = service.since.map(|since| format!(", since {}", wall_clock(since))).unwrap_or_default();
    format!("backup_service running{pid}{since}")
}

fn schedule_details(schedule: &ScheduleStatus, service_runs: bool) -> Vec<String> {
    if let Some(error) = &schedule.line.refused {
        let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        return vec![format!("   doesn't run: {error}{detail}")];
    }
    let mut lines = Vec::new();
    lines.push(match (schedule.under_way_since, &schedule.owed) {
        (Some(since), _) => format!("   running    since {}", wall_clock(since)),
        (None, Some(owed)) if service_runs => format!("   next run   now, for {}", wall_clock(owed.planned)),
        (None, Some(owed)) => {
            format!("   next run   once the service runs, for {}", wall_clock(owed.planned))
        }
        (None, None) => format!("   next run   {}", schedule.next_run.map_or("never".to_owned(), wall_clock)),
    });
    lines.extend(last_run(schedule.last_run.as_ref()));
    lines
}

fn last_run(run: Option<&RunRecord>) -> Vec<String> {
    let Some(run) = run else { return vec!["   last run   none yet".to_owned()] };
    let archive = run
        .archive
        .as_ref()
        .map(|archive| format!(", {} in backups/{archive}", HumanBytes(run.archive_bytes)));
    let headline = format!(
        "   last run   {} {}{}",
        wall_clock(run.ended),
        outcome(run.outcome),
        archive.unwrap_or_default()
    );
    let problems = run.problems.iter().filter(|_| run.outcome != Outcome::Done);
    std::iter::once(headline).chain(problems.map(|problem| format!("              {problem}"))).collect()
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Torn => "done, but something changed while being read",
        Outcome::Incomplete => "INCOMPLETE",
        Outcome::Failed => "FAILED",
        Outcome::Interrupted => "interrupted, still owed",
    }
}

fn wall_clock(moment: Moment) -> String {
    moment.format("%d/%m/%Y %H:%M").to_string()
}
