//! The history as lines of text: one a run, and indented ones for what was wrong.

use backup_core::manager::ListedRun;
use backup_core::model::history::{LastName, Outcome, PastRun, RunEnd, RunRecord, name_in};
use backup_core::text::{printable, size};
use backup_core::time::wall_clock;
use backup_report::took;

/// Returns a heading and a line a run, in their order, or a word that there is none.
pub(crate) fn history(runs: &[ListedRun]) -> Vec<String> {
    if runs.is_empty() {
        return vec!["No run yet".to_owned()];
    }
    let rows: Vec<[String; 8]> =
        std::iter::once(HEADING.map(str::to_owned)).chain(runs.iter().map(row)).collect();
    let takes_over = |run: &ListedRun| run.run.record().is_some_and(|record| record.shared_bytes > 0);
    let mut lines = table(&rows, runs.iter().any(takes_over)).into_iter();
    let mut history: Vec<String> = lines.next().into_iter().collect();
    for (run, line) in runs.iter().zip(lines) {
        history.push(line);
        history.extend(remarks(&run.run).into_iter().map(|remark| format!("    {remark}")));
    }
    history
}

const HEADING: [&str; 8] = ["planned", "began", "took", "outcome", "size", NEW, "name", "archive"];
/// The column with what runs wrote, which is less than the size if they took over the rest. It is left out if no run did that.
const NEW: &str = "new";
/// Columns whose text ends where the column does.
const TO_THE_RIGHT: [&str; 3] = ["took", "size", NEW];

/// The columns stand two spaces apart, each as wide as its widest text.
fn table(rows: &[[String; 8]], has_new: bool) -> Vec<String> {
    let is_left_out = |column: usize| HEADING[column] == NEW && !has_new;
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADING.len()).map(width).collect();
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        if TO_THE_RIGHT.contains(&HEADING[column]) {
            format!("{text:>width$}")
        } else {
            format!("{text:<width$}")
        }
    };
    let line = |row: &[String; 8]| {
        let cells: Vec<_> =
            row.iter().enumerate().filter(|(column, _)| !is_left_out(*column)).map(cell).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(listed: &ListedRun) -> [String; 8] {
    let none = || "-".to_owned();
    let run = &listed.run;
    let record = run.record();
    let made = record.filter(|record| record.archive.is_some());
    let gone = || listed.gone.as_ref().map(gone);
    let archive = listed.archive.as_ref().map(|archive| printable(archive.as_bytes())).or_else(gone);
    [
        planned(run),
        wall_clock(run.began),
        record
            .filter(|record| record.outcome != Outcome::Skipped && !is_found(run))
            .map_or_else(none, |run| took(run.ended - run.began)),
        outcome(&run.end).to_owned(),
        made.map_or_else(none, |record| size(record.archive_bytes)),
        made.map_or_else(none, |record| new(run, record)),
        printable(name_in(&run.key.entry).as_bytes()),
        archive.unwrap_or_else(none),
    ]
}

/// Returns what a run wrote. Of one that only its archive tells of, that may be unknown.
fn new(run: &PastRun, record: &RunRecord) -> String {
    if is_found(run) && record.shared_bytes == 0 { "?".to_owned() } else { size(record.new_bytes()) }
}

/// Returns what an archive was called that doesn't exist any more. Where another archive has that name now, it was replaced.
fn gone(last: &LastName) -> String {
    let what = if last.is_replaced { "replaced" } else { "gone" };
    format!("{} ({what})", printable(last.file_name.as_bytes()))
}

/// Of such a run nobody knows what it was planned for, nor how long it took.
fn is_found(run: &PastRun) -> bool {
    matches!(run.end, RunEnd::Found(_))
}

fn planned(run: &PastRun) -> String {
    let unplanned = if is_found(run) { "?" } else { "by hand" };
    run.key.planned.map_or_else(|| unplanned.to_owned(), wall_clock)
}

fn outcome(end: &RunEnd) -> &'static str {
    match end {
        RunEnd::UnderWay => "under way",
        RunEnd::Unknown => "unfinished",
        RunEnd::Ended(run) | RunEnd::Found(run) => match run.outcome {
            Outcome::Done => "done",
            Outcome::Torn => "torn",
            Outcome::Incomplete => "INCOMPLETE",
            Outcome::Failed => "FAILED",
            Outcome::Interrupted => "interrupted",
            Outcome::Skipped => "skipped",
        },
    }
}

/// What the columns don't tell: what the run made up for, and what was wrong.
fn remarks(run: &PastRun) -> Vec<String> {
    let Some(record) = run.record() else { return Vec::new() };
    let mut remarks = Vec::new();
    if is_found(run) {
        remarks.push("only its archive tells of it".to_owned());
    }
    match (record.outcome, record.missed_runs) {
        (_, 0) => {}
        (Outcome::Skipped, missed) => remarks.push(format!("with {missed} missed before it")),
        (_, missed) => remarks.push(format!("made up for {missed} missed")),
    }
    remarks.extend(record.anomalies.iter().map(|anomaly| format!("SUSPICIOUS: {anomaly}")));
    let problems: Vec<_> = record.all_problems().collect();
    if let Some((first, more)) = problems.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(" ({} more)", more.len()) };
        remarks.push(format!("{}{more}", printable(first.as_bytes())));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use backup_core::model::history::RunKey;
    use backup_core::testing::{at, run_record};
    use chrono::TimeDelta;

    use super::*;

    fn key(planned: Option<&str>) -> RunKey {
        RunKey { entry: "docs;16:07;docs".to_owned(), planned: planned.map(at) }
    }

    fn ended(outcome: Outcome, planned: Option<&str>, began: &str, seconds: i64) -> RunRecord {
        let record = run_record("docs;16:07;docs").planned(planned.map(at)).began(at(began));
        record.took(TimeDelta::seconds(seconds)).outcome(outcome).build()
    }

    fn past(run: RunRecord) -> PastRun {
        PastRun { key: run.key.clone(), began: run.began, end: RunEnd::Ended(run) }
    }

    /// The first archive goes on under another name, the others are gone. The second was replaced.
    fn listed(runs: impl IntoIterator<Item = PastRun>) -> Vec<ListedRun> {
        let archives = std::iter::once(Some("docs.2026-03-08T16-07+0000.tar")).chain(std::iter::repeat(None));
        let listed = runs.into_iter().zip(archives);
        let listed = listed.enumerate().map(|(place, (run, archive))| {
            let made = run.record().and_then(|record| record.archive.clone());
            let gone = made.filter(|_| archive.is_none());
            let gone = gone.map(|file_name| LastName { file_name, is_replaced: place == 1 });
            ListedRun { run, archive: archive.map(str::to_owned), gone }
        });
        listed.collect()
    }

    #[test]
    fn each_way_to_end() {
        let [first, second, third] = ["2026-03-08 16:07", "2026-03-09 16:07", "2026-03-10 16:07"];
        let made = |mut run: RunRecord, archive: &str| {
            (run.archive, run.archive_bytes) = (Some(archive.to_owned()), 10_240);
            past(run)
        };
        let problems = |problems: &[&str], mut run: RunRecord| {
            run.problems = problems.iter().map(ToString::to_string).collect();
            run
        };
        let missed = |missed_runs, mut run: RunRecord| {
            run.missed_runs = missed_runs;
            run
        };
        let runs = [
            made(ended(Outcome::Done, Some(first), first, 12), "docs.tar"),
            made(missed(2, ended(Outcome::Torn, Some(second), "2026-03-09 18:00", 185)), "docs.tar.zst"),
            made(
                problems(&["can't read b\u{1b}", "c", "d"], ended(Outcome::Incomplete, None, second, 7_380)),
                "docs.incomplete.tar",
            ),
            past(problems(&["path docs does not exist"], ended(Outcome::Failed, Some(third), third, 0))),
            past(ended(Outcome::Interrupted, Some(third), third, -5)),
            past(missed(3, problems(&["nobody was there"], ended(Outcome::Skipped, Some(third), third, 0)))),
            PastRun { key: key(Some(third)), began: at(third), end: RunEnd::Unknown },
            PastRun { key: key(Some(third)), began: at(third), end: RunEnd::UnderWay },
        ];
        insta::assert_snapshot!(history(&listed(runs)).join("\n"), @r"
        planned           began                   took  outcome         size  name  archive
        2026-03-08 16:07  2026-03-08 16:07        12 s  done         10.2 kB  docs  docs.2026-03-08T16-07+0000.tar
        2026-03-09 16:07  2026-03-09 18:00  3 min 05 s  torn         10.2 kB  docs  docs.tar.zst (replaced)
            made up for 2 missed
        by hand           2026-03-09 16:07  2 h 03 min  INCOMPLETE   10.2 kB  docs  docs.incomplete.tar (gone)
            can't read b\u{1b} (2 more)
        2026-03-10 16:07  2026-03-10 16:07         0 s  FAILED             -  docs  -
            path docs does not exist
        2026-03-10 16:07  2026-03-10 16:07           ?  interrupted        -  docs  -
        2026-03-10 16:07  2026-03-10 16:07           -  skipped            -  docs  -
            with 3 missed before it
            nobody was there
        2026-03-10 16:07  2026-03-10 16:07           -  unfinished         -  docs  -
        2026-03-10 16:07  2026-03-10 16:07           -  under way          -  docs  -
        ");
    }

    #[test]
    fn what_a_run_took_over_is_not_new() {
        let days = ["2026-03-08 16:07", "2026-03-09 16:07"];
        let run = |(day, shared_bytes)| {
            let mut run = ended(Outcome::Done, Some(day), day, 12);
            (run.archive, run.archive_bytes) = (Some("docs.tar".to_owned()), 16_000_000);
            run.shared_bytes = shared_bytes;
            past(run)
        };
        let mut runs: Vec<_> = days.into_iter().zip([0, 15_580_000]).map(run).collect();
        runs.push(past(ended(Outcome::Failed, Some(days[1]), days[1], 12)));
        insta::assert_snapshot!(history(&listed(runs)).join("\n"), @r"
        planned           began             took  outcome     size       new  name  archive
        2026-03-08 16:07  2026-03-08 16:07  12 s  done     16.0 MB   16.0 MB  docs  docs.2026-03-08T16-07+0000.tar
        2026-03-09 16:07  2026-03-09 16:07  12 s  done     16.0 MB  420.0 kB  docs  docs.tar (replaced)
        2026-03-09 16:07  2026-03-09 16:07  12 s  FAILED         -         -  docs  -
        ");
    }

    #[test]
    fn without_any_run() {
        assert_eq!(history(&[]), ["No run yet"]);
    }
}
