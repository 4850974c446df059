//! Which run has made an archive, and whether one whose end nobody noted has put its archive in place.

use std::convert::Infallible;

use crate::model::archive::BackupName;
use crate::model::error::PortError;
use crate::model::history::{HistoryNote, Ledger, RunRecord, Unfinished, name_in};
use crate::operation::rebuild::{Whose, found};
use crate::ports::{Ports, SilentProgress};

/// Returns how an unfinished run ended, if the very archive stands that it was about to put in its place. Where that
/// can't be told, the run is better made once more.
pub(crate) fn published(ports: &Ports<'_>, unfinished: &Unfinished) -> Option<RunRecord> {
    let sealed = unfinished.sealed.clone()?;
    let archive = sealed.archive.as_ref()?;
    let backups = ports.backups.list().ok()?;
    // Its size tells most others without reading them.
    backups
        .iter()
        .find(|backup| backup.file_name == *archive && backup.archive_bytes == sealed.archive_bytes)?;
    let stands = ports.backups.digest(archive, &SilentProgress).ok()?;
    (Some(stands.sha256) == sealed.sha256).then_some(sealed)
}

/// Returns whether a process may still be at the backup of that run: then nothing is settled of it, for the archive that
/// stands may be the one before, with the very same bytes. In doubt it is.
pub(crate) fn is_under_way(ports: &Ports<'_>, unfinished: &Unfinished) -> bool {
    let name = name_in(&unfinished.key.entry).parse::<BackupName>();
    name.is_ok_and(|name| ports.backups.is_being_made(&name).unwrap_or(true))
}

/// Returns the runs that may have made what stands under that file name: the one that the history knows, or the list of
/// sums tells of where that is lost, and one that was about to put its archive there when it was last heard of.
///
/// # Errors
/// A failure to read the history.
pub(crate) fn made(ports: &Ports<'_>, file_name: &str) -> Result<Vec<RunRecord>, PortError> {
    Ok(made_by(ports, &Ledger::new(&ports.history.load()?), file_name))
}

/// As [`made`], where the history has been read.
pub(crate) fn made_by(ports: &Ports<'_>, ledger: &Ledger, file_name: &str) -> Vec<RunRecord> {
    let is_it = |run: &RunRecord| run.archive.as_deref() == Some(file_name);
    let known = ledger.made(file_name).cloned().or_else(|| {
        // Whose it is doesn't matter.
        let Ok(found) = found(ports, ledger, Whose::Anybody, || Ok::<_, Infallible>(Vec::new()));
        let run = |note| if let HistoryNote::Found(run) = note { Some(run) } else { None };
        found.into_iter().filter_map(run).find(is_it)
    });
    let sealed = ledger.unfinished().into_iter().filter_map(|run| run.sealed).filter(is_it);
    known.into_iter().chain(sealed).collect()
}
