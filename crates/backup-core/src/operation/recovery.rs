//! Recovery: which run made an archive, and whether a run without a noted end had published its archive.

use std::convert::Infallible;

use crate::model::archive::BackupName;
use crate::model::error::PortError;
use crate::model::history::{HistoryNote, Ledger, RunRecord, Unfinished, name_in};
use crate::operation::rebuild::{Whose, found};
use crate::ports::{Ports, Progress};

/// Returns how an unfinished run ended, if the archive in place is the one that it had sealed.
///
/// If that can't be told, it returns `None`, and the run is made again. `progress` follows the archive that is read.
pub(crate) fn published(
    ports: &Ports<'_>,
    unfinished: &Unfinished,
    progress: &dyn Progress,
) -> Option<RunRecord> {
    let sealed = unfinished.sealed.clone()?;
    let archive = sealed.archive.as_ref()?;
    let backups = ports.backups.list().ok()?;
    // Most other archives differ in size and need not be read.
    backups
        .iter()
        .find(|backup| backup.file_name == *archive && backup.archive_bytes == sealed.archive_bytes)?;
    let stands = ports.backups.digest(archive, progress).ok()?;
    (Some(stands.sha256) == sealed.sha256).then_some(sealed)
}

/// Returns whether a process may still be making the backup of that run. In doubt the answer is yes.
///
/// Then nothing can be concluded: the archive in place may be an older one with the same bytes.
pub(crate) fn is_under_way(ports: &Ports<'_>, unfinished: &Unfinished) -> bool {
    let name = name_in(&unfinished.key.entry).parse::<BackupName>();
    name.is_ok_and(|name| ports.backups.is_being_made(&name).unwrap_or(true))
}

/// Returns the runs that may have made the archive with that file name.
///
/// That is the run that the history knows. If the history is lost, it is one that the list of checksums tells of. In
/// addition, it is an unfinished run that had sealed an archive for that file name.
///
/// # Errors
/// Any failure to read the history.
pub(crate) fn made(ports: &Ports<'_>, file_name: &str) -> Result<Vec<RunRecord>, PortError> {
    Ok(made_by(ports, &Ledger::new(&ports.history.load()?), file_name))
}

/// As [`made`], with a history that has been read.
pub(crate) fn made_by(ports: &Ports<'_>, ledger: &Ledger, file_name: &str) -> Vec<RunRecord> {
    let is_it = |run: &RunRecord| run.archive.as_deref() == Some(file_name);
    let known = ledger.made(file_name).cloned().or_else(|| {
        // It doesn't matter which schedule it belongs to.
        let Ok(found) = found(ports, ledger, Whose::Anybody, || Ok::<_, Infallible>(Vec::new()));
        let run = |note| if let HistoryNote::Found(run) = note { Some(run) } else { None };
        found.into_iter().filter_map(run).find(is_it)
    });
    let sealed = ledger.unfinished().into_iter().filter_map(|run| run.sealed).filter(is_it);
    known.into_iter().chain(sealed).collect()
}
