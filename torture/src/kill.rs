//! The proof of the kill: a backup that ends at any system call leaves the old archive or the new one, whole.
//!
//! strace kills the process as it enters a call, before the call is carried out; so the points are the states between
//! one call and the next. What a killed process has written stays written: that the bytes are durable is not shown here.
//! Where a schedule keeps generations, each that its rules keep stands at all these points as well. Where it has a hook, its
//! last command has run once the next run is done. Where archives share blocks, the points are also those at which a part of
//! the old archive is in the new one, and the old one stays as it is.

use std::io;
use std::sync::Mutex;

use crate::arena::Arena;
use crate::budget::Budget;
use crate::disk::FileSystem;
use crate::lane::{Lane, Standing};
use crate::part::Scale;
use crate::points::{Point, Points, Since};
use crate::programs::Programs;
use crate::report::Report;
use crate::scene::{Form, Scene};
use crate::sharing;
use crate::strace;
use crate::tally::{Tally, first_of_all, locked, spread, try_all};

const HEAD: [&str; 7] = [
    "killed in",
    "points",
    "killed",
    "old one stands",
    "new one stands",
    "next run good, nothing left",
    "not reached",
];
const POINTS: usize = 0;
const KILLED: usize = 1;
const OLD: usize = 2;
const NEW: usize = 3;
const NEXT_GOOD: usize = 4;
const UNREACHED: usize = 5;

const FILES: usize = 200;
/// What is packed is no matter for what comes after it.
const KEEPING_FILES: usize = 20;
/// Enough for a stretch before the folder that changes, and one behind it.
pub(crate) const SHARING_FILES: usize = 60;
pub(crate) const SHARING_LARGE_BYTES: usize = 400_000;
/// More than the archiver writes at once.
const LARGE_BYTES: usize = 4_500_000;
const SMALL_POINTS: usize = 20;
const SMALL_HOOK_POINTS: usize = 12;
/// Of a backup with commands, every so many points are tried.
const HOOK_STEP: usize = 3;
const TURNS: [&str; 5] = ["fsync", "linkat", "renameat", "unlinkat", "exit_group"];
/// Of a backup on Btrfs, every so many points are tried.
const BTRFS_STEP: usize = 3;
/// Of a compressed backup, every so many points are tried.
const ZSTD_STEP: usize = 7;
const SIGKILL: i32 = 9;

/// Kills a backup at all its points.
pub(crate) fn run(programs: &Programs, scale: Scale, budget: Budget) -> Result<Report, String> {
    if let Some(reason) = strace::absence() {
        return Ok(Report::cannot_run(reason));
    }
    let tally = Mutex::new(Tally::default());
    let mut rows = Vec::new();
    let scenes = scenes(scale);
    for (number, scene) in scenes.iter().enumerate() {
        let budget = budget.share(scenes.len() - number);
        match sharing::play(*scene, || torment(programs, *scene, scale, budget, &tally))? {
            Ok(calls) => rows.push(vec![format!("calls of a clean run, {scene}"), calls.to_string()]),
            Err(reason) => rows.push(vec![format!("CAN'T RUN HERE, {scene}: {reason}")]),
        }
    }
    let tally = tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    rows.splice(0..0, tally.rows(HEAD.len() - 1));
    Ok(Report::of(HEAD.to_vec(), rows, tally.wrong).leaving_out(tally.left_out, "points"))
}

/// The small scale tries the first four.
fn scenes(scale: Scale) -> &'static [Scene] {
    const SCENES: [Scene; 8] = [
        Scene::of(Form::Plain),
        Scene::SHARING_GENERATIONS,
        Scene::keeping(Form::Plain),
        Scene::hooked(Form::Plain),
        Scene::SHARING,
        Scene::SHARING_ON_BTRFS,
        Scene::of(Form::Zstd),
        Scene::keeping(Form::Zstd),
    ];
    if scale == Scale::Small { &SCENES[..4] } else { &SCENES }
}

fn torment(
    programs: &Programs,
    scene: Scene,
    scale: Scale,
    budget: Budget,
    tally: &Mutex<Tally>,
) -> io::Result<usize> {
    let arena = match scale {
        _ if scene.shares.is_some() => Arena::new(programs, scene, SHARING_FILES, SHARING_LARGE_BYTES)?,
        Scale::Small => Arena::new(programs, scene, 20, 0)?,
        Scale::Full if scene.keeps || scene.hooks => Arena::new(programs, scene, KEEPING_FILES, LARGE_BYTES)?,
        Scale::Full => Arena::new(programs, scene, FILES, LARGE_BYTES)?,
    };
    let mut points = Points::of(&Lane::new(&arena, "trace")?, Since::Start)?;
    let mut all = std::mem::take(&mut points.points);
    if scene.hooks {
        // The program alone is killed: a command that is killed has failed, which is no crash.
        all.retain(|point| point.view == 0);
    }
    let count = all.len();
    let chosen = match (scale, scene.form, scene.keeps) {
        (Scale::Full, ..) if scene.shares == Some(FileSystem::Btrfs) => {
            all.into_iter().step_by(BTRFS_STEP).collect()
        }
        (Scale::Small, ..) if scene.hooks || scene.shares.is_some() => spread(all, SMALL_HOOK_POINTS),
        (Scale::Small, ..) => few(all),
        (Scale::Full, ..) if scene.hooks => all.into_iter().step_by(HOOK_STEP).collect(),
        (Scale::Full, Form::Plain, _) | (Scale::Full, _, true) => all,
        (Scale::Full, Form::Zstd, false) => all.into_iter().step_by(ZSTD_STEP).collect(),
    };
    if scale == Scale::Small {
        locked(tally).left_out += count - chosen.len();
    }
    let chosen = first_of_all(chosen, is_turn);
    try_all(&arena, "lane", &chosen, budget, tally, |lane, point, tally| {
        attempt(lane, &points, point, tally)
    })?;
    Ok(points.calls)
}

/// Some of each, and those at which the new archive takes the old one's place.
fn few(all: Vec<Point>) -> Vec<Point> {
    let (turns, others) = all.into_iter().partition::<Vec<_>, _>(is_turn);
    turns.into_iter().chain(spread(others, SMALL_POINTS)).collect()
}

fn is_turn(point: &Point) -> bool {
    TURNS.contains(&point.call.as_str())
}

fn attempt(lane: &Lane<'_>, points: &Points, point: &Point, tally: &Mutex<Tally>) -> io::Result<()> {
    let (view, kind) = &points.views[point.view];
    let trace = format!("trace={}", point.call);
    let (finished, _) = lane.trace(kind, &["-e", &trace, "-e", &Points::injection(point, "signal=KILL")])?;
    let is_killed = finished.signal == Some(SIGKILL);
    let row = format!("{}: {view}", lane.arena.scene);
    let checked = if is_killed || finished.is_done() {
        let done = if is_killed { Ok(()) } else { lane.check_done() };
        done.and_then(|()| lane.standing()).and_then(|standing| lane.check_next_run().map(|()| standing))
    } else {
        Err(finished.told())
    };
    let mut tally = locked(tally);
    tally.count(&row, POINTS);
    if checked.is_ok() {
        tally.count(&row, NEXT_GOOD);
    }
    tally.count(&row, if is_killed { KILLED } else { UNREACHED });
    match checked {
        Ok(Standing::Old) if !is_killed => tally.wrong.push(format!("{}: done, but old", points.name(point))),
        Ok(standing) => tally.count(&row, if standing == Standing::Old { OLD } else { NEW }),
        Err(wrong) => tally.wrong.push(format!("{row}, {}: {wrong}", points.name(point))),
    }
    Ok(())
}
