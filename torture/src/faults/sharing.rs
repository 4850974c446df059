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

use super::failing::{Failing, IS_HELP, OPERATIONS};
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

/// A place where something fails.
#[derive(Debug, Clone, Copy)]
struct Point {
    operation: &'static str,
    nth: usize,
    for_good: bool,
    how: (Failure, &'static str),
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.for_good { "for good" } else { "once" };
        write!(f, "sharing, {} {} {times}, {}", self.operation, self.nth, self.how.1)
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
    for operation in OPERATIONS {
        let clean = run(lane, &Faults::only(operation))?;
        if let Some(error) =
            clean.error.or((clean.operations == 0).then(|| format!("no run makes {operation}")))
        {
            return Err(io::Error::other(error));
        }
        for nth in spread((1..=clean.operations).collect(), MOST_ALIKE) {
            let ways = HOWS.iter().flat_map(|how| [(*how, false), (*how, true)]);
            points.extend(ways.map(|(how, for_good)| Point { operation, nth, for_good, how }));
        }
    }
    Ok(if scale == Scale::Small { spread(points, SMALL_POINTS) } else { points })
}

/// Makes the backup in a home as it was before.
fn run(lane: &Lane<'_>, faults: &Faults) -> io::Result<Ended> {
    lane.arena.renew(&lane.home())?;
    let adapters = Adapters::open(&lane.home(), Log::Manager).map_err(io::Error::other)?;
    let (failing, journal) = (Failing { ports: adapters.ports(), faults }, RecordingJournal::new());
    let mut ports = adapters.ports();
    (ports.backups, ports.history, ports.journal) = (&failing, &failing, &journal);
    let error = Manager::new(ports).run("docs", &SilentProgress).err().map(|error| error.to_string());
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
    let ended = run(lane, &faults)?;
    let is_named = ended.said.iter().any(|line| line.contains(cause));
    let kept = kept(lane, point, &ended, is_named);
    let next = kept.clone().and_then(|()| lane.check_next_run_after_error());
    let row = format!("sharing: {}", point.operation);
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
