//! The same where archives share blocks: on a real disk, over the real adapters. The base is a generation that gets another name
//! meanwhile, and the one before it is pruned.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use backup_core::manager::Manager;
use backup_core::model::error::Failure;
use backup_core::ports::SilentProgress;
use backup_core::testing::{Faults, RecordingJournal};
use backup_fs::{Adapters, Log};

use super::failing::{Failing, IS_COMPARING, IS_HELP, IS_TAKING_OVER, OPERATIONS};
use crate::arena::Arena;
use crate::budget::Budget;
use crate::kill::{SHARING_FILES, SHARING_LARGE_BYTES};
use crate::lane::{Lane, Standing};
use crate::part::Scale;
use crate::programs::Programs;
use crate::scene::Scene;
use crate::sharing;
use crate::tally::{Tally, locked, spread, try_all};

/// The columns.
pub(super) const POINTS: usize = 0;
const NAMED: usize = 1;
const KEPT: usize = 2;
const NEXT_GOOD: usize = 3;

/// Of the calls of one kind, so many are tried.
const MOST_ALIKE: usize = 12;
const SMALL_POINTS: usize = 24;

const HOWS: [(Failure, &str); 3] = [
    (Failure::Full, "No space left on device"),
    (Failure::Other, "Input/output error"),
    (Failure::Denied, "Permission denied"),
];

/// What a run may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It takes over what is unchanged.
    Usual,
    /// It reads everything, and shares what turns out to be the same.
    Full,
}

impl Kind {
    fn makes(self, operation: &str) -> bool {
        let others: &[_] = if self == Self::Usual { &IS_COMPARING } else { &IS_TAKING_OVER };
        !others.contains(&operation)
    }

    fn row(self, operation: &str) -> String {
        let run = if self == Self::Usual { "sharing" } else { "sharing, full" };
        format!("{run}: {operation}")
    }
}

/// A place where something fails.
#[derive(Debug, Clone, Copy)]
struct Point {
    kind: Kind,
    operation: &'static str,
    nth: usize,
    for_good: bool,
    how: (Failure, &'static str),
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.for_good { "for good" } else { "once" };
        write!(f, "{} {} {times}, {}", self.kind.row(self.operation), self.nth, self.how.1)
    }
}

/// What a run came to.
struct Ended {
    error: Option<String>,
    /// What it returned or logged.
    said: Vec<String>,
    /// How many operations of the script's kind it made.
    operations: usize,
}

/// Tries the points of that scale. Returns what came of them, or why that can't be tried here.
pub(super) fn try_sharing(programs: &Programs, scale: Scale) -> Result<Result<Tally, String>, String> {
    let tally = Mutex::new(Tally::default());
    let scene = Scene::SHARING_GENERATIONS;
    let played = sharing::play(scene, || {
        let arena = Arena::new(programs, scene, SHARING_FILES, SHARING_LARGE_BYTES)?;
        let points = points(&Lane::new(&arena, "count")?, scale)?;
        try_all(&arena, "fault", &points, Budget::UNLIMITED, &tally, attempt)
    })?;
    Ok(played.map(|()| tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)))
}

/// As many of each operation as a good run makes.
fn points(lane: &Lane<'_>, scale: Scale) -> io::Result<Vec<Point>> {
    let mut points = Vec::new();
    for kind in [Kind::Usual, Kind::Full] {
        for operation in OPERATIONS.into_iter().filter(|operation| kind.makes(operation)) {
            let clean = run(lane, kind, &Faults::only(operation))?;
            let is_missing = (clean.operations == 0).then(|| format!("no run makes {operation}"));
            if let Some(error) = clean.error.or(is_missing) {
                return Err(io::Error::other(error));
            }
            for nth in spread((1..=clean.operations).collect(), MOST_ALIKE) {
                let ways = HOWS.iter().flat_map(|how| [(*how, false), (*how, true)]);
                points.extend(ways.map(|(how, for_good)| Point { kind, operation, nth, for_good, how }));
            }
        }
    }
    Ok(if scale == Scale::Small { spread(points, SMALL_POINTS) } else { points })
}

/// Makes the backup in a home as it was before.
fn run(lane: &Lane<'_>, kind: Kind, faults: &Faults) -> io::Result<Ended> {
    lane.arena.renew(&lane.home())?;
    let adapters = Adapters::open(&lane.home(), Log::Manager).map_err(io::Error::other)?;
    let (failing, journal) = (Failing { ports: adapters.ports(), faults }, RecordingJournal::new());
    let mut ports = adapters.ports();
    (ports.backups, ports.history, ports.journal) = (&failing, &failing, &journal);
    let manager = Manager::new(ports);
    let made = match kind {
        Kind::Usual => manager.run("docs", &SilentProgress),
        Kind::Full => manager.run_in_full("docs", &[], &SilentProgress),
    };
    let error = made.err().map(|error| error.to_string());
    let said = error.iter().cloned().chain(journal.sentences()).collect();
    Ok(Ended { error, said, operations: faults.operations() })
}

fn attempt(lane: &Lane<'_>, point: &Point, tally: &Mutex<Tally>) -> io::Result<()> {
    let faults = Faults::only(point.operation);
    let (failure, cause) = point.how;
    faults.because(cause);
    if point.for_good {
        faults.fail_from(point.nth, failure)
    } else {
        faults.fail_nth(point.nth, failure)
    };
    let ended = run(lane, point.kind, &faults)?;
    let is_named = ended.said.iter().any(|line| line.contains(cause));
    let kept = kept(lane, point, &ended, is_named);
    let next = kept.clone().and_then(|()| lane.check_next_run_after_error());
    let row = point.kind.row(point.operation);
    let mut tally = locked(tally);
    tally.count(&row, POINTS);
    let columns = [(NAMED, is_named), (KEPT, kept.is_ok()), (NEXT_GOOD, next.is_ok())];
    columns.iter().filter(|(_, is_so)| *is_so).for_each(|(column, _)| tally.count(&row, *column));
    let wrong = kept.err().or(next.err().map(|wrong| format!("the next run: {wrong}")));
    tally.wrong.extend(wrong.map(|wrong| format!("{point}: {wrong}\n    {}", ended.said.join("\n    "))));
    Ok(())
}

/// Returns how many notes the history of a home holds.
fn notes(home: &Path) -> Option<usize> {
    Some(fs::read_to_string(home.join("logs/history.jsonl")).ok()?.lines().count())
}

/// Checks that the old archive stands, or the new one, whole, and that nothing failed without a word that isn't made up for.
fn kept(lane: &Lane<'_>, point: &Point, ended: &Ended, is_named: bool) -> Result<(), String> {
    if ended.operations < point.nth {
        return Err("it wasn't hit".to_owned());
    }
    match (lane.standing()?, &ended.error) {
        (Standing::Old, None) => Err("it said done, and the old archive stands".to_owned()),
        (Standing::New, None) if IS_HELP.contains(&point.operation) => lane.check_done(),
        _ if is_named => Ok(()),
        // It was noted once more.
        (Standing::New, None)
            if !point.for_good && notes(&lane.home()) == notes(&lane.arena.path("clean")) =>
        {
            lane.check_done()
        }
        _ => Err("no error names the cause".to_owned()),
    }
}
