//! The runs that may have made an archive.

use crate::error::Error;
use crate::history::{Ledger, RunRecord};
use crate::ports::Ports;

/// Returns the runs that may have made what stands there: the one that the history knows, and one that was about to put
/// its archive there when it was last heard of.
pub(super) fn made(ports: &Ports<'_>, file_name: &str) -> Result<Vec<RunRecord>, Error> {
    let ledger = Ledger::new(&ports.history.load()?);
    let sealed = ledger.unfinished().into_iter().filter_map(|run| run.sealed);
    let sealed = sealed.filter(|run| run.archive.as_deref() == Some(file_name));
    Ok(ledger.made(file_name).cloned().into_iter().chain(sealed).collect())
}
