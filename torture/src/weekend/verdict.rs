//! Whether a weekend's runs are those that were owed: each there, once, and none else.

use chrono::DateTime;
use serde_json::Value;

use super::course::Course;
use super::plan::{Run, Weekend};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The runs of the weekend that were made.
    pub(super) made: usize,
    /// How long after its planned moment the latest one began, on the service's clock.
    pub(super) latest_seconds: i64,
    /// What was wrong.
    pub(super) wrong: Vec<String>,
}

/// A run that has ended, as the history has it.
#[derive(Debug)]
struct Made {
    run: Run,
    archive: String,
    late_seconds: i64,
    was_plain: bool,
}

/// Returns the name of the backup for a time.
pub(super) fn name(time: &str) -> String {
    format!("at{}", time.replace(':', ""))
}

/// Returns an RFC 3339 moment as seconds since 1970.
pub(super) fn seconds(moment: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(moment).ok().map(|moment| moment.timestamp())
}

/// Returns whether the last run that is owed has ended.
pub(super) fn is_over(weekend: &Weekend, history: &str) -> bool {
    // A line that is just being written counts once it is whole.
    let mut made = history.lines().filter_map(|line| made(&serde_json::from_str(line).ok()?));
    made.any(|made| weekend.owed.last() == Some(&made.run))
}

/// Compares the runs that the history and the log tell of with those that were owed. What was planned after the weekend
/// is not judged.
pub(super) fn judge(weekend: &Weekend, course: &Course) -> Result<Verdict, String> {
    let end = weekend.owed.last().and_then(|run| seconds(&run.planned)).ok_or("nothing is owed")?;
    let mut all = Vec::new();
    for line in course.history.lines() {
        let note =
            serde_json::from_str(line).map_err(|error| format!("a line of the history: {error}: {line}"))?;
        all.extend(made(&note));
    }
    let mut wrong = log_faults(&all, &course.log);
    all.retain(|made| seconds(&made.run.planned).is_none_or(|planned| planned <= end));
    wrong.extend(run_faults(weekend, &all));
    let latest_seconds = all.iter().map(|made| made.late_seconds).max().unwrap_or_default();
    Ok(Verdict { made: all.len(), latest_seconds, wrong })
}

/// Returns the run that a note tells the end of.
fn made(note: &Value) -> Option<Made> {
    let text = |key: &str| note.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let time = text("entry").split(';').nth(1).unwrap_or_default().to_owned();
    let run = Run { planned: text("planned"), time };
    let late_seconds =
        seconds(&text("began")).zip(seconds(&run.planned)).map(|(began, planned)| began - planned);
    let was_plain = text("outcome") == "done" && note.get("missed").and_then(Value::as_u64) == Some(0);
    let made =
        Made { run, archive: text("archive"), late_seconds: late_seconds.unwrap_or(i64::MIN), was_plain };
    (text("note") == "ended").then_some(made)
}

fn run_faults(weekend: &Weekend, all: &[Made]) -> Vec<String> {
    let count = |run: &Run| all.iter().filter(|made| made.run == *run).count();
    let miscounted = weekend.owed.iter().map(|run| (run, count(run))).filter(|(_, count)| *count != 1);
    let miscounted =
        miscounted.map(|(run, count)| format!("{} for {} was made {count} times", run.time, run.planned));
    let unknown = all.iter().filter(|made| !weekend.owed.contains(&made.run));
    let unknown = unknown.map(|made| format!("{} for {} was not owed", made.run.time, made.run.planned));
    let odd = all.iter().filter(|made| !made.was_plain || made.late_seconds < 0);
    miscounted
        .chain(unknown)
        .chain(odd.map(|made| format!("a run that is not as it should be: {made:?}")))
        .collect()
}

/// The log has the start, the end, and a line for each run.
fn log_faults(all: &[Made], log: &str) -> Vec<String> {
    // Without its time, `[dd/mm/yyyy hh:mm] `.
    let said = log.lines().map(|line| line.split_once("] ").map_or(line, |(_, said)| said).to_owned());
    let mut said: Vec<String> = said.collect();
    let done = all.iter().map(|made| format!("Backup done for docs in backups/{}", made.archive));
    let edges = ["backup_service started", "backup_service stopped"].map(str::to_owned);
    let mut expected: Vec<String> = done.chain(edges).collect();
    said.sort();
    expected.sort();
    if said == expected { Vec::new() } else { vec![format!("the log doesn't tell the same runs: {log}")] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weekend::plan::weekends;

    fn ended(run: &Run, change: &str) -> String {
        let (time, planned) = (&run.time, &run.planned);
        let line = format!(
            r#"{{"note":"ended","entry":"docs;{time};{}","planned":"{planned}","missed":0,"began":"{planned}","outcome":"done","archive":"{}.tar"}}"#,
            name(time),
            name(time)
        );
        let (old, new) = change.split_once(" > ").unwrap_or(("", ""));
        line.replace(old, new) + "\n"
    }

    fn log(runs: &[Run]) -> String {
        let mut log = "[29/03/2026 00:50] backup_service started\n".to_owned();
        for run in runs {
            log += &format!("[29/03/2026 03:00] Backup done for docs in backups/{}.tar\n", name(&run.time));
        }
        log + "[29/03/2026 03:06] backup_service stopped\n"
    }

    /// How many faults there are when the history has `runs`, all but the last changed so.
    #[track_caller]
    fn check(runs: impl Fn(&mut Vec<Run>), change: &str, expected: usize) {
        let night = weekends().unwrap().remove(0);
        let mut made = night.owed.clone();
        runs(&mut made);
        let history = made.iter().map(|run| ended(run, change)).collect();
        let verdict = judge(&night, &Course { history, log: log(&made) }).unwrap();
        assert_eq!(verdict.wrong.len(), expected, "{:?}", verdict.wrong);
    }

    #[test]
    fn each_run_once_and_no_other() {
        check(|_| (), "", 0);
        check(|runs| drop(runs.remove(2)), "", 1);
        check(|runs| runs.push(runs[2].clone()), "", 1);
        check(|runs| runs[2].planned = "2026-03-29T02:00:00+01:00".to_owned(), "", 2);
        let monday = Run { planned: "2026-03-30T04:00:00+02:00".to_owned(), time: "04:00".to_owned() };
        check(|runs| runs.push(monday.clone()), "", 0);
        let at_night = Run { planned: "2026-03-29T03:04:00+02:00".to_owned(), time: "03:04".to_owned() };
        check(|runs| runs.push(at_night.clone()), "", 1);
        check(|_| (), r#""missed":0 > "missed":1"#, 8);
        check(|_| (), r#""outcome":"done" > "outcome":"failed""#, 8);
        check(|_| (), r#""began":"2026 > "began":"2025"#, 8);
        check(|_| (), r#"at0200.tar > at0300.tar"#, 1);
    }

    #[test]
    fn a_weekend_is_over_with_its_last_run() {
        let night = weekends().unwrap().remove(0);
        let history: String = night.owed.iter().map(|run| ended(run, "")).collect();
        assert!(is_over(&night, &history));
        assert!(!is_over(&night, &history[..history.len() - 10]));
        assert!(!is_over(&night, ""));
    }
}
