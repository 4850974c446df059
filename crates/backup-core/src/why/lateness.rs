//! Whether a run began in time, and what the history tells of the delay.

use chrono::{DateTime, TimeDelta, Utc};

use super::Interruption;
use crate::due::LATEST_IN_TIME;
use crate::history::{PastRun, RunRecord};
use crate::ports::Moment;

/// Whether a run began in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lateness {
    /// It did.
    InTime,
    /// An earlier attempt was ended before it was done.
    AfterInterruption(Interruption),
    /// Other backups were under way all the time; their entries.
    Waited(Vec<String>),
    /// Nothing was running: the service was down, or the machine off or asleep.
    NothingRan,
}

/// How long nothing may have been under way between two backups of a service that was busy all the time.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// Returns whether `run` began in time for `planned`, and if not, what the other runs tell of the reason.
pub(super) fn lateness(
    run: &RunRecord,
    planned: Moment,
    interruption: Option<Interruption>,
    all: &[PastRun],
) -> Lateness {
    if let Some(interruption) = interruption {
        return Lateness::AfterInterruption(interruption);
    }
    if run.began - planned <= LATEST_IN_TIME {
        return Lateness::InTime;
    }
    let busy = busy(planned.to_utc(), run, all);
    if busy.is_empty() { Lateness::NothingRan } else { Lateness::Waited(busy) }
}

/// Returns the entries whose backups were under way from `planned` until `run` began, or none when there was a time
/// without any.
fn busy(planned: DateTime<Utc>, run: &RunRecord, all: &[PastRun]) -> Vec<String> {
    let others = all.iter().filter_map(PastRun::record);
    let mut others: Vec<_> =
        others.filter(|other| other.began < run.began && other.ended >= planned).collect();
    others.sort_by_key(|other| other.began);
    let mut reached = planned;
    let mut entries: Vec<String> = Vec::new();
    for other in others.into_iter().filter(|other| other.key != run.key) {
        if other.began.to_utc() > reached + PAUSE {
            return Vec::new();
        }
        reached = reached.max(other.ended.to_utc());
        if !entries.contains(&other.key.entry) {
            entries.push(other.key.entry.clone());
        }
    }
    if reached + PAUSE < run.began { Vec::new() } else { entries }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Outcome, RunEnd, RunKey};
    use crate::testing::at;

    fn run(entry: &str, began: &str, ended: &str) -> RunRecord {
        let key = RunKey { entry: entry.to_owned(), planned: Some(at("2026-03-10 16:07")) };
        RunRecord::without_archive(key, Outcome::Done, at(began), at(ended))
    }

    #[track_caller]
    fn check(began: &str, others: &[(&str, &str, &str)], expected: &Lateness) {
        let run_ = run("docs", began, began);
        let past = |(entry, began, ended): &(&str, &str, &str)| {
            let run = run(entry, began, ended);
            PastRun { key: run.key.clone(), began: run.began, end: RunEnd::Ended(run) }
        };
        let all: Vec<_> = others.iter().map(past).collect();
        assert_eq!(lateness(&run_, at("2026-03-10 16:07"), None, &all), *expected, "{began} {others:?}");
    }

    #[test]
    fn what_the_other_runs_tell() {
        let waited = |entries: &[&str]| Lateness::Waited(entries.iter().map(ToString::to_string).collect());
        let a = ("a", "2026-03-10 15:00", "2026-03-10 16:40");
        let b = ("b", "2026-03-10 16:40:10", "2026-03-10 17:20");
        check("2026-03-10 16:17", &[], &Lateness::InTime);
        check("2026-03-10 16:18", &[], &Lateness::NothingRan);
        check("2026-03-10 16:40:01", &[a], &waited(&["a"]));
        check("2026-03-10 16:41:01", &[a], &Lateness::NothingRan);
        check("2026-03-10 17:20:05", &[b, a], &waited(&["a", "b"]));
        check("2026-03-10 17:20:05", &[b], &Lateness::NothingRan);
        check("2026-03-10 17:20:05", &[a], &Lateness::NothingRan);
        check("2026-03-10 17:20:05", &[("a", "2026-03-10 15:00", "2026-03-10 16:00")], &Lateness::NothingRan);
    }
}
