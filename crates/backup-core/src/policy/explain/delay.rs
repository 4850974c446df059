//! Delay: did a run begin in time, and if not, why?

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::history::{DrillReceipt, HistoryNote, PastRun, RunRecord};
use crate::policy::due::LATEST_IN_TIME;
use crate::policy::explain::explanation::{Delay, Interruption};
use crate::time::Moment;

/// The longest pause between two backups or drills that still counts as busy.
const MAX_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// Returns whether `run` began in time for `planned`, and if not, why.
///
/// The other runs and the drills in `notes` show whether a service was busy.
pub(super) fn delay(
    run: &RunRecord,
    planned: Moment,
    interruption: Option<Interruption>,
    runs: &[PastRun],
    notes: &[HistoryNote],
) -> Delay {
    if let Some(interruption) = interruption {
        return Delay::AfterInterruption(interruption);
    }
    if run.began - planned <= LATEST_IN_TIME {
        return Delay::InTime;
    }
    let backups =
        runs.iter().filter_map(PastRun::record).filter(|other| other.key != run.key).map(Work::of_run);
    let drills = notes.iter().filter_map(Work::of_drill);
    let busy = work_until(planned.to_utc(), run, backups.chain(drills));
    if busy.is_empty() {
        return Delay::NothingRan;
    }
    let entries = |is_drill: bool| {
        let mut seen = HashSet::new();
        let work = busy.iter().filter(|work| work.is_drill == is_drill && seen.insert(work.entry));
        work.map(|work| work.entry.to_owned()).collect()
    };
    Delay::Waited { backups: entries(false), drills: entries(true) }
}

/// A backup or drill that a service was busy with.
#[derive(Clone, Copy)]
struct Work<'a> {
    entry: &'a str,
    is_drill: bool,
    began: Moment,
    ended: Moment,
}

impl<'a> Work<'a> {
    fn of_run(run: &'a RunRecord) -> Self {
        Self { entry: &run.key.entry, is_drill: false, began: run.began, ended: run.ended }
    }

    /// Returns the work of a drill. A drill by hand doesn't count, because it blocks no planned run.
    fn of_drill(note: &'a HistoryNote) -> Option<Self> {
        match note {
            HistoryNote::Drilled(DrillReceipt { key, began, ended, .. }) if key.planned.is_some() => {
                Some(Self { entry: &key.entry, is_drill: true, began: *began, ended: *ended })
            }
            _ => None,
        }
    }
}

/// Returns the work that was under way from `planned` until `run` began, in order of time.
///
/// If there was a pause in between, it returns nothing: then the service wasn't busy all the time.
fn work_until<'a>(
    planned: DateTime<Utc>,
    run: &RunRecord,
    others: impl Iterator<Item = Work<'a>>,
) -> Vec<Work<'a>> {
    let mut others: Vec<_> =
        others.filter(|other| other.began < run.began && other.ended >= planned).collect();
    others.sort_by_key(|other| other.began);
    let mut busy_until = planned;
    for other in &others {
        if other.began.to_utc() > busy_until + MAX_PAUSE {
            return Vec::new();
        }
        busy_until = busy_until.max(other.ended.to_utc());
    }
    if busy_until + MAX_PAUSE < run.began { Vec::new() } else { others }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::history::DrillReport;
    use crate::model::history::RunEnd;
    use crate::testing::{at, run_record};

    fn run(entry: &str, began: &str, ended: &str) -> RunRecord {
        let record = run_record(entry).planned(at("2026-03-10 16:07")).began(at(began));
        record.took(at(ended) - at(began)).build()
    }

    #[track_caller]
    fn check(began: &str, others: &[(&str, &str, &str)], expected: &Delay) {
        let run_ = run("docs", began, began);
        let past = |(entry, began, ended): &(&str, &str, &str)| {
            let run = run(entry, began, ended);
            PastRun { key: run.key.clone(), began: run.began, end: RunEnd::Ended(run) }
        };
        let all: Vec<_> = others.iter().map(past).collect();
        let delay = delay(&run_, at("2026-03-10 16:07"), None, &all, &[]);
        assert_eq!(delay, *expected, "{began} {others:?}");
    }

    fn waited(backups: &[&str], drills: &[&str]) -> Delay {
        let [backups, drills] =
            [backups, drills].map(|names| names.iter().map(ToString::to_string).collect());
        Delay::Waited { backups, drills }
    }

    /// Drills as `entry began ended`. A dash before the entry means a drill by hand.
    #[track_caller]
    fn check_drills(began: &str, drills: &[(&str, &str, &str)], expected: &Delay) {
        let past = |(entry, began, ended): &(&str, &str, &str)| {
            let report = DrillReport::new(ArchiveDigest { archive_bytes: 1, sha256: [1; 32] });
            let mut key = run(entry, began, ended).key;
            key.planned.take_if(|_| entry.starts_with('-'));
            HistoryNote::Drilled(DrillReceipt::new(
                key,
                "docs.tar".to_owned(),
                &report,
                &[],
                (at(began), at(ended)),
            ))
        };
        let drills: Vec<_> = drills.iter().map(past).collect();
        let other = run("a", "2026-03-10 16:00", "2026-03-10 16:20");
        let all = [PastRun { key: other.key.clone(), began: other.began, end: RunEnd::Ended(other) }];
        let delay = delay(&run("docs", began, began), at("2026-03-10 16:07"), None, &all, &drills);
        assert_eq!(delay, *expected, "{began} {drills:?}");
    }

    #[test]
    fn drills_can_delay_a_run() {
        let long = ("docs", "2026-03-10 15:10", "2026-03-10 19:00");
        check_drills("2026-03-10 19:00:05", &[long], &waited(&["a"], &["docs"]));
        check_drills(
            "2026-03-10 19:00:05",
            &[("docs", "2026-03-10 16:20:10", "2026-03-10 19:00")],
            &waited(&["a"], &["docs"]),
        );
        check_drills("2026-03-10 19:02", &[long], &Delay::NothingRan);
        check_drills(
            "2026-03-10 19:00:05",
            &[("-docs", "2026-03-10 15:10", "2026-03-10 19:00")],
            &Delay::NothingRan,
        );
    }

    #[test]
    fn other_runs_can_delay_a_run() {
        let waited = |entries: &[&str]| waited(entries, &[]);
        let a = ("a", "2026-03-10 15:00", "2026-03-10 16:40");
        let b = ("b", "2026-03-10 16:40:10", "2026-03-10 17:20");
        check("2026-03-10 16:17", &[], &Delay::InTime);
        check("2026-03-10 16:18", &[], &Delay::NothingRan);
        check("2026-03-10 16:40:01", &[a], &waited(&["a"]));
        check("2026-03-10 16:41:01", &[a], &Delay::NothingRan);
        check("2026-03-10 17:20:05", &[b, a], &waited(&["a", "b"]));
        check("2026-03-10 17:20:05", &[b], &Delay::NothingRan);
        check("2026-03-10 17:20:05", &[a], &Delay::NothingRan);
        check("2026-03-10 17:20:05", &[("a", "2026-03-10 15:00", "2026-03-10 16:00")], &Delay::NothingRan);
    }
}
