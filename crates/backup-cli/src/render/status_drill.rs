//! The last drill of a schedule, as `status` shows it.

use backup_core::manager::ScheduleStatus;
use backup_core::model::archive::display_path;
use backup_core::model::history::name_in;
use backup_core::text::shell_word;
use backup_core::time::wall_clock;

/// Returns the lines about drills. A schedule that is never drilled has none.
pub(super) fn drill_lines(schedule: &ScheduleStatus) -> Vec<String> {
    let mut lines = last_drill_lines(schedule);
    if let (Some(period), Some(since)) = (schedule.drills, schedule.drill_overdue_since) {
        let (period, since) = (period.word(), wall_clock(since));
        lines.push(format!("              OVERDUE for drill={period} since the backup of {since}; logs/backup_service.log tells why"));
    }
    lines
}

fn last_drill_lines(schedule: &ScheduleStatus) -> Vec<String> {
    let Some(drill) = &schedule.last_drill else {
        let none =
            schedule.drills.map(|period| format!("   last drill none yet, for drill={}", period.word()));
        return none.into_iter().collect();
    };
    let earlier = match (schedule.is_drilled_archive_gone, schedule.is_drill_of_older_archive) {
        (true, _) => ", of an earlier backup that is gone:",
        (false, true) => ", of an earlier backup:",
        (false, false) => "",
    };
    let archive = display_path(&drill.archive);
    let headline = format!("   last drill {} {archive}{earlier} {drill}", wall_clock(drill.began));
    if schedule.is_drilled_archive_gone && !drill.passed() {
        let name = shell_word(name_in(&drill.key.entry).as_bytes());
        let none = "              no backup that exists was drilled since";
        return vec![headline, format!("{none}: `backup_manager drill {name}` drills the newest")];
    }
    let lines = drill.lines(MOST_DIFFERENCES).into_iter().map(|line| format!("              {line}"));
    std::iter::once(headline).chain(lines).collect()
}

/// How many differences of a drill a status names.
const MOST_DIFFERENCES: usize = 3;

#[cfg(test)]
mod tests {
    use backup_core::model::config::Config;
    use backup_core::model::history::{DrillOutcome, DrillReceipt, RunKey};
    use backup_core::model::schedule::{Cadence, ScheduleBook};
    use backup_core::operation::admission::{Admission, admit};
    use backup_core::testing::{ManualClock, MemoryHome, at};

    use super::*;

    #[test]
    fn the_last_drill_comes_last() {
        let drill = |outcome| DrillReceipt {
            key: RunKey { entry: "docs;16:07;docs".to_owned(), planned: None },
            archive: "docs.tar".to_owned(),
            sha256: [0; 32],
            made_by: None,
            is_summed: true,
            began: at("2026-03-10 17:00"),
            ended: at("2026-03-10 17:01"),
            entries: 1_203,
            content_bytes: 34_100_000,
            uncompared_entries: 2,
            outcome,
        };
        let reported =
            ["docs/a: it didn't come back", "docs/b: it leads elsewhere", "docs/c: x", "docs/d: x"];
        let reported = reported.map(str::to_owned).to_vec();
        let failed = || DrillOutcome::Failed { differences: 5, reported: reported.clone() };
        let cases = [
            (None, Some(Cadence::Weekly), None, false),
            (Some(drill(DrillOutcome::Passed)), Some(Cadence::Daily), Some(at("2026-03-11 16:09")), true),
            (Some(drill(failed())), None, None, false),
            (Some(drill(failed())), None, None, true),
            (None, None, None, false),
        ];
        let book = ScheduleBook::parse(b"docs;16:07;docs");
        let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 16:07")));
        let shown = cases.map(|(last_drill, drills, overdue_since, is_gone)| {
            let line = admit(&book, Admission::new(&home.ports(), &Config::default())).remove(0).into();
            let mut schedule = ScheduleStatus::of_line(line);
            (schedule.last_drill, schedule.drills) = (last_drill, drills);
            (schedule.drill_overdue_since, schedule.is_drilled_archive_gone) = (overdue_since, is_gone);
            drill_lines(&schedule)
        });
        insta::assert_snapshot!(shown.concat().join("\n"), @"
        last drill none yet, for drill=weekly
        last drill 2026-03-10 17:00 backups/docs.tar, of an earlier backup that is gone: came back whole (1,203 entries, 34.1 MB, 2 entries only in part)
                   OVERDUE for drill=daily since the backup of 2026-03-11 16:09; logs/backup_service.log tells why
        last drill 2026-03-10 17:00 backups/docs.tar DID NOT COME BACK WHOLE: 5 differences
                   docs/a: it didn't come back
                   docs/b: it leads elsewhere
                   docs/c: x
                   and 2 more
        last drill 2026-03-10 17:00 backups/docs.tar, of an earlier backup that is gone: DID NOT COME BACK WHOLE: 5 differences
                   no backup that exists was drilled since: `backup_manager drill docs` drills the newest
        ");
    }
}
