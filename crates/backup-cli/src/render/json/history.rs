//! The runs of the history.

use backup_core::manager::ListedRun;
use backup_core::model::history::{PastRun, RunEnd, RunRecord, name_in};
use backup_core::text::hex;
use backup_core::time::rfc3339;
use serde_json::{Value, json};

use super::hold::anomaly;

/// Returns a run that has just ended, or whose archive was not renamed.
pub(crate) fn run(record: &RunRecord) -> Value {
    let (key, began) = (record.key.clone(), record.began);
    past_run(&PastRun { key, began, end: RunEnd::Ended(record.clone()) }, record.archive.as_deref())
}

/// Returns a run of the history.
pub(crate) fn listed_run(listed: &ListedRun) -> Value {
    past_run(&listed.run, listed.archive.as_deref())
}

/// Returns a run, whatever is known of it, and what its archive is called now.
fn past_run(run: &PastRun, archive_now: Option<&str>) -> Value {
    let record = run.record();
    let number = |of: fn(&RunRecord) -> u64| record.map_or(0, of);
    json!({
        "name": name_in(&run.key.entry),
        "entry": run.key.entry,
        "planned": run.key.planned.map(rfc3339),
        "began": rfc3339(run.began),
        "ended": record.map(|run| rfc3339(run.ended)),
        "state": state(&run.end),
        "outcome": record.map(|run| run.outcome.word()),
        "missed": record.map_or(0, |run| run.missed_runs),
        "archive": record.and_then(|run| run.archive.as_deref()),
        "archive_now": archive_now,
        "bytes": number(|run| run.archive_bytes),
        "new_bytes": number(RunRecord::new_bytes),
        "entries": number(|run| run.entries),
        "excluded": number(|run| run.excluded_entries),
        "sha256": record.and_then(|run| run.sha256.as_ref()).map(|sum| hex(sum)),
        "problems": record.map(|run| run.all_problems().collect::<Vec<_>>()).unwrap_or_default(),
        "anomalies": record.map_or(&[][..], |run| &run.anomalies).iter().map(anomaly).collect::<Vec<_>>(),
    })
}

fn state(end: &RunEnd) -> &'static str {
    match end {
        RunEnd::Ended(_) => "ended",
        RunEnd::Found(_) => "found",
        RunEnd::UnderWay => "running",
        RunEnd::Unknown => "unfinished",
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::history::{Outcome, PastRun, RunKey};
    use backup_core::testing::{at, run_record};
    use backup_core::text::has_control;

    use super::*;
    use crate::render::json::array;

    fn key(planned: Option<&str>) -> RunKey {
        RunKey { entry: "my docs;16:07;docs".to_owned(), planned: planned.map(at) }
    }

    #[test]
    fn an_object_a_run() {
        let began = "2026-03-08T16:07:00.25+01:00";
        let takes = at("2026-03-08T16:08:00+01:00") - at(began);
        let run =
            run_record("my docs;16:07;docs").began(at(began)).took(takes).outcome(Outcome::Torn).missed(2);
        let run = run.archive("docs.tar", 10_240).sum(0xab).entries(3, 1);
        let run = run.problem("a\u{1b}[2J\n\u{202e}\u{9b} \"b\"").build();
        let ended = PastRun { key: key(None), began: at(began), end: RunEnd::Ended(run.clone()) };
        let planned = key(Some("2026-03-08 16:07"));
        let under_way = PastRun { key: planned, began: at("2026-03-08 16:07"), end: RunEnd::UnderWay };
        let now = Some("docs.2026-03-08T16-07+0100.tar".to_owned());
        let listed = [
            ListedRun { run: ended, archive: now, gone: None },
            ListedRun { run: under_way, archive: None, gone: None },
        ];
        let lines: Vec<_> = array(listed.iter().map(listed_run)).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        [
        {"anomalies":[],"archive":"docs.tar","archive_now":"docs.2026-03-08T16-07+0100.tar","began":"2026-03-08T16:07:00.250+01:00","bytes":10240,"ended":"2026-03-08T16:08:00+01:00","entries":3,"entry":"my docs;16:07;docs","excluded":1,"missed":2,"name":"docs","new_bytes":10240,"outcome":"torn","planned":null,"problems":["a\u001b[2J\n\u202e\u009b \"b\""],"sha256":"abababababababababababababababababababababababababababababababab","state":"ended"},
        {"anomalies":[],"archive":null,"archive_now":null,"began":"2026-03-08T16:07:00+00:00","bytes":0,"ended":null,"entries":0,"entry":"my docs;16:07;docs","excluded":0,"missed":0,"name":"docs","new_bytes":0,"outcome":null,"planned":"2026-03-08T16:07:00+00:00","problems":[],"sha256":null,"state":"running"}
        ]
        "#);
        let read: Value = serde_json::from_str(&lines.concat()).unwrap();
        assert_eq!(read[0]["problems"][0], run.problems[0], "what was escaped is the same text");
        assert!(!has_control(&lines.concat()));
    }
}
