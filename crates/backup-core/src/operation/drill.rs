//! Drill: restores an archive for proof, and returns the receipt.

use std::path::Path;

use crate::model::archive::display_path;
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::{DrillReceipt, Ledger, RunRecord};
use crate::model::job::{DrillJob, DrillRequest, DrillResult};
use crate::operation::recovery::{made_by, maker};
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
    let request = DrillRequest { archive: &job.archive, scratch, identity: job.identity.as_deref() };
    let before = Makers::of(ports, &job.archive)?;
    let report = driller.drill(&request, progress)?;
    let after = Makers::of(ports, &job.archive)?;
    // The archive may be replaced meanwhile. Then the digest of either is right.
    let runs = before.possible.iter().chain(&after.possible);
    let known: Vec<_> = job.sha256.into_iter().chain(runs.filter_map(|run| run.sha256)).collect();
    let times = (began, ports.clock.now());
    let receipt = DrillReceipt::new(job.key.clone(), job.archive.clone(), &report, &known, times);
    let made_by = before.certain.filter(|run| after.certain.is_some_and(|after| after.is_same_run(run)));
    Ok(DrillReceipt { made_by: made_by.map(|run| (run.key, run.began)), ..receipt })
}

/// The runs that may have made the archive that has a name now.
struct Makers {
    /// All of them.
    possible: Vec<RunRecord>,
    /// The one that certainly made it, if that is known.
    certain: Option<RunRecord>,
}

impl Makers {
    fn of(ports: &Ports<'_>, file_name: &str) -> Result<Self, PortError> {
        let ledger = Ledger::new(&ports.history.load()?);
        let possible = made_by(ports, &ledger, file_name);
        Ok(Self { possible, certain: maker(ports, &ledger, file_name) })
    }
}
