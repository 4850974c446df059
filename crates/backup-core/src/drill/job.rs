//! One drill: from an archive to a receipt.

use std::path::Path;

use super::Drilled;
use crate::backup::place_of;
use crate::error::{Error, Failure, PortError};
use crate::history::{RunKey, RunRecord};
use crate::ports::{Driller, Ports, Progress};
use crate::published::made;

/// What to restore, and where to.
#[derive(Debug, Clone, Copy)]
pub struct DrillRequest<'a> {
    /// The archive's file name.
    pub archive: &'a str,
    /// The folder in which the scratch is made and removed, where that isn't to be the place of the backups.
    pub scratch: Option<&'a Path>,
}

/// A drill to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillJob {
    /// Of which entry, and after which run; without a planned moment where somebody asked for it by hand.
    pub key: RunKey,
    /// The archive's file name.
    pub archive: String,
    /// The SHA-256 that the run gave it, where that is known beforehand: the history may not have been able to hear of it.
    pub sha256: Option<[u8; 32]>,
}

/// What became of a drill.
#[derive(Debug)]
pub enum DrillResult {
    /// It was carried out to its end, and passed or failed.
    Drilled(Drilled),
    /// It could not be carried out; nothing is known of the archive.
    NotMade(Error),
    /// It was ended on request. One that the service wanted is still owed.
    Interrupted,
}

/// Makes a drill. The archive is only read, and the scratch is gone in the end.
pub fn perform_drill(
    ports: &Ports<'_>,
    driller: &dyn Driller,
    job: &DrillJob,
    scratch: Option<&Path>,
    progress: &dyn Progress,
) -> DrillResult {
    match drill(ports, driller, job, scratch, progress) {
        Ok(receipt) => DrillResult::Drilled(receipt),
        Err(cause) if cause.failure == Failure::Interrupted => DrillResult::Interrupted,
        Err(cause) => {
            let archive = place_of(&job.archive);
            DrillResult::NotMade(Error::DrillFailed { archive, cause })
        }
    }
}

fn drill(
    ports: &Ports<'_>,
    driller: &dyn Driller,
    job: &DrillJob,
    scratch: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Drilled, PortError> {
    let began = ports.clock.now();
    // It may be replaced at any time: then either is right.
    let sums = |runs: Vec<RunRecord>| runs.into_iter().filter_map(|run| run.sha256);
    let before = made(ports, &job.archive)?;
    let report = driller.drill(&DrillRequest { archive: &job.archive, scratch }, progress)?;
    let known: Vec<_> =
        job.sha256.into_iter().chain(sums(before)).chain(sums(made(ports, &job.archive)?)).collect();
    let times = (began, ports.clock.now());
    Ok(Drilled::new(job.key.clone(), job.archive.clone(), &report, &known, times))
}
