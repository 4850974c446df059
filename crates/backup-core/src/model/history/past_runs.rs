//! Past runs: every run in the history once, including runs without a recorded end.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::model::history::note::HistoryNote;
use crate::model::history::run_record::{RunKey, RunRecord};
use crate::time::{Clock, Moment, moment};

/// A run that the history knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// Which run.
    pub key: RunKey,
    /// When it began.
    pub began: Moment,
    /// What is known about its end.
    pub end: RunEnd,
}

/// What is known about a run's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// The run ended.
    Ended(RunRecord),
    /// The run is known only from its archive or the catalog of that. Without a catalog, nobody knows what it was planned for.
    Found(RunRecord),
    /// The run is under way.
    UnderWay,
    /// No end is recorded. The process died, unless the run was begun by hand and is still under way.
    Unknown,
}

impl PastRun {
    /// Returns the record of how the run ended, if it is known.
    #[must_use]
    pub fn record(&self) -> Option<&RunRecord> {
        match &self.end {
            RunEnd::Ended(run) | RunEnd::Found(run) => Some(run),
            RunEnd::UnderWay | RunEnd::Unknown => None,
        }
    }

    /// Returns the run with its moments converted to the clock's zone.
    #[must_use]
    pub fn in_zone_of(mut self, clock: &dyn Clock) -> Self {
        let local = |noted: Moment| moment(clock, noted.to_utc());
        self.key.planned = self.key.planned.map(local);
        self.began = local(self.began);
        if let RunEnd::Ended(run) | RunEnd::Found(run) = &mut self.end {
            run.key.planned = self.key.planned;
            (run.began, run.ended) = (local(run.began), local(run.ended));
        }
        self
    }
}

/// Returns every run once, in the order of its first note. The times in the notes don't matter for this order.
///
/// - If a run was recorded more than once, its last end counts.
/// - If runs are known only from their archives, each archive is a run.
/// - The last run of an entry is under way if it is planned, has no end, and a service runs.
#[must_use]
pub fn runs(notes: &[HistoryNote], service_runs: bool) -> Vec<PastRun> {
    let mut runs: Vec<PastRun> = Vec::new();
    let mut positions: HashMap<(&RunKey, DateTime<Utc>, Option<&str>), usize> = HashMap::new();
    let mut latest: HashMap<&str, usize> = HashMap::new();
    for note in notes {
        let Some((key, began, end)) = run_of(note) else { continue };
        let position = *positions.entry((key, began.to_utc(), found_archive(note))).or_insert(runs.len());
        if position == runs.len() {
            runs.push(PastRun { key: key.clone(), began, end: RunEnd::Unknown });
            if !is_begun_by_hand(note) {
                latest.insert(&key.entry, position);
            }
        }
        if end != RunEnd::Unknown {
            runs[position].end = end;
        }
    }
    for position in latest.into_values().filter(|_| service_runs) {
        let run = &mut runs[position];
        if run.key.planned.is_some() && run.end == RunEnd::Unknown {
            run.end = RunEnd::UnderWay;
        }
    }
    runs
}

/// Returns whether a run by hand begins with this note. A service may still be busy with a planned one: its last commands run.
fn is_begun_by_hand(note: &HistoryNote) -> bool {
    matches!(note, HistoryNote::Began { key, .. } if key.planned.is_none())
}

/// Returns the run that a note is about: its key, when it began, and what the note says about its end.
fn run_of(note: &HistoryNote) -> Option<(&RunKey, Moment, RunEnd)> {
    match note {
        HistoryNote::Adopted { .. }
        | HistoryNote::Pruned { .. }
        | HistoryNote::Resumed { .. }
        | HistoryNote::HookBegan(_)
        | HistoryNote::HookEnded { .. }
        | HistoryNote::Accepted { .. }
        | HistoryNote::Baseline { .. }
        | HistoryNote::Drilled(_)
        | HistoryNote::Verified(_)
        | HistoryNote::Summed(_) => None,
        HistoryNote::Began { key, at } => Some((key, *at, RunEnd::Unknown)),
        HistoryNote::Sealed(run) => Some((&run.key, run.began, RunEnd::Unknown)),
        HistoryNote::Ended(run) => Some((&run.key, run.began, RunEnd::Ended(run.clone()))),
        HistoryNote::Found(run) => Some((&run.key, run.began, RunEnd::Found(run.clone()))),
    }
}

/// Returns the archive of a run that is known only from its archive.
///
/// Two such archives can have the same moment, so the archive is needed to distinguish their runs.
fn found_archive(note: &HistoryNote) -> Option<&str> {
    match note {
        HistoryNote::Found(run) => run.archive.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::run_record::Outcome;
    use crate::testing::{at, run_record};

    fn key(planned: Option<&str>) -> RunKey {
        RunKey { entry: "docs;16:07;docs".to_owned(), planned: planned.map(at) }
    }

    fn began(planned: &str, began: &str) -> HistoryNote {
        HistoryNote::Began { key: key(Some(planned)), at: at(began) }
    }

    fn record(planned: Option<&str>, began: &str, outcome: Outcome) -> RunRecord {
        run_record("docs;16:07;docs").planned(planned.map(at)).began(at(began)).outcome(outcome).build()
    }

    /// Compares the runs, formatted as `began: end`.
    #[track_caller]
    fn check(notes: &[HistoryNote], service_runs: bool, expected: &[&str]) {
        let formatted = |run: &PastRun| {
            let end = match &run.end {
                RunEnd::Ended(run) => format!("{:?}", run.outcome),
                end => format!("{end:?}"),
            };
            format!("{}: {end}", run.began.format("%d %H:%M"))
        };
        let runs = runs(notes, service_runs);
        assert_eq!(runs.iter().map(formatted).collect::<Vec<_>>(), expected, "{notes:#?}");
    }

    #[test]
    fn each_run_is_returned_once() {
        let first = "2026-05-03 16:07";
        let done = HistoryNote::Ended(record(Some(first), first, Outcome::Done));
        let sealed = HistoryNote::Sealed(record(Some(first), first, Outcome::Done));
        let notes = [began(first, first), sealed.clone(), done.clone(), done.clone()];
        check(&notes, true, &["03 16:07: Done"]);
        check(&[notes.clone(), notes.clone()].concat(), true, &["03 16:07: Done"]);
        check(&notes[1..2], false, &["03 16:07: Unknown"]);
        check(&[], true, &[]);
    }

    #[test]
    fn each_found_archive_is_returned_once() {
        let found = |archive: &str| {
            let run = record(None, "2026-05-03 16:07", Outcome::Done);
            HistoryNote::Found(RunRecord { archive: Some(archive.to_owned()), ..run })
        };
        let notes = ["docs.tar", "docs.tar.zst", "docs.tar"].map(found);
        let archives = runs(&notes, true).into_iter().map(|run| run.record().unwrap().archive.clone());
        let expected = ["docs.tar", "docs.tar.zst"].map(|archive| Some(archive.to_owned()));
        assert_eq!(archives.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_run_made_again_is_another_run() {
        let planned = "2026-05-03 16:07";
        let notes = [
            began(planned, planned),
            HistoryNote::Ended(record(Some(planned), planned, Outcome::Interrupted)),
            began(planned, "2026-05-03 18:00"),
            HistoryNote::Ended(record(Some(planned), "2026-05-03 18:00", Outcome::Done)),
        ];
        check(&notes, false, &["03 16:07: Interrupted", "03 18:00: Done"]);
    }

    #[test]
    fn the_last_without_an_end_is_under_way_where_a_service_runs() {
        let (first, second) = ("2026-05-03 16:07", "2026-05-04 16:07");
        let notes = [began(first, first), began(second, second)];
        check(&notes, true, &["03 16:07: Unknown", "04 16:07: UnderWay"]);
        check(&notes, false, &["03 16:07: Unknown", "04 16:07: Unknown"]);
        let by_hand = [HistoryNote::Sealed(record(None, first, Outcome::Done))];
        check(&by_hand, true, &["03 16:07: Unknown"]);
        let beside = HistoryNote::Began { key: key(None), at: at("2026-05-03 16:20") };
        check(&[began(first, first), beside], true, &["03 16:07: UnderWay", "03 16:20: Unknown"]);
    }
}
