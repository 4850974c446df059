//! How one schedule is, in detail.

use backup_core::manager::{BackupStatus, HeldBackup, ScheduleStatus};
use backup_core::model::archive::{ArchiveName, display_path};
use backup_core::model::history::{Outcome, OwedHook, RunRecord, name_in};
use backup_core::policy::due::Due;
use backup_core::policy::integrity::{ArchiveProblem, ProblemKind};
use backup_core::policy::overdue::Overdue;
use backup_core::text::{grouped, printable, shell_word, size};
use backup_core::time::{Moment, wall_clock};
use backup_report::age;

use crate::error_message::message;

use super::flawed_archives::{flawed, flawed_older};
use super::status::on_disk;
use super::status_drill::drill_lines;
use super::{accept, detail, prune, remedy, way_out};

/// Returns a schedule with its state at that moment.
pub(crate) fn status_details(schedule: &ScheduleStatus, service_runs: bool, now: Moment) -> Vec<String> {
    let line = format!("{}: {}", schedule.line.index, schedule.line.text);
    std::iter::once(line).chain(schedule_details(schedule, service_runs, now)).collect()
}

/// Returns what the archives of a backup take on the disk, if that is less than their size.
pub(crate) fn status_space(backup: &BackupStatus) -> Option<String> {
    let space = backup.archives.as_deref().and_then(on_disk)?;
    Some(format!("   archives   {space}"))
}

/// Returns what is wrong with a schedule, as sentences.
pub(super) fn problem_lines(schedule: &ScheduleStatus) -> Vec<String> {
    let failed = schedule.last_run.as_ref().filter(|run| run.outcome == Outcome::Failed);
    let failed = failed.map(|run| last_run(Some(run))).unwrap_or_default();
    let lines = [alarms(schedule), failed, standing(schedule)].concat();
    lines.iter().map(|line| without_columns(line)).collect()
}

/// Returns a line of the details as a sentence: the word in the first column has no spaces around it.
fn without_columns(line: &str) -> String {
    match line.split_at_checked(COLUMN) {
        Some((word, rest)) if word.ends_with(' ') => format!("{} {rest}", word.trim()).trim().to_owned(),
        _ => line.trim().to_owned(),
    }
}

/// Where the second column begins.
const COLUMN: usize = 14;

/// Returns what is wrong with a schedule, worst first, and the way out.
fn alarms(schedule: &ScheduleStatus) -> Vec<String> {
    if let Some(error) = &schedule.line.refused {
        let reason = format!("   doesn't run: {}{}", message(error), detail(error));
        let remedy = remedy(&schedule.line).map(|remedy| format!("              {remedy}"));
        return std::iter::once(reason).chain(remedy).collect();
    }
    let mut lines: Vec<String> =
        schedule.line.contradiction.iter().map(|error| format!("   CONFLICT   {}", message(error))).collect();
    lines.extend(schedule.archive_problem.iter().flat_map(archive_problem));
    lines.extend(schedule.held.iter().flat_map(|held| self::held(held)));
    lines.extend(schedule.overdue.iter().map(|overdue| self::overdue(overdue, schedule.complete.is_some())));
    lines.extend(schedule.unknown_archive.iter().map(|archive| unknown(archive)));
    lines.extend(flawed_older(&schedule.flawed_older));
    lines
}

fn schedule_details(schedule: &ScheduleStatus, service_runs: bool, now: Moment) -> Vec<String> {
    let mut lines = alarms(schedule);
    if schedule.line.refused.is_some() {
        return lines;
    }
    lines.extend(inherited(schedule));
    lines.extend(running(schedule));
    lines.extend(next_run(schedule, service_runs));
    lines.extend(schedule.skipped.iter().map(skipped));
    lines.extend(schedule.owed_hook.iter().flat_map(|owed| owed_hook(owed, service_runs)));
    lines.extend(last_run(schedule.last_run.as_ref()));
    lines.extend(last_good(schedule, now));
    lines.extend(standing(schedule));
    lines.extend(drill_lines(schedule));
    if let Some((name, jump)) = &schedule.pruning_paused {
        lines.push(format!("   pruning    {}", prune::paused(*jump)));
        lines.push(format!("              {}", prune::resumed_by(name.as_str())));
    }
    lines
}

fn running(schedule: &ScheduleStatus) -> Option<String> {
    let by_hand = if schedule.is_by_hand { ", by hand" } else { "" };
    schedule.under_way_since.map(|since| format!("   running    since {}{by_hand}", wall_clock(since)))
}

/// Returns when the next planned run is. While one is under way, nobody asks.
fn next_run(schedule: &ScheduleStatus, service_runs: bool) -> Option<String> {
    if schedule.under_way_since.is_some() && !schedule.is_by_hand {
        return None;
    }
    Some(match &schedule.due {
        Some(due) if schedule.waits_for_other_process => format!(
            "   next run   for {}, once another process that makes this backup is done",
            wall_clock(due.planned)
        ),
        Some(due) if service_runs => format!("   next run   now, for {}", wall_clock(due.planned)),
        Some(due) => format!("   next run   once the service runs, for {}", wall_clock(due.planned)),
        None if schedule.is_paused => {
            format!("   paused     no run is planned until `backup_manager resume {}`", schedule.line.index)
        }
        None => format!("   next run   {}", schedule.next_run.map_or("never".to_owned(), wall_clock)),
    })
}

/// Returns the options that the schedule has because the configuration says so.
fn inherited(schedule: &ScheduleStatus) -> Option<String> {
    let options: Vec<_> =
        schedule.inherited.iter().map(|option| printable(option.to_string().as_bytes())).collect();
    (!options.is_empty()).then(|| format!("   defaults   {}, by backup_manager.toml", options.join(" ")))
}

fn skipped(due: &Due) -> String {
    let earlier = match due.missed_runs {
        0 => String::new(),
        missed => format!(", with {missed} missed before it,"),
    };
    format!(
        "   skipped    the run of {}{earlier} will be skipped: it is more than ten minutes late, and the schedule doesn't catch up",
        wall_clock(due.planned)
    )
}

/// Says that a command is owed, and who runs it.
fn owed_hook(owed: &OwedHook, service_runs: bool) -> [String; 2] {
    let hook = printable(owed.hook.as_bytes());
    let when = if service_runs { "within the hour" } else { "once the service runs" };
    let name = shell_word(name_in(&owed.key.entry).as_bytes());
    [
        format!(
            "   OWED       finally of hook {hook}: the run of {} ended before it, or it can't be started",
            wall_clock(owed.at)
        ),
        format!("              it runs {when}, or with the next `backup_manager run {name}`"),
    ]
}

fn overdue(overdue: &Overdue, is_made: bool) -> String {
    match overdue.last_good {
        Some(finished) => format!("   OVERDUE    the last good backup is of {}", wall_clock(finished)),
        None if is_made => "   OVERDUE    there is no good backup".to_owned(),
        None => "   OVERDUE    no good backup yet".to_owned(),
    }
}

/// What was made and what has become of it, and the way out.
fn archive_problem(problem: &ArchiveProblem) -> [String; 2] {
    let what = made(&problem.run);
    let headline = match &problem.kind {
        ProblemKind::Missing => format!("   MISSING    {what} is gone"),
        ProblemKind::Changed(bytes) => {
            let (now, before) = (grouped(*bytes), grouped(problem.run.archive_bytes));
            format!("   CHANGED    {what} has {now} bytes, and had {before} when it was made")
        }
        ProblemKind::Flawed(verification) => flawed(&what, verification),
    };
    let name = problem.run.archive.as_deref().and_then(ArchiveName::parse);
    let name = name.map(|archive| archive.backup.to_string()).unwrap_or_default();
    [headline, format!("              {}", way_out(&name, problem.older.as_deref()))]
}

/// Returns why nothing of a backup is removed, and the way out.
fn held(held: &HeldBackup) -> Vec<String> {
    let mut words = std::iter::once("HELD").chain(std::iter::repeat(""));
    accept::held(held)
        .into_iter()
        .map(|line| format!("   {:<10} {line}", words.next().unwrap_or_default()))
        .collect()
}

fn unknown(archive: &str) -> String {
    format!(
        "   UNKNOWN    {} exists, but the history doesn't know it: the next start or run adds it; it can be \
         restored as it is",
        display_path(archive)
    )
}

/// Says what is wrong with the archives that stand there, however the last run ended. Its problems are named unless
/// the last run's are, which are these then.
fn standing(schedule: &ScheduleStatus) -> Vec<String> {
    let (complete, last) = (schedule.complete.as_ref(), schedule.last_run.as_ref());
    let mut lines = Vec::new();
    if let Some(run) = &schedule.incomplete {
        lines.push(format!("   INCOMPLETE {}{}", made(run), beside(complete)));
        lines.extend(problems(run).filter(|_| last != Some(run)));
    }
    if let Some(run) = complete.filter(|run| run.outcome == Outcome::Failed) {
        lines.push(format!(
            "   UNSURE     {} exists, but a power cut may undo it: make the backup again",
            made(run)
        ));
        lines.extend(problems(run).filter(|_| last != Some(run)));
    }
    if let Some(run) = complete.filter(|run| run.outcome == Outcome::Torn && last != Some(run)) {
        lines.push(format!("   torn       {}: something changed while it was read", made(run)));
        lines.extend(problems(run));
    }
    lines
}

fn beside(complete: Option<&RunRecord>) -> String {
    let newer = |run| format!(", newer than the complete {}", made(run));
    complete.map_or_else(|| "; there is no complete one".to_owned(), newer)
}

fn made(run: &RunRecord) -> String {
    format!("{} of {}", display_path(run.archive.as_deref().unwrap_or_default()), wall_clock(run.ended))
}

fn last_run(run: Option<&RunRecord>) -> Vec<String> {
    let Some(run) = run else { return vec!["   last run   none yet".to_owned()] };
    let archive = run
        .archive
        .as_ref()
        .map(|archive| format!(", {} in {}", size(run.archive_bytes), display_path(archive)));
    let excluded = match run.excluded_entries {
        0 => String::new(),
        excluded => format!(", {excluded} left out on purpose"),
    };
    let headline = format!(
        "   last run   {} {}{}{excluded}",
        wall_clock(run.ended),
        outcome(run.outcome),
        archive.unwrap_or_default()
    );
    let problems = problems(run).filter(|_| run.outcome != Outcome::Done);
    let hook = run.hook_problems.iter().map(|problem| format!("              {problem}"));
    std::iter::once(headline).chain(problems).chain(hook).collect()
}

/// Returns what there is and what to do, if the last run made no good backup.
fn last_good(schedule: &ScheduleStatus, now: Moment) -> Vec<String> {
    let Some(last) = &schedule.last_run else { return Vec::new() };
    let run = format!("`backup_manager run {}`", shell_word(name_in(&last.key.entry).as_bytes()));
    let remedy = match last.outcome {
        Outcome::Failed => format!("fix the problem above, then make the backup again: {run}"),
        Outcome::Incomplete => {
            format!(
                "make it readable, or leave it out with ;exclude=PATTERN, then make the backup again: {run}"
            )
        }
        Outcome::Interrupted => format!("make the backup again: {run}"),
        Outcome::Done | Outcome::Torn | Outcome::Skipped => return Vec::new(),
    };
    let good = match &schedule.last_good {
        Some(good) => {
            let (age, bytes) = (age(now - good.finished), size(good.archive_bytes));
            let (finished, path) = (wall_clock(good.finished), display_path(&good.file_name));
            format!("{finished}, {age} old, {bytes} in {path}")
        }
        None => "none".to_owned(),
    };
    // Of one that is gone or broken, the first lines say more.
    let good = schedule.archive_problem.is_none().then(|| format!("   last good  {good}"));
    good.into_iter().chain([format!("              {remedy}")]).collect()
}

fn problems(run: &RunRecord) -> impl Iterator<Item = String> {
    run.problems.iter().map(|problem| format!("              {problem}"))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Torn => "done, but something changed while being read",
        Outcome::Incomplete => "INCOMPLETE",
        Outcome::Failed => "FAILED",
        Outcome::Interrupted => "interrupted",
        Outcome::Skipped => "skipped",
    }
}

#[cfg(test)]
mod tests {
    use backup_core::manager::{GoodArchive, ListedSchedule};
    use backup_core::model::config::Config;
    use backup_core::model::history::{Flaw, RunKey, Verification};
    use backup_core::model::schedule::ScheduleBook;
    use backup_core::operation::admission::{Admission, admit};
    use backup_core::policy::retention::ClockJump;
    use backup_core::testing::{ManualClock, MemoryHome, at};

    use super::*;

    fn run(ended: &str, outcome: Outcome, archive: Option<&str>, problem: &str) -> RunRecord {
        let key = RunKey { entry: "docs;16:07;docs".to_owned(), planned: None };
        let mut run = RunRecord::without_archive(key, outcome, at(ended), at(ended));
        run.archive = archive.map(str::to_owned);
        (run.archive_bytes, run.entries) = (10_240, 2);
        run.problems = vec![problem.to_owned()];
        run
    }

    fn torn() -> RunRecord {
        run("2026-03-08 16:07", Outcome::Torn, Some("docs.tar"), "mail changed while it was read")
    }

    fn incomplete() -> RunRecord {
        run("2026-03-09 16:07", Outcome::Incomplete, Some("docs.incomplete.tar"), "can't read b: why not")
    }

    fn failed() -> RunRecord {
        run("2026-03-10 16:07", Outcome::Failed, None, "path docs does not exist")
    }

    fn schedule(line: ListedSchedule, last: &RunRecord) -> ScheduleStatus {
        ScheduleStatus {
            next_run: Some(at("2026-03-11 16:07")),
            last_run: Some(last.clone()),
            ..ScheduleStatus::of_line(line)
        }
    }

    fn shown(last: &RunRecord, complete: Option<RunRecord>, incomplete: Option<RunRecord>) -> String {
        let book = ScheduleBook::parse(b"docs;16:07;docs");
        let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 16:07")));
        let line = admit(&book, Admission::new(&home.ports(), &Config::default())).remove(0).into();
        let schedule = ScheduleStatus { complete, incomplete, ..schedule(line, last) };
        status_details(&schedule, false, at("2026-03-11 12:00")).join("\n")
    }

    #[test]
    fn a_later_failure_hides_neither_an_incomplete_nor_a_torn_backup() {
        insta::assert_snapshot!(shown(&failed(), Some(torn()), Some(incomplete())), @"
        0: docs;16:07;docs
           next run   2026-03-11 16:07
           last run   2026-03-10 16:07 FAILED
                      path docs does not exist
           last good  none
                      fix the problem above, then make the backup again: `backup_manager run docs`
           INCOMPLETE backups/docs.incomplete.tar of 2026-03-09 16:07, newer than the complete backups/docs.tar of 2026-03-08 16:07
                      can't read b: why not
           torn       backups/docs.tar of 2026-03-08 16:07: something changed while it was read
                      mail changed while it was read
        ");
        insta::assert_snapshot!(shown(&failed(), None, Some(incomplete())), @"
        0: docs;16:07;docs
           next run   2026-03-11 16:07
           last run   2026-03-10 16:07 FAILED
                      path docs does not exist
           last good  none
                      fix the problem above, then make the backup again: `backup_manager run docs`
           INCOMPLETE backups/docs.incomplete.tar of 2026-03-09 16:07; there is no complete one
                      can't read b: why not
        ");
    }

    #[test]
    fn the_last_good_backup_and_the_way_out_follow_a_run_that_made_none() {
        let book = ScheduleBook::parse(b"docs;16:07;docs");
        let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 16:07")));
        let of = |outcome, has_problem: bool| {
            let line = admit(&book, Admission::new(&home.ports(), &Config::default())).remove(0).into();
            let finished = at("2026-03-09 16:07");
            let good = GoodArchive { file_name: "docs.tar".to_owned(), finished, archive_bytes: 10_240 };
            let problem = ArchiveProblem { run: torn(), kind: ProblemKind::Missing, older: None };
            let schedule = ScheduleStatus {
                last_good: Some(good),
                archive_problem: has_problem.then_some(problem),
                ..schedule(line, &run("2026-03-10 16:07", outcome, None, "x"))
            };
            last_good(&schedule, at("2026-03-11 12:00")).join("\n")
        };
        insta::assert_snapshot!(of(Outcome::Failed, false), @"
        last good  2026-03-09 16:07, 43 h old, 10.2 kB in backups/docs.tar
                   fix the problem above, then make the backup again: `backup_manager run docs`
        ");
        insta::assert_snapshot!(of(Outcome::Incomplete, false), @"
        last good  2026-03-09 16:07, 43 h old, 10.2 kB in backups/docs.tar
                   make it readable, or leave it out with ;exclude=PATTERN, then make the backup again: `backup_manager run docs`
        ");
        insta::assert_snapshot!(of(Outcome::Interrupted, false), @"
        last good  2026-03-09 16:07, 43 h old, 10.2 kB in backups/docs.tar
                   make the backup again: `backup_manager run docs`
        ");
        insta::assert_snapshot!(of(Outcome::Failed, true), @"              fix the problem above, then make the backup again: `backup_manager run docs`");
        assert_eq!(of(Outcome::Done, false), "");
    }

    #[test]
    fn programs_hear_of_a_run_that_failed() {
        let book = ScheduleBook::parse(b"docs;16:07;docs");
        let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 16:07")));
        let line = || admit(&book, Admission::new(&home.ports(), &Config::default())).remove(0).into();
        let told = ["last run 2026-03-10 16:07 FAILED", "path docs does not exist"];
        assert_eq!(problem_lines(&schedule(line(), &failed())), told);
        assert!(problem_lines(&schedule(line(), &torn())).is_empty());
    }

    #[test]
    fn a_bad_archive_is_reported_until_the_backup_is_made_again() {
        let unsure =
            run("2026-03-09 16:07", Outcome::Failed, Some("docs.tar"), "can't tell whether it stays");
        insta::assert_snapshot!(shown(&unsure, Some(unsure.clone()), None), @"
        0: docs;16:07;docs
           next run   2026-03-11 16:07
           last run   2026-03-09 16:07 FAILED, 10.2 kB in backups/docs.tar
                      can't tell whether it stays
           last good  none
                      fix the problem above, then make the backup again: `backup_manager run docs`
           UNSURE     backups/docs.tar of 2026-03-09 16:07 exists, but a power cut may undo it: make the backup again
        ");
        insta::assert_snapshot!(shown(&failed(), Some(unsure), None), @"
        0: docs;16:07;docs
           next run   2026-03-11 16:07
           last run   2026-03-10 16:07 FAILED
                      path docs does not exist
           last good  none
                      fix the problem above, then make the backup again: `backup_manager run docs`
           UNSURE     backups/docs.tar of 2026-03-09 16:07 exists, but a power cut may undo it: make the backup again
                      can't tell whether it stays
        ");
    }

    #[test]
    fn what_is_gone_or_changed_names_the_way_out() {
        let of = |kind, older: Option<&str>| {
            archive_problem(&ArchiveProblem { run: torn(), kind, older: older.map(str::to_owned) }).join("\n")
        };
        insta::assert_snapshot!(of(ProblemKind::Missing, Some("docs.2026-03-07T16-07+0000.tar")), @"
           MISSING    backups/docs.tar of 2026-03-08 16:07 is gone
                      `backup_manager run docs` makes a new one; `backup_manager restore docs --generation docs.2026-03-07T16-07+0000.tar` restores an older one
        ");
        insta::assert_snapshot!(of(ProblemKind::Changed(5), None), @"
           CHANGED    backups/docs.tar of 2026-03-08 16:07 has 5 bytes, and had 10,240 when it was made
                      `backup_manager run docs` makes a new one
        ");
        let flawed = |flaw| {
            let (key, archive, at) = (torn().key, "docs.tar".to_owned(), at("2026-03-09 10:00"));
            ProblemKind::Flawed(Verification { key, began: at, archive, at, flaw: Some(flaw) })
        };
        let damaged = flawed(Flaw::Damaged("at byte 7, after a\u{1b}[2J: it breaks".to_owned()));
        insta::assert_snapshot!(of(damaged, Some("docs.2026-03-07T16-07+0000.tar")), @r"
           DAMAGED    backups/docs.tar of 2026-03-08 16:07, by the last verify, 2026-03-09 10:00: at byte 7, after a\u{1b}[2J: it breaks
                      `backup_manager run docs` makes a new one; `backup_manager restore docs --generation docs.2026-03-07T16-07+0000.tar` restores an older one
        ");
        insta::assert_snapshot!(of(flawed(Flaw::Unreadable("why not".to_owned())), None), @"
           UNREADABLE backups/docs.tar of 2026-03-08 16:07, by the last verify, 2026-03-09 10:00: why not
                      `backup_manager run docs` makes a new one
        ");
    }

    #[test]
    fn what_will_be_skipped_is_reported() {
        let of = |missed_runs| skipped(&Due { planned: at("2026-03-10 16:07"), missed_runs });
        assert_eq!(
            of(0),
            "   skipped    the run of 2026-03-10 16:07 will be skipped: it is more than ten minutes late, and the schedule doesn't catch up"
        );
        assert!(of(2).starts_with(
            "   skipped    the run of 2026-03-10 16:07, with 2 missed before it, will be skipped: "
        ));
    }

    #[test]
    fn paused_pruning_has_a_line_of_its_own() {
        let book = ScheduleBook::parse(b"docs;16:07;docs;keep=last:2");
        let home = MemoryHome::new(ManualClock::utc(at("2026-03-10 16:07")));
        let line = admit(&book, Admission::new(&home.ports(), &Config::default())).remove(0).into();
        let jump = ClockJump { from: at("2031-02-03 16:07"), to: at("2026-03-10 16:07") };
        let pruning_paused = Some(("docs".parse().unwrap(), jump));
        let schedule = ScheduleStatus { pruning_paused, ..schedule(line, &failed()) };
        let details = schedule_details(&schedule, true, at("2026-03-11 12:00"));
        assert_eq!(
            details[details.len() - 2..],
            [
                "   pruning    paused: the backup of 2026-03-10 16:07 was made after the one of 2031-02-03 16:07",
                "              `backup_manager prune docs --dry-run` shows what the rules would remove, and \
                 `backup_manager prune docs` removes it and resumes",
            ]
        );
    }

    #[test]
    fn an_overdue_schedule_says_so_first() {
        let of = |last_good: Option<&str>, is_made| {
            overdue(&Overdue { planned: at("2026-03-10 16:07"), last_good: last_good.map(at) }, is_made)
        };
        assert_eq!(
            of(Some("2026-03-09 16:07"), true),
            "   OVERDUE    the last good backup is of 2026-03-09 16:07"
        );
        assert_eq!(of(None, false), "   OVERDUE    no good backup yet");
        assert_eq!(of(None, true), "   OVERDUE    there is no good backup");
    }

    #[test]
    fn problems_of_the_last_run_are_listed_once() {
        insta::assert_snapshot!(shown(&torn(), Some(torn()), None), @"
        0: docs;16:07;docs
           next run   2026-03-11 16:07
           last run   2026-03-08 16:07 done, but something changed while being read, 10.2 kB in backups/docs.tar
                      mail changed while it was read
        ");
        insta::assert_snapshot!(shown(&incomplete(), None, Some(incomplete())), @"
        0: docs;16:07;docs
           next run   2026-03-11 16:07
           last run   2026-03-09 16:07 INCOMPLETE, 10.2 kB in backups/docs.incomplete.tar
                      can't read b: why not
           last good  none
                      make it readable, or leave it out with ;exclude=PATTERN, then make the backup again: `backup_manager run docs`
           INCOMPLETE backups/docs.incomplete.tar of 2026-03-09 16:07; there is no complete one
        ");
    }
}
