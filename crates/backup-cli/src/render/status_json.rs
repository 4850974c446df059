//! The state of all backups as JSON, for other programs: `docs/formats.md` names the fields, and they stay.

use crate::render::json::notify_target;
use backup_core::manager::{ArchiveTotals, BackupStatus, GoodBackup, NextRun, Overview, ScheduleStatus};
use backup_core::model::history::RunRecord;
use backup_core::time::{Moment, rfc3339};
use serde_json::{Map, Value, json};

use crate::error_message::message;

use super::json::{held, tame};
use super::status_details::problem_lines;

/// Returns the first line of one object. The lines of the backups follow, with a comma behind each but the last, and then
/// [`STATUS_JSON_END`].
pub(crate) fn status_json_head(overview: &Overview, home: &str) -> String {
    let head = head(overview, home).to_string();
    tame(format!("{},\"backups\":[", head.strip_suffix('}').unwrap_or(&head)))
}

/// The last line of the object.
pub(crate) const STATUS_JSON_END: &str = "]}";

/// Returns the line of a backup. `now` is the moment of the overview.
pub(crate) fn status_json_backup(status: &BackupStatus, now: Moment) -> String {
    tame(backup(status, now).to_string())
}

fn head(overview: &Overview, home: &str) -> Value {
    let service = overview.service.as_ref();
    json!({
        "home": home,
        "now": rfc3339(overview.now),
        "service": {
            "running": service.is_some(),
            "pid": service.and_then(|service| service.pid),
            "since": service.and_then(|service| service.since).map(rfc3339),
        },
        "all_right": overview.is_all_right(),
        "unreadable_history_lines": overview.unreadable_lines,
        "config_problem": overview.config_problem.as_ref().map(message),
        "notifications": overview.targets.iter().map(|target| notify_target(target, overview.now)).collect::<Vec<_>>(),
        "summary": summary(overview),
    })
}

fn summary(overview: &Overview) -> Value {
    let groups = overview.backups.chunk_by(|before, after| before.state == after.state);
    let states: Map<_, _> =
        groups.map(|group| (group[0].state.word().to_owned(), json!(group.len()))).collect();
    json!({ "schedules": overview.schedules, "backups": overview.backups.len(), "states": states })
}

fn backup(backup: &BackupStatus, now: Moment) -> Value {
    let lines = &backup.lines;
    let last_run = lines.iter().find_map(|line| line.last_run.as_ref());
    let drilled = lines.iter().find(|line| line.last_drill.is_some());
    json!({
        "name": backup.name,
        "state": backup.state.word(),
        "is_alarm": backup.state.is_alarm(),
        "next_run": next_run(backup.next_run),
        "running_since": lines.iter().find_map(|line| line.under_way_since).map(rfc3339),
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "last_run": last_run.map(run),
        "last_good": backup.last_good.as_deref().map(|good| last_good(good, now)),
        "archives": backup.archives.as_deref().map(archives),
        "overdue_since": lines.iter().filter_map(|line| line.overdue).map(|late| late.planned).min().map(rfc3339),
        "drill": drilled.and_then(drill),
        "drill_overdue_since": lines.iter().filter_map(|line| line.drill_overdue_since).min().map(rfc3339),
        "problems": lines.iter().flat_map(problem_lines).collect::<Vec<_>>(),
        "held": backup.held.as_deref().map(held),
        "owed_hook": lines.iter().find_map(|line| line.owed_hook.as_ref()).map(|owed| &owed.hook),
        "pruning_paused": lines.iter().any(|line| line.pruning_paused.is_some()),
    })
}

fn next_run(next: NextRun) -> Option<String> {
    match next {
        NextRun::At(moment) => Some(rfc3339(moment)),
        NextRun::UnderWay | NextRun::Due | NextRun::Never => None,
    }
}

fn line(schedule: &ScheduleStatus) -> Value {
    json!({
        "index": schedule.line.index,
        "text": schedule.line.text,
        "time": time_in(&schedule.line.text),
        "runs": schedule.line.refused.is_none(),
        "next_run": schedule.next_run.map(rfc3339),
        "due": schedule.due.map(|due| rfc3339(due.planned)),
        "paused": schedule.is_paused,
        "defaults": schedule.inherited.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Returns the second field of a line, if it has one.
fn time_in(text: &str) -> Option<&str> {
    text.split(';').nth(1)
}

fn run(run: &RunRecord) -> Value {
    json!({
        "planned": run.key.planned.map(rfc3339),
        "began": rfc3339(run.began),
        "ended": rfc3339(run.ended),
        "outcome": run.outcome.word(),
        "archive": run.archive,
        "bytes": run.archive_bytes,
        "problems": run.all_problems().collect::<Vec<_>>(),
    })
}

fn last_good(good: &GoodBackup, now: Moment) -> Value {
    json!({
        "finished": rfc3339(good.finished),
        "age_seconds": (now - good.finished).num_seconds(),
        "bytes": good.archive_bytes,
        "bytes_before": good.bytes_before,
    })
}

fn archives(totals: &ArchiveTotals) -> Value {
    json!({
        "count": totals.archives,
        "bytes": totals.archive_bytes,
        "disk_bytes": totals.disk_bytes,
    })
}

fn drill(line: &ScheduleStatus) -> Option<Value> {
    let drill = line.last_drill.as_ref()?;
    Some(json!({
        "began": rfc3339(drill.began),
        "ended": rfc3339(drill.ended),
        "archive": drill.archive,
        "passed": drill.passed(),
        "gone": line.is_drilled_archive_gone,
    }))
}

#[cfg(test)]
mod tests {
    use backup_core::manager::{BackupState, ListedSchedule};
    use backup_core::testing::{at, run_record};
    use backup_core::text::has_control;

    use super::*;

    fn overview() -> Overview {
        let line = ListedSchedule {
            entry: None,
            index: 3,
            line_number: 5,
            text: "my docs;16:07;docs".to_owned(),
            refused: None,
            contradiction: None,
            seems_commented: false,
        };
        let run = run_record("my docs;16:07;docs").began(at("2026-11-28 16:07")).archive("docs.tar", 10_240);
        let schedule = ScheduleStatus {
            next_run: Some(at("2026-11-29 16:07")),
            last_run: Some(run.problem("a\u{1b}[2J").build()),
            ..ScheduleStatus::of_line(line)
        };
        let finished = at("2026-11-28 16:07");
        let good = GoodBackup { finished, archive_bytes: 10_240, bytes_before: Some(5_120) };
        let totals = ArchiveTotals { archives: 3, archive_bytes: 30_720, disk_bytes: Some(12_288) };
        let backup = BackupStatus {
            archives: Some(Box::new(totals)),
            name: "docs".into(),
            state: BackupState::Ok,
            index: 3,
            next_run: NextRun::At(at("2026-11-29 16:07")),
            last_good: Some(Box::new(good)),
            held: None,
            lines: vec![schedule],
        };
        Overview {
            now: at("2026-11-29 12:41"),
            service: None,
            backups: vec![backup],
            schedules: 1,
            unreadable_lines: 0,
            config_problem: None,
            targets: Vec::new(),
            is_also_a_name: false,
        }
    }

    #[test]
    fn all_fields_are_there() {
        let overview = overview();
        let backup = status_json_backup(&overview.backups[0], overview.now);
        let lines = [status_json_head(&overview, "/home/ann/backup"), backup, STATUS_JSON_END.to_owned()];
        assert!(!has_control(&lines.concat()));
        let value: Value = serde_json::from_str(&lines.concat()).unwrap();
        assert_eq!(value["backups"][0]["last_run"]["problems"][0], "a\u{1b}[2J");
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"all_right":true,"config_problem":null,"home":"/home/ann/backup","notifications":[],"now":"2026-11-29T12:41:00+00:00","service":{"pid":null,"running":false,"since":null},"summary":{"backups":1,"schedules":1,"states":{"ok":1}},"unreadable_history_lines":0,"backups":[
        {"archives":{"bytes":30720,"count":3,"disk_bytes":12288},"drill":null,"drill_overdue_since":null,"held":null,"is_alarm":false,"last_good":{"age_seconds":74040,"bytes":10240,"bytes_before":5120,"finished":"2026-11-28T16:07:00+00:00"},"last_run":{"archive":"docs.tar","began":"2026-11-28T16:07:00+00:00","bytes":10240,"ended":"2026-11-28T16:07:00+00:00","outcome":"done","planned":null,"problems":["a\u001b[2J"]},"lines":[{"defaults":[],"due":null,"index":3,"next_run":"2026-11-29T16:07:00+00:00","paused":false,"runs":true,"text":"my docs;16:07;docs","time":"16:07"}],"name":"docs","next_run":"2026-11-29T16:07:00+00:00","overdue_since":null,"owed_hook":null,"problems":[],"pruning_paused":false,"running_since":null,"state":"ok"}
        ]}
        "#);
    }
}
