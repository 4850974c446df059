//! The proof of the errors: whatever a call fails with, it is reported, and the old backup stays or the new one is whole.
//!
//! Left out is what happens before the program opens its home (the loader's work), what has no say in files (memory,
//! signal masks, waiting for threads), and an interruption that never ends, which by POSIX is to be tried again for
//! ever. strace can only pretend a short write: what it answers instead of the kernel has not been written. True ones
//! are had from a limit on the size of files, up to which the kernel writes.
//!
//! Where a schedule keeps generations, those that its rules keep stand as well, and a run that was done says what it
//! couldn't do of setting aside, pruning and listing the sums. Where archives share blocks, what can't be shared is written, and
//! the archive is as whole.

mod choice;
mod judge;
mod read_back;
mod syncs;

use std::ffi::OsString;
use std::io;
use std::sync::Mutex;

use crate::arena::Arena;
use crate::budget::Budget;
use crate::kill;
use crate::lane::Lane;
use crate::part::Scale;
use crate::points::{Points, Since};
use crate::programs::Programs;
use crate::report::Report;
use crate::scene::{Form, Scene};
use crate::sharing;
use crate::strace;
use crate::tally::{Tally, locked, try_all};
use choice::{Fault, choose};
use judge::{End, judge};

const HEAD: [&str; 8] = [
    "failing",
    "points",
    "done, whole",
    "incomplete",
    "failed, old one stands",
    "failed, new one stands",
    "next run good, nothing left",
    "not hit",
];
const POINTS: usize = 0;
const NEXT_GOOD: usize = 5;
const NOT_HIT: usize = 6;

const FILES: usize = 200;
/// What is packed is no matter for what comes after it.
const KEEPING_FILES: usize = 20;
const LARGE_BYTES: usize = 4_500_000;

/// Below this a limit cuts the logs as well.
const LEAST_LIMIT: usize = 16 << 10;

/// Lets the calls of a backup fail, one by one and for good.
pub(crate) fn run(programs: &Programs, scale: Scale, budget: Budget) -> Result<Report, String> {
    if let Some(reason) = strace::absence() {
        return Ok(Report::cannot_run(reason));
    }
    let tally = Mutex::new(Tally::default());
    torment(programs, scale, budget.weighed(4, 5), &tally).map_err(|error| error.to_string())?;
    let mut untried = Vec::new();
    let scenes = sharing_scenes(scale);
    for (number, scene) in scenes.iter().enumerate() {
        let budget = budget.share(scenes.len() - number);
        let played = sharing::play(*scene, || {
            let arena = Arena::new(programs, *scene, kill::SHARING_FILES, kill::SHARING_LARGE_BYTES)?;
            fail_calls(&arena, scale, budget, &tally)
        })?;
        untried.extend(played.err().map(|reason| vec![format!("CAN'T RUN HERE, {scene}: {reason}")]));
    }
    let tally = tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut rows = tally.rows(HEAD.len() - 1);
    rows.extend(untried);
    Ok(Report::of(HEAD.to_vec(), rows, tally.wrong).leaving_out(tally.left_out, "points"))
}

/// The small scale tries one.
fn sharing_scenes(scale: Scale) -> &'static [Scene] {
    const SCENES: [Scene; 2] = [Scene::SHARING_GENERATIONS, Scene::SHARING];
    if scale == Scale::Small { &SCENES[..1] } else { &SCENES }
}

fn torment(programs: &Programs, scale: Scale, budget: Budget, tally: &Mutex<Tally>) -> io::Result<()> {
    let (files, large_bytes, limits) = match scale {
        Scale::Small => (20, 0, 2),
        Scale::Full => (FILES, LARGE_BYTES, 40),
    };
    let arena = Arena::new(programs, Scene::of(Form::Plain), files, large_bytes)?;
    fail_calls(&arena, scale, budget.weighed(3, 5), tally)?;
    let last = arena.new.len().max(LEAST_LIMIT);
    let limits: Vec<usize> =
        (0..limits).map(|step| LEAST_LIMIT + (last - LEAST_LIMIT) * step / limits).collect();
    try_all(&arena, "limit", &limits, budget.weighed(1, 5), tally, limit)?;
    let keeping = Arena::new(programs, Scene::keeping(Form::Plain), KEEPING_FILES, large_bytes)?;
    fail_calls(&keeping, scale, budget, tally)?;
    read_back::lie(&Lane::new(&keeping, "read back")?, tally)
}

fn fail_calls(arena: &Arena, scale: Scale, budget: Budget, tally: &Mutex<Tally>) -> io::Result<()> {
    let points = Points::of(&Lane::new(arena, "trace")?, Since::Home)?;
    let (faults, left_out) = choose(&points, scale, arena.scene.shares.is_some());
    locked(tally).left_out += left_out;
    try_all(arena, "fault", &faults, budget, tally, |lane, fault, tally| attempt(lane, &points, fault, tally))
}

fn attempt(lane: &Lane<'_>, points: &Points, fault: &Fault, tally: &Mutex<Tally>) -> io::Result<()> {
    let trace = format!("trace=fsync,fdatasync,renameat,{}", fault.point.call);
    let arguments = ["-y", "-e", &trace, "-e", &fault.injection()];
    let (finished, log) = lane.trace(&points.views[fault.point.view].1, &arguments)?;
    let is_hit = log.contains("(INJECTED)");
    let judged = judge(lane, &finished, &log).and_then(|end| syncs::check(&log).map(|()| end));
    let name = format!("{}, {}", points.name(&fault.point), fault.told());
    let scene = match lane.arena.scene {
        Scene { keeps: true, shares: Some(_), .. } => "sharing, generations: ",
        Scene { keeps: true, .. } => "generations: ",
        Scene { shares: Some(_), .. } => "sharing: ",
        _ => "",
    };
    note(tally, &format!("{scene}{}", fault.point.call), &format!("{scene}{name}"), is_hit, judged);
    Ok(())
}

/// A limit ends writes short of their length, the next ones with `EFBIG`.
fn limit(lane: &Lane<'_>, bytes: &usize, tally: &Mutex<Tally>) -> io::Result<()> {
    let words = ["prlimit".into(), OsString::from(format!("--fsize={bytes}"))];
    let finished = lane.run_under(&words)?;
    note(tally, "short writes", &format!("a limit of {bytes} bytes"), true, judge(lane, &finished, ""));
    Ok(())
}

fn note(tally: &Mutex<Tally>, row: &str, name: &str, is_hit: bool, judged: Result<End, String>) {
    let mut tally = locked(tally);
    tally.count(row, POINTS);
    if judged.is_ok() {
        tally.count(row, NEXT_GOOD);
    }
    match judged {
        Ok(End::Whole) if !is_hit => tally.count(row, NOT_HIT),
        Ok(end) => tally.count(row, end.column()),
        Err(wrong) => tally.wrong.push(format!("{name}: {wrong}")),
    }
}
