//! How all backups are, on one screen: a summary, the home, the service, and a line a backup.

use backup_core::manager::{ArchiveTotals, BackupState, BackupStatus, GoodBackup, NextRun, Overview};
use backup_core::ports::RunningService;
use backup_core::text::{printable, size};
use backup_core::time::{Moment, wall_clock};
use backup_report::{age, growth, label};
use chrono::{Datelike, TimeDelta};

use super::columns::{fitted, width};
use super::config::config_problem;
use crate::colours::{Colours, Style};

/// How many columns a line has at most.
const COLUMNS: usize = 80;
const GAP: &str = "  ";
const HEADING: [&str; 7] = ["state", "name", "next run", "last good", "age", "size", "trend"];
const STATE: usize = 0;
const NAME: usize = 1;
/// The columns from this one on hold numbers: their text ends where the column does.
const FIRST_NUMBER: usize = 4;

/// Returns the whole screen.
pub(crate) fn status<'a>(
    overview: &'a Overview,
    home: &str,
    colours: Colours,
) -> impl Iterator<Item = String> + use<'a> {
    let head = [summary(overview), self::home(home), service(overview.service.as_ref())];
    let head = head.into_iter().chain(space(overview));
    let table = (!overview.backups.is_empty()).then(|| table(overview, colours));
    let config = overview.config_problem.as_ref();
    let config = config.map(|error| config_problem(error, overview.service.is_some()));
    head.chain(config).chain(table.into_iter().flatten())
}

/// Returns what a monitor shows: whether everything is all right, and how many backups are how.
pub(crate) fn verdict(overview: &Overview) -> String {
    let word = if overview.is_all_right() { "OK" } else { "PROBLEM" };
    let gap = match overview.unreadable_lines {
        0 => String::new(),
        1 => "; 1 line of the history can't be read".to_owned(),
        lines => format!("; {lines} lines of the history can't be read"),
    };
    let config = if overview.config_problem.is_some() { "; backup_manager.toml can't be used" } else { "" };
    let failing: Vec<_> =
        overview.failing_targets().map(|state| printable(state.target.name.as_bytes())).collect();
    let notify =
        if failing.is_empty() { String::new() } else { format!("; can't notify {}", failing.join(", ")) };
    format!("{word} - {}{gap}{config}{notify}", summary(overview))
}

/// Returns which home it is.
pub(crate) fn home(home: &str) -> String {
    format!("home: {home}")
}

/// Returns whether the service runs, and what follows if it doesn't.
pub(crate) fn service(service: Option<&RunningService>) -> String {
    let Some(service) = service else {
        return "backup_service not running: nothing runs until `backup_manager start`".to_owned();
    };
    let pid = service.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    let since = service.since.map(|since| format!(", since {}", wall_clock(since))).unwrap_or_default();
    format!("backup_service running{pid}{since}")
}

/// Returns what all archives take on the disk, if that is less than their size.
fn space(overview: &Overview) -> Option<String> {
    let all = overview.backups.iter().filter_map(|backup| backup.archives.as_deref());
    let sum = |of: fn(&ArchiveTotals) -> u64| all.clone().map(of).sum::<u64>();
    let totals = ArchiveTotals {
        archives: all.clone().map(|totals| totals.archives).sum(),
        archive_bytes: sum(|totals| totals.archive_bytes),
        disk_bytes: Some(sum(|totals| totals.disk_bytes.unwrap_or(totals.archive_bytes))),
    };
    on_disk(&totals).map(|space| format!("archives: {space}"))
}

/// Returns what archives take on the disk, if that is less than their size.
pub(super) fn on_disk(totals: &ArchiveTotals) -> Option<String> {
    let disk_bytes = totals.smaller_disk_bytes()?;
    Some(format!(
        "{} of {} in all, {} on the disk",
        totals.archives,
        size(totals.archive_bytes),
        size(disk_bytes)
    ))
}

fn summary(overview: &Overview) -> String {
    let backups = &overview.backups;
    if backups.is_empty() {
        return "nothing is scheduled".to_owned();
    }
    let schedules = counted(overview.schedules, "schedule");
    let of = match overview.schedules == backups.len() {
        true => String::new(),
        false => format!(" of {}", counted(backups.len(), "backup")),
    };
    let groups = backups.chunk_by(|before, after| before.state == after.state);
    let (good, others): (Vec<_>, Vec<_>) = groups.partition(|group| group[0].state == BackupState::Ok);
    let counts = good.iter().chain(&others).map(|group| format!("{} {}", group.len(), label(group[0].state)));
    format!("{schedules}{of}: {}", counts.collect::<Vec<_>>().join(", "))
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Returns a heading and a line a backup. The cells are made twice, so that they needn't all be kept.
fn table(overview: &Overview, colours: Colours) -> impl Iterator<Item = String> + use<'_> {
    let widths = widths(overview);
    let heading = line(&HEADING.map(str::to_owned), widths, Colours::Off, None);
    let rows = overview
        .backups
        .iter()
        .map(move |backup| line(&cells(backup, overview), widths, colours, style(backup.state)));
    ["".to_owned(), heading].into_iter().chain(rows)
}

/// Returns the width of each column: that of its widest text. The name gets what is left.
fn widths(overview: &Overview) -> [usize; 7] {
    let mut widths = HEADING.map(width);
    for backup in &overview.backups {
        let cells = cells(backup, overview);
        widths.iter_mut().zip(&cells).for_each(|(widest, text)| *widest = width(text).max(*widest));
    }
    let others: usize = widths.iter().sum::<usize>() - widths[NAME] + GAP.len() * (HEADING.len() - 1);
    widths[NAME] = widths[NAME].min(COLUMNS.saturating_sub(others));
    widths
}

fn line(cells: &[String; 7], widths: [usize; 7], colours: Colours, style: Option<Style>) -> String {
    let cell = |(column, text): (usize, &String)| {
        let columns = widths[column];
        if column >= FIRST_NUMBER {
            return format!("{text:>columns$}");
        }
        let fitted = fitted(text, columns);
        if column == STATE { colours.paint(style, &fitted) } else { fitted }
    };
    let cells: Vec<_> = cells.iter().enumerate().map(cell).collect();
    cells.join(GAP).trim_end().to_owned()
}

fn cells(backup: &BackupStatus, overview: &Overview) -> [String; 7] {
    let none = || "-".to_owned();
    let good = backup.last_good.as_deref();
    [
        label(backup.state).to_owned(),
        printable(backup.name.as_bytes()),
        next_run(backup, overview),
        good.map_or_else(none, |good| short(good.finished, overview.now)),
        good.map_or_else(none, |good| age(overview.now - good.finished)),
        good.map_or_else(none, |good| size(good.archive_bytes)),
        good.and_then(GoodBackup::growth_percent).map_or_else(none, growth),
    ]
}

fn next_run(backup: &BackupStatus, overview: &Overview) -> String {
    match backup.next_run {
        NextRun::UnderWay => "running".to_owned(),
        NextRun::Due if overview.service.is_some() => "now".to_owned(),
        NextRun::Due => "at start".to_owned(),
        NextRun::At(moment) => short(moment, overview.now),
        NextRun::Never => "never".to_owned(),
    }
}

/// Returns a moment without its year, or without its time if it is far away.
fn short(moment: Moment, now: Moment) -> String {
    let is_near = moment.year() == now.year() || (moment - now).abs() < TimeDelta::days(180);
    moment.format(if is_near { "%m-%d %H:%M" } else { "%Y-%m-%d" }).to_string()
}

fn style(state: BackupState) -> Option<Style> {
    match state {
        state if state.is_alarm() => Some(Style::Bad),
        state if state <= BackupState::Torn => Some(Style::Warning),
        BackupState::Ok => Some(Style::Good),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::error::Error;
    use backup_core::model::notice::Trouble;
    use backup_core::testing::at;

    use super::*;

    const NOW: &str = "2026-11-29 12:41";

    fn backup(
        state: BackupState,
        name: &str,
        next_run: NextRun,
        good: Option<(&str, u64, u64)>,
    ) -> BackupStatus {
        let good = good.map(|(finished, archive_bytes, before)| {
            Box::new(GoodBackup { finished: at(finished), archive_bytes, bytes_before: Some(before) })
        });
        BackupStatus {
            archives: None,
            name: name.into(),
            state,
            index: 0,
            next_run,
            last_good: good,
            held: None,
            lines: vec![],
        }
    }

    fn overview(backups: Vec<BackupStatus>) -> Overview {
        let schedules = backups.len();
        let now = at(NOW);
        Overview {
            now,
            service: None,
            backups,
            schedules,
            unreadable_lines: 0,
            config_problem: None,
            targets: Vec::new(),
            is_also_a_name: false,
        }
    }

    fn varied(long: &str) -> Overview {
        let next = NextRun::At(at("2026-11-29 16:07"));
        overview(vec![
            backup(BackupState::DrillFailed, long, NextRun::Due, Some(("2024-11-28 16:07", 999_900, 1))),
            backup(BackupState::Overdue, "music", next, Some(("2026-11-26 16:07", 10_240, 10_000))),
            backup(BackupState::Malformed, "nonsense", NextRun::Never, None),
            backup(BackupState::Torn, "mail", NextRun::UnderWay, Some(("2026-11-28 16:07", 950, 1_000))),
            backup(BackupState::Ok, "docs", next, Some(("2026-11-29 12:40:30", 34_100_000, 34_100_000))),
            backup(BackupState::Ok, "photos", next, Some(("2026-11-29 12:11", 34_100_000, 0))),
        ])
    }

    fn shown(overview: &Overview, colours: Colours) -> Vec<String> {
        status(overview, "/home/ann/backup", colours).collect()
    }

    #[test]
    fn a_screen_has_a_line_a_backup() {
        insta::assert_snapshot!(shown(&varied("quite a long name of a backup"), Colours::Off).join("\n"), @"
        6 schedules: 2 ok, 1 DRILL FAILED, 1 OVERDUE, 1 MALFORMED, 1 torn
        home: /home/ann/backup
        backup_service not running: nothing runs until `backup_manager start`

        state         name          next run     last good         age      size   trend
        DRILL FAILED  quite a lon…  at start     2024-11-28   730 days  999.9 kB  >999 %
        OVERDUE       music         11-29 16:07  11-26 16:07    2 days   10.2 kB    +2 %
        MALFORMED     nonsense      never        -                   -         -       -
        torn          mail          running      11-28 16:07      20 h     950 B    -5 %
        ok            docs          11-29 16:07  11-29 12:40      30 s   34.1 MB     0 %
        ok            photos        11-29 16:07  11-29 12:11    30 min   34.1 MB       -
        ");
    }

    #[test]
    fn what_archives_share_has_a_line() {
        let mut overview = varied("docs");
        let mut totals =
            [(4, 40_000_000, Some(40_000_000)), (9, 144_000_000, Some(17_200_000)), (1, 5_000_000, None)];
        for (backup, (archives, archive_bytes, disk_bytes)) in overview.backups.iter_mut().zip(&mut totals) {
            let totals =
                ArchiveTotals { archives: *archives, archive_bytes: *archive_bytes, disk_bytes: *disk_bytes };
            backup.archives = Some(Box::new(totals));
        }
        let line = |overview: &Overview| shown(overview, Colours::Off).swap_remove(3);
        assert_eq!(line(&overview), "archives: 14 of 189.0 MB in all, 62.2 MB on the disk");
        overview.backups.remove(1);
        assert_eq!(line(&overview), "", "nothing is shared");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        for long in ["x".repeat(200), "日本語".repeat(40), "e\u{301}".repeat(90), "a\u{1b}[2J".repeat(20)]
        {
            for line in shown(&varied(&long), Colours::Off) {
                assert!(width(&line) <= COLUMNS, "{line}");
            }
        }
    }

    #[test]
    fn only_the_state_is_coloured() {
        let overview = varied("docs");
        let coloured = shown(&overview, Colours::On);
        assert!(coloured[6].starts_with("\u{1b}[1;31mOVERDUE     \u{1b}[0m  music"), "{coloured:?}");
        let escapes = ["\u{1b}[1;31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[0m"];
        let plain =
            |line: &String| escapes.iter().fold(line.clone(), |line, escape| line.replace(escape, ""));
        let plain: Vec<_> = coloured.iter().map(plain).collect();
        assert_eq!(plain, shown(&overview, Colours::Off));
    }

    #[test]
    fn a_verdict_is_one_line() {
        let check = |overview: &Overview, expected: &str| assert_eq!(verdict(overview), expected);
        let next = NextRun::At(at("2026-11-29 16:07"));
        check(&overview(vec![]), "PROBLEM - nothing is scheduled");
        let mut good = overview(vec![backup(BackupState::Ok, "docs", next, None)]);
        check(&good, "OK - 1 schedule: 1 ok");
        good.schedules = 2;
        check(&good, "OK - 2 schedules of 1 backup: 1 ok");
        good.unreadable_lines = 1;
        check(&good, "PROBLEM - 2 schedules of 1 backup: 1 ok; 1 line of the history can't be read");
        good.unreadable_lines = 0;
        good.config_problem = Some(Error::WrongConfig(vec![]));
        check(&good, "PROBLEM - 2 schedules of 1 backup: 1 ok; backup_manager.toml can't be used");
        good.config_problem = None;
        let mut failing = crate::render::notify::tests::state();
        let since = good.now - TimeDelta::minutes(59);
        let trouble = Trouble { since, reason: "no".to_owned(), attempts: 3, given_up: 0 };
        failing.trouble = Some(trouble);
        good.targets = vec![failing];
        check(&good, "OK - 2 schedules of 1 backup: 1 ok");
        good.now += TimeDelta::minutes(1);
        check(&good, "PROBLEM - 2 schedules of 1 backup: 1 ok; can't notify office");
        check(&varied("x"), "PROBLEM - 6 schedules: 2 ok, 1 DRILL FAILED, 1 OVERDUE, 1 MALFORMED, 1 torn");
    }
}
