//! Recovery: which run made an archive, and whether a run without a noted end had published its archive.

use std::convert::Infallible;

use crate::model::archive::{BackupName, BackupRecord};
use crate::model::error::PortError;
use crate::model::history::{HistoryNote, Ledger, RunRecord, Unfinished, name_in};
use crate::operation::rebuild::{Whose, found};
use crate::ports::{Ports, Progress};

/// Returns how an unfinished run ended, if the archive in place is the one that it had sealed.
///
/// The catalog of the archive tells. An archive without one is read: `progress` follows it. If it can't be told, the result
/// is `None`, and the run is made again.
pub(crate) fn published(
    ports: &Ports<'_>,
    unfinished: &Unfinished,
    progress: &dyn Progress,
) -> Option<RunRecord> {
    let sealed = unfinished.sealed.clone()?;
    let archive = sealed.archive.as_ref()?;
    let backups = ports.backups.list().ok()?;
    // Most other archives differ in size, and nothing need be read.
    let in_place = backups
        .iter()
        .find(|backup| backup.file_name == *archive && backup.archive_bytes == sealed.archive_bytes)?;
    let is_it = match ports.backups.described(in_place) {
        Some(run) => run.is_same_run(&sealed),
        None => Some(ports.backups.digest(archive, progress).ok()?.sha256) == sealed.sha256,
    };
    is_it.then_some(RunRecord { finished: Some(in_place.finished), ..sealed })
}

/// Returns whether a process may still be making the backup of that run. In doubt the answer is yes.
///
/// Then nothing can be concluded: the archive in place may be an older one with the same bytes.
pub(crate) fn is_under_way(ports: &Ports<'_>, unfinished: &Unfinished) -> bool {
    let name = name_in(&unfinished.key.entry).parse::<BackupName>();
    name.is_ok_and(|name| ports.backups.is_being_made(&name).unwrap_or(true))
}

/// Returns whether a file that has the name of a run's archive is that archive.
///
/// Its identity tells. If that is another or isn't known, its catalog tells. Without one, the size alone does: a file that
/// was copied may have lost both.
pub(crate) fn is_archive_of(ports: &Ports<'_>, backup: &BackupRecord, run: &RunRecord) -> bool {
    let told = || ports.backups.described(backup);
    backup.archive_bytes == run.archive_bytes
        && (run.made(backup) || told().is_none_or(|told| told.is_same_run(run)))
}

/// Returns the run that made an archive, if the history knows it by its identity by now.
///
/// If the history can't be read, it knows none.
pub(crate) fn noted_maker(ports: &Ports<'_>, backup: &BackupRecord) -> Option<RunRecord> {
    let ledger = Ledger::new(&ports.history.load().ok()?);
    ledger.made(&backup.file_name).filter(|run| run.made(backup)).cloned()
}

/// Returns the run that certainly made the archive with that file name: its identity or its catalog tells.
pub(crate) fn maker(ports: &Ports<'_>, ledger: &Ledger, file_name: &str) -> Option<RunRecord> {
    let mut backups = ports.backups.list().ok()?.into_iter();
    let in_place = backups.find(|backup| backup.file_name == file_name)?;
    let known = ledger.made(file_name);
    if let Some(run) = known.filter(|run| run.made(&in_place)) {
        return Some(run.clone());
    }
    let told = ports.backups.described(&in_place)?;
    // The history knows also what came after the publish.
    Some(known.filter(|run| run.is_same_run(&told)).cloned().unwrap_or(told))
}

/// Returns the runs that may have made the archive with that file name.
///
/// If one [certainly made it](maker), it is that one. Otherwise, it is the run that the history knows. If the history is
/// lost, it is one that the list of checksums tells of. In addition, it is an unfinished run that had sealed an archive for that
/// file name.
///
/// # Errors
/// Any failure to read the history.
pub(crate) fn made(ports: &Ports<'_>, file_name: &str) -> Result<Vec<RunRecord>, PortError> {
    Ok(made_by(ports, &Ledger::new(&ports.history.load()?), file_name))
}

/// As [`made`], with a history that has been read. The runs know a SHA-256 that was found out later.
pub(crate) fn made_by(ports: &Ports<'_>, ledger: &Ledger, file_name: &str) -> Vec<RunRecord> {
    let summed = |run: RunRecord| RunRecord { sha256: ledger.sha256_of(&run), ..run };
    candidates(ports, ledger, file_name).into_iter().map(summed).collect()
}

fn candidates(ports: &Ports<'_>, ledger: &Ledger, file_name: &str) -> Vec<RunRecord> {
    if let Some(run) = maker(ports, ledger, file_name) {
        return vec![run];
    }
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
