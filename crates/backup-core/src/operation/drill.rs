//! Drill: restores an archive for proof, and returns the receipt.

use std::path::Path;

use crate::model::archive::display_path;
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::{DrillReceipt, RunRecord};
use crate::model::job::{DrillJob, DrillRequest, DrillResult};
use crate::operation::recovery::made;
use crate::ports::{Driller, Ports, Progress};

/// Performs a drill. The archive is only read. The scratch folder is removed at the end.
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
            let archive = display_path(&job.archive);
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
) -> Result<DrillReceipt, PortError> {
    let began = ports.clock.now();
    // The archive may be replaced meanwhile. Then the digest of either is right.
    let sums = |runs: Vec<RunRecord>| runs.into_iter().filter_map(|run| run.sha256);
    let before = made(ports, &job.archive)?;
    let report = driller.drill(&DrillRequest { archive: &job.archive, scratch }, progress)?;
    let known: Vec<_> =
        job.sha256.into_iter().chain(sums(before)).chain(sums(made(ports, &job.archive)?)).collect();
    let times = (began, ports.clock.now());
    Ok(DrillReceipt::new(job.key.clone(), job.archive.clone(), &report, &known, times))
}
