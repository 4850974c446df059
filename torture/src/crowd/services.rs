//! One service a home, and nothing that it leaves behind.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::{Place, is_gone};
use crate::lane::files;
use crate::programs::Programs;

/// What a start says while a service runs.
const BUSY: &str = "already running";

/// How long one that was refused may take to end, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(20);

/// Starts so many services at once: one runs, the others say so; then one stop ends it.
pub(super) fn at_once(programs: &Programs, starts: usize, wrong: &mut Vec<String>) -> Result<String, String> {
    let place = Place::new(programs).map_err(|error| error.to_string())?;
    let all: Vec<_> = thread::scope(|scope| {
        let place = &place;
        let start = |number| scope.spawn(move || place.run(&format!("start{number}"), &["start"]));
        let started: Vec<_> = (0..starts).map(start).collect();
        started.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let (mut done, mut refused) = (0, 0);
    for one in all {
        let one = one.map_err(|_| "a start broke off")?.map_err(|error| error.to_string())?;
        match one.code {
            Some(0) => done += 1,
            Some(1) if one.stderr.contains(BUSY) => refused += 1,
            _ => wrong.push(format!("a start: {}", one.told())),
        }
    }
    let services = remaining(&place)?;
    if done != 1 || services.len() != 1 {
        wrong.push(format!("{done} starts were done, and {} services run", services.len()));
    }
    end(&place, &services, wrong)?;
    Ok(format!("{done} started, {refused} refused, {} ran", services.len()))
}

/// Returns the services that run once those that were refused have ended. They say so before they do.
fn remaining(place: &Place) -> Result<Vec<u32>, String> {
    let until = Instant::now() + PATIENCE;
    loop {
        let services = place.processes().map_err(|error| error.to_string())?;
        if services.len() <= 1 || Instant::now() > until {
            return Ok(services);
        }
        thread::sleep(TICK);
    }
}

/// Starts and stops the service again and again.
pub(super) fn in_a_row(programs: &Programs, turns: usize, wrong: &mut Vec<String>) -> Result<String, String> {
    let place = Place::new(programs).map_err(|error| error.to_string())?;
    for turn in 0..turns {
        let start = place.run("start", &["start"]).map_err(|error| error.to_string())?;
        if !start.is_done() {
            wrong.push(format!("start {turn}: {}", start.told()));
        }
        let number = fs::read_to_string(place.home().join("backup_service.pid")).unwrap_or_default();
        let services: Vec<u32> = number.trim().parse().into_iter().collect();
        if services.is_empty() {
            wrong.push(format!("start {turn}: the service has no number"));
        }
        end(&place, &services, wrong)?;
    }
    Ok(format!("{} wrong", wrong.len()))
}

/// Stops the service and looks at what is left.
fn end(place: &Place, services: &[u32], wrong: &mut Vec<String>) -> Result<(), String> {
    let stop = place.run("stop", &["stop"]).map_err(|error| error.to_string())?;
    if !stop.is_done() {
        wrong.push(format!("a stop: {}", stop.told()));
    }
    let left = place.processes().map_err(|error| error.to_string())?;
    let zombies: Vec<_> = services.iter().filter(|pid| !is_gone(**pid)).collect();
    if !left.is_empty() || !zombies.is_empty() {
        wrong.push(format!("after a stop: processes {left:?}, not gone {zombies:?}"));
    }
    let found = files(&place.home(), "").map_err(|error| error.to_string())?;
    let known = ["logs/backup_manager.log", "logs/backup_service.log"].map(str::to_owned).into();
    if found != known {
        wrong.push(format!("after a stop there are {found:?}"));
    }
    Ok(())
}
