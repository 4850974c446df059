//! The proof of the wall clock: every zone, every change of its offset from 2000 to 2037, every minute of the day.
//!
//! What the core says of a daily rule is held against a walk over the instants that shares no code with it. And what the
//! machine's clock says of the zone is held against the zone's file.

mod asked;
mod database;
mod kind;
mod offsets;
mod tally;
mod teller;
mod walk;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::part::Scale;
use crate::report::Report;
use database::ZoneFile;
use kind::Kind;
use offsets::Offsets;
use tally::Tally;

pub(crate) use teller::{ASKED as TELL_OFFSETS, tell};

/// The zones of the small scale: gaps and overlaps of 30, 60 and 120 minutes, at midnight and a minute past, in
/// Ramadan, a skipped date, and none.
const SMALL: [&str; 16] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
];

/// Tries the zones. `teller` is this very program, which is started in each zone to ask its machine's clock.
#[must_use]
pub fn prove_zones(scale: Scale, teller: &Path) -> Report {
    let zones = match database::distinct_zones() {
        Ok(zones) => zones,
        Err(reason) => return Report::cannot_run(reason),
    };
    let names: usize = zones.iter().map(|zone| zone.names.len()).sum();
    let zones: Vec<&ZoneFile> =
        zones.iter().filter(|zone| scale == Scale::Full || zone.is_one_of(&SMALL)).collect();
    let tally = on_all_cores(&zones, |zone| try_zone(zone, scale, teller));
    let title = format!("all: {} zones of {names} names", zones.len());
    let mut wrong = tally.wrong();
    // What wasn't there wasn't tried. Samoa skipped its date in 2011, so each kind is there at both scales.
    let untried = Kind::ALL.iter().filter(|kind| tally.changes(**kind) == 0);
    wrong.extend(untried.map(|kind| format!("{kind}: there was no such change to try")));
    Report::of(Tally::head(), tally.rows(&title), wrong)
}

fn try_zone(zone: &ZoneFile, scale: Scale, teller: &Path) -> Tally {
    let mut tally = Tally::default();
    match Offsets::read(&zone.bytes) {
        Ok(offsets) => {
            asked::try_core(zone.name(), &offsets, scale, &mut tally);
            teller::try_machine(zone.name(), &offsets, teller, &mut tally);
        }
        Err(reason) => tally.fail(format!("{}: {reason}", zone.name())),
    }
    tally
}

/// Calls `work` for each zone, on as many threads as there are cores.
fn on_all_cores(zones: &[&ZoneFile], work: impl Fn(&ZoneFile) -> Tally + Sync) -> Tally {
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let drain = || {
        while let Some(zone) = zones.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = work(zone);
            total.lock().unwrap_or_else(PoisonError::into_inner).add(found);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(drain);
        }
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}
